"""canaries, what is counted of models' answers, and what guardrails decided"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None
OUTCOMES = ("ended", "promoted", "rolled back", "guardrail", "unreadable")
ROLES = ("current", "canary", "shadow")


def upgrade() -> None:
    op.create_table(
        "canaries",
        sa.Column("canary_id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("running", sa.Boolean(), nullable=True),
        sa.Column("model_version", sa.String(length=128), nullable=False),
        sa.Column("beside", sa.String(length=128), nullable=False),
        sa.Column("share", sa.Double(), nullable=False),
        sa.Column("shadow", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("started_by", sa.String(length=128), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_by", sa.String(length=128), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Enum(*OUTCOMES, name="canary_outcome", native_enum=False), nullable=True),
        sa.Column("sales", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("canary_id", name=op.f("pk_canaries")),
        sa.UniqueConstraint("running", name=op.f("uq_canaries_running")),
    )
    op.create_table(
        "release_counts",
        sa.Column("model_version", sa.String(length=128), nullable=False),
        sa.Column("role", sa.Enum(*ROLES, name="counted_role", native_enum=False), nullable=False),
        sa.Column("minute", sa.DateTime(timezone=True), nullable=False),
        sa.Column("worker", sa.String(length=32), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("answers", "errors", "degraded", "slow")),
        sa.Column("dropped", sa.Integer(), nullable=False),
        sa.Column("overlap", sa.Double(), nullable=False),
        sa.Column("times", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("model_version", "role", "minute", "worker", name=op.f("pk_release_counts")),
    )
    op.create_table(
        "guardrail_decisions",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("model_version", sa.String(length=128), nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("figure", sa.String(length=32), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("bound", sa.Double(), nullable=False),
        sa.Column("sizes", sa.JSON(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guardrail_decisions")),
    )


def downgrade() -> None:
    for name in ("guardrail_decisions", "release_counts", "canaries"):
        op.drop_table(name)
