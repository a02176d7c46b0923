"""items by when they last changed: every worker asks each second what is new"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_items_updated_at"), "items", ["updated_at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_items_updated_at"), table_name="items")
