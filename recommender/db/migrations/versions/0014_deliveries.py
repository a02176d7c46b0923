"""what the loop's steps announced to each other, and how far each has come"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0018"
branch_labels = None
depends_on = None
STEPS = ("features", "retrain", "check_drift", "refresh_profiles")


def upgrade() -> None:
    op.create_table(
        "announcements",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("subject", sa.String(length=16), nullable=False),
        sa.Column("start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end", sa.DateTime(timezone=True), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("announced_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announcements")),
    )
    op.create_index("ix_announcements_subject_id", "announcements", ["subject", "id"])
    deliveries = op.create_table(
        "deliveries",
        sa.Column("step", sa.String(length=32), nullable=False),
        sa.Column("taken_id", sa.Integer(), nullable=False),
        sa.Column("done_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("step", name=op.f("pk_deliveries")),
    )
    op.bulk_insert(deliveries, [{"step": step, "taken_id": 0, "done_id": 0} for step in STEPS])


def downgrade() -> None:
    op.drop_table("deliveries")
    op.drop_index("ix_announcements_subject_id", "announcements")
    op.drop_table("announcements")
