"""what the shop's own system is told by a webhook"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "outgoing_messages",
        sa.Column("message_id", sa.String(length=128), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("user_id", sa.String(length=128), nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failure", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_outgoing_messages")),
    )
    op.create_index("ix_outgoing_messages_due_at", "outgoing_messages", ["due_at"])
    op.create_index(op.f("ix_outgoing_messages_user_id"), "outgoing_messages", ["user_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_outgoing_messages_user_id"), table_name="outgoing_messages")
    op.drop_index("ix_outgoing_messages_due_at", table_name="outgoing_messages")
    op.drop_table("outgoing_messages")
