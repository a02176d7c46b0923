"""whose a visit is, from the moment its shopper signed in"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0013"
branch_labels = None
depends_on = None

ANONYMOUS = sa.text("user_id IS NULL")
# visits that somebody had signed in in, of which there are rows that name nobody
CLAIMED_BEFORE = """
    INSERT INTO visits (session_id, user_id, since)
    SELECT session_id, user_id, min(time) FROM events
    WHERE user_id IS NOT NULL AND session_id IN (
        SELECT session_id FROM events WHERE user_id IS NULL AND session_id IS NOT NULL
        UNION SELECT session_id FROM recommendations WHERE user_id IS NULL AND session_id IS NOT NULL
    )
    GROUP BY session_id, user_id
"""


def upgrade() -> None:
    op.create_table(
        "visits",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("session_id", sa.String(length=128), nullable=False),
        sa.Column("user_id", sa.String(length=128), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visits")),
    )
    for name in ("session_id", "user_id", "since"):
        op.create_index(op.f(f"ix_visits_{name}"), "visits", [name])
    op.create_index(
        "ix_recommendations_session_id",
        "recommendations",
        ["session_id"],
        sqlite_where=ANONYMOUS,
        postgresql_where=ANONYMOUS,
    )
    op.execute(CLAIMED_BEFORE)


def downgrade() -> None:
    op.drop_index("ix_recommendations_session_id", table_name="recommendations")
    op.drop_table("visits")
