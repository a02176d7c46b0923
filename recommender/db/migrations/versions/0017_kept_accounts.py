"""accounts that a person has brought back into what is counted"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "kept_accounts",
        sa.Column("user_id", sa.String(length=128), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_kept_accounts")),
    )


def downgrade() -> None:
    op.drop_table("kept_accounts")
