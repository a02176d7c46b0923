"""event ids are unique by shopper or visit, and events say whether the shop confirms them"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0017"
branch_labels = None
depends_on = None

SIGNED_IN, ANONYMOUS = sa.text("user_id IS NOT NULL"), sa.text("user_id IS NULL")
OWNERS = (("user_id", SIGNED_IN), ("session_id", ANONYMOUS))


def _confirmed() -> sa.Column[bool]:
    return sa.Column("confirmed", sa.Boolean(), server_default=sa.true(), nullable=False)


def upgrade() -> None:
    with op.batch_alter_table("events") as events:
        events.drop_constraint(op.f("uq_events_event_id"), type_="unique")
        events.add_column(_confirmed())
    for owner, where in OWNERS:
        name, columns = f"uq_events_event_id_{owner}", ["event_id", owner]
        op.create_index(name, "events", columns, unique=True, sqlite_where=where, postgresql_where=where)
    op.create_index(
        "ix_events_claims",
        "events",
        ["user_id"],
        sqlite_where=sa.text("confirmed IS 0"),
        postgresql_where=sa.text("confirmed IS false"),
    )
    with op.batch_alter_table("removed_events") as removed:
        removed.add_column(_confirmed())
        removed.drop_constraint(op.f("pk_removed_events"), type_="primary")
        removed.create_primary_key(op.f("pk_removed_events"), ["event_id", "user_id"])


def downgrade() -> None:
    for table in ("events", "removed_events"):  # of each id only one can stay
        key = "id" if table == "events" else "user_id"
        op.execute(
            f"DELETE FROM {table} WHERE EXISTS (SELECT 1 FROM {table} AS kept "  # noqa: S608 (our own names)
            f"WHERE kept.event_id = {table}.event_id AND kept.{key} < {table}.{key})"
        )
    with op.batch_alter_table("removed_events") as removed:
        removed.drop_constraint(op.f("pk_removed_events"), type_="primary")
        removed.create_primary_key(op.f("pk_removed_events"), ["event_id"])
        removed.drop_column("confirmed")
    op.drop_index("ix_events_claims", table_name="events")
    for owner, _ in OWNERS:
        op.drop_index(f"uq_events_event_id_{owner}", table_name="events")
    with op.batch_alter_table("events") as events:
        events.drop_column("confirmed")
        events.create_unique_constraint(op.f("uq_events_event_id"), ["event_id"])
