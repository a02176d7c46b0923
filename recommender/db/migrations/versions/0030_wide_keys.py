"""keys that the database counts, and counts of rows, have 64 bits on PostgreSQL, too

PostgreSQL writes the tables anew, `events` and its indexes the longest of them: nobody else reads or writes them
meanwhile. SQLite has 64 bits already.
"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None
KEYS = {
    "announcements": "id",
    "audit_log": "id",
    "canaries": "canary_id",
    "events": "id",
    "guardrail_decisions": "id",
    "rating_scale": "id",
    "rejects": "id",
    "rule_changes": "id",
    "sales_reports": "id",
    "visits": "id",
}
COUNTS = {
    "deliveries": ("taken_id", "done_id"),
    "import_runs": ("rows_done", "rows_added", "rows_rejected"),
}


def upgrade() -> None:
    _set_type(sa.BigInteger())


def downgrade() -> None:
    """Refused by PostgreSQL where a number needs more than 32 bits."""
    _set_type(sa.Integer())


def _set_type(kind: sa.Integer) -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, key in KEYS.items():
        op.alter_column(table, key, type_=kind)
        op.execute(f"ALTER SEQUENCE {table}_{key}_seq AS {kind.compile(op.get_bind().dialect)}")
    for table, columns in COUNTS.items():
        for column in columns:
            op.alter_column(table, column, type_=kind)
