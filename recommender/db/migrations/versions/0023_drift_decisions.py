"""what was decided on drift runs, the step of the loop that asks, and what the profiles of who drifted say"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

ACTIONS = ("refresh", "dismiss", "retrain", "hold")
DOORS = ("policy", "airflow", "page", "command")
STEP = "decide_drift"
EARLIER = sa.text(
    "INSERT INTO drift_decisions (drift_run_id, action, note, decided_by, door, decided_at) "
    "SELECT drift_run_id, 'refresh', 'before decisions were kept', 'the policy', 'policy', created_at FROM drift_runs"
)


def upgrade() -> None:
    op.create_table(
        "drift_decisions",
        sa.Column("drift_run_id", sa.String(length=128), nullable=False),
        sa.Column("action", sa.Enum(*ACTIONS, name="drift_action", native_enum=False), nullable=False),
        sa.Column("farther_than", sa.Double(), nullable=True),
        sa.Column("at_most", sa.Integer(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.String(length=128), nullable=False),
        sa.Column("door", sa.Enum(*DOORS, name="decision_door", native_enum=False), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("drift_run_id", name=op.f("pk_drift_decisions")),
    )
    deliveries = sa.table("deliveries", sa.column("step"), sa.column("taken_id"), sa.column("done_id"))
    op.execute(EARLIER)
    with op.batch_alter_table("drifted_users") as table:
        table.add_column(sa.Column("events", sa.Integer(), nullable=False, server_default="0"))
        table.add_column(sa.Column("was", sa.Text(), nullable=False, server_default=""))
        table.add_column(sa.Column("now", sa.Text(), nullable=False, server_default=""))
    op.bulk_insert(deliveries, [{"step": STEP, "taken_id": 0, "done_id": 0}])


def downgrade() -> None:
    op.execute(sa.text("DELETE FROM deliveries WHERE step = :step").bindparams(step=STEP))
    with op.batch_alter_table("drifted_users") as table:
        for name in ("now", "was", "events"):
            table.drop_column(name)
    op.drop_table("drift_decisions")
