"""what answers were made from, as they were shown"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("recommendations", sa.Column("evidence_id", sa.String(length=32), nullable=True))
    op.create_table(
        "impression_evidence",
        sa.Column("evidence_id", sa.String(length=32), nullable=False),
        sa.Column("user_id", sa.String(length=128), nullable=True),
        sa.Column("session_id", sa.String(length=128), nullable=True),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("items", sa.JSON(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("evidence_id", name=op.f("pk_impression_evidence")),
    )
    op.create_index(op.f("ix_impression_evidence_user_id"), "impression_evidence", ["user_id"])
    op.create_index(op.f("ix_impression_evidence_session_id"), "impression_evidence", ["session_id"])
    op.create_index("ix_impression_evidence_time_size", "impression_evidence", ["time", "size"])


def downgrade() -> None:
    op.drop_table("impression_evidence")
    with op.batch_alter_table("recommendations") as recommendations:
        recommendations.drop_column("evidence_id")
