"""what a page draws of an item beside its title: its address, the currency of its price, how many are in stock"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

MOVED = ("url", "currency")  # which were attributes


def upgrade() -> None:
    with op.batch_alter_table("items") as batch:
        batch.add_column(sa.Column("url", sa.Text(), server_default="", nullable=False))
        batch.add_column(sa.Column("currency", sa.String(length=16), server_default="", nullable=False))
        batch.add_column(sa.Column("stock", sa.Double(), nullable=True))
    sqlite = op.get_bind().dialect.name == "sqlite"
    for name in MOVED:
        said = f"json_extract(attributes, '$.{name}')" if sqlite else f"(attributes ->> '{name}')"
        text = (
            f"json_type(attributes, '$.{name}') = 'text'"
            if sqlite
            else f"json_typeof(attributes -> '{name}') = 'string'"
        )
        fits = f" AND length({said}) <= 16" if name == "currency" else ""
        op.execute(sa.text(f"UPDATE items SET {name} = {said} WHERE {text}{fits}"))  # noqa: S608


def downgrade() -> None:
    with op.batch_alter_table("items") as batch:
        for name in ("stock", "currency", "url"):
            batch.drop_column(name)
