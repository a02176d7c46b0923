"""an erasure has a receipt, knows the models that learned from the shopper, and when SQLite's log was cleared"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("erasures", sa.Column("receipt", sa.String(32), nullable=True))
    op.add_column("erasures", sa.Column("models", sa.JSON(), nullable=True))
    op.add_column("erasures", sa.Column("log_cleared_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(op.f("ix_erasures_receipt"), "erasures", ["receipt"], unique=True)
    op.add_column("models", sa.Column("erased_shoppers", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("models", "erased_shoppers")
    op.drop_index(op.f("ix_erasures_receipt"), table_name="erasures")
    for name in ("log_cleared_at", "models", "receipt"):
        op.drop_column("erasures", name)
