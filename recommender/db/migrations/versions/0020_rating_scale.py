"""the scale of the shop's ratings, where it is another than 1 to 5 stars"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

RATED = sa.text("event_type IN ('rating', 'review')")


def upgrade() -> None:
    op.create_table(
        "rating_scale",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("low", sa.Double(), nullable=False),
        sa.Column("high", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rating_scale")),
    )
    op.create_index("ix_events_ratings", "events", ["event_type", "value"], sqlite_where=RATED, postgresql_where=RATED)


def downgrade() -> None:
    op.drop_index("ix_events_ratings", table_name="events")
    op.drop_table("rating_scale")
