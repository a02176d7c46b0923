"""experiments and what answers led to; drift refreshes that were taken back"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "experiments",
        sa.Column("experiment_id", sa.String(length=128), nullable=False),
        sa.Column("running", sa.Boolean(), nullable=True),
        sa.Column("arms", sa.JSON(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("started_by", sa.String(length=128), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_by", sa.String(length=128), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("experiment_id", name=op.f("pk_experiments")),
        sa.UniqueConstraint("running", name=op.f("uq_experiments_running")),
    )
    op.create_table(
        "sales_reports",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sales_reports")),
    )
    with op.batch_alter_table("recommendations") as table:
        table.add_column(sa.Column("experiment_id", sa.String(length=128), nullable=True))
        table.add_column(sa.Column("arm", sa.String(length=128), nullable=True))
    with op.batch_alter_table("drift_decisions") as table:
        table.add_column(sa.Column("undone_by", sa.String(length=128), nullable=True))
        table.add_column(sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    for name, columns in (
        ("drift_decisions", ("undone_at", "undone_by")),
        ("recommendations", ("arm", "experiment_id")),
    ):
        with op.batch_alter_table(name) as table:
            for column in columns:
                table.drop_column(column)
    op.drop_table("sales_reports")
    op.drop_table("experiments")
