"""sentences that explain, and the shop's questions and answers"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "explanations",
        sa.Column("user_id", sa.String(length=128), nullable=False),
        sa.Column("profile_version", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.String(length=128), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("evidence", sa.String(length=32), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("explained_by", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "profile_version", "item_id", "language", name=op.f("pk_explanations")),
    )
    op.create_index(op.f("ix_explanations_created_at"), "explanations", ["created_at"])
    op.create_table(
        "faq",
        sa.Column("faq_id", sa.String(length=64), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("faq_id", name=op.f("pk_faq")),
    )
    op.create_index(op.f("ix_faq_updated_at"), "faq", ["updated_at"])


def downgrade() -> None:
    op.drop_table("faq")
    op.drop_table("explanations")
