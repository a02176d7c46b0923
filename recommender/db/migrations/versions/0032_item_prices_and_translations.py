"""prices of an item in other currencies, and its texts in other languages"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("items") as batch:
        batch.add_column(sa.Column("price_converted", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch.add_column(sa.Column("prices", sa.JSON(), server_default="{}", nullable=False))
        batch.add_column(sa.Column("translations", sa.JSON(), server_default="{}", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("items") as batch:
        for name in ("translations", "prices", "price_converted"):
            batch.drop_column(name)
