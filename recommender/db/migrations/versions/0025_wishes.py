"""what shoppers say in words that they want, for good or for a visit"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "preferences",
        sa.Column("user_id", sa.String(length=128), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("key", sa.String(length=256), nullable=False),
        sa.Column("wanted", sa.Boolean(), nullable=False),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "kind", "key", name=op.f("pk_preferences")),
    )
    op.create_table(
        "session_wishes",
        sa.Column("session_id", sa.String(length=128), nullable=False),
        sa.Column("user_id", sa.String(length=128), nullable=True),
        sa.Column("understood", sa.JSON(), nullable=False),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_session_wishes")),
    )
    for name in ("user_id", "time"):
        op.create_index(op.f(f"ix_session_wishes_{name}"), "session_wishes", [name])


def downgrade() -> None:
    op.drop_table("session_wishes")
    op.drop_table("preferences")
