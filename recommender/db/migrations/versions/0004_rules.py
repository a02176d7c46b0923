"""business rules, and who changed them"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ACTIONS = sa.Enum("pin", "boost", "bury", "exclude", name="rule_action", native_enum=False)
TARGETS = sa.Enum("item", "category", "brand", name="rule_target", native_enum=False)
CHANGES = sa.Enum("added", "removed", name="rule_change", native_enum=False)


def upgrade() -> None:
    op.create_table(
        "rules",
        sa.Column("rule_id", sa.String(length=128), nullable=False),
        sa.Column("action", ACTIONS, nullable=False),
        sa.Column("target", TARGETS, nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("strength", sa.Double(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("rule_id", name=op.f("pk_rules")),
    )
    op.create_table(
        "rule_changes",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("rule_id", sa.String(length=128), nullable=False),
        sa.Column("change", CHANGES, nullable=False),
        sa.Column("changed_by", sa.String(length=128), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["rule_id"], ["rules.rule_id"], name=op.f("fk_rule_changes_rule_id_rules")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_changes")),
    )


def downgrade() -> None:
    op.drop_table("rule_changes")
    op.drop_table("rules")
