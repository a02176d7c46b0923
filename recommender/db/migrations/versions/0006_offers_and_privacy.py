"""offers, and what shoppers say about their data"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ID = sa.String(length=128)
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "offer_models",
        sa.Column("model_version", ID, nullable=False),
        sa.Column(
            "status",
            sa.Enum("candidate", "promoted", "retired", "rejected", name="offer_model_status", native_enum=False),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("manifest", sa.JSON(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("promoted_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("model_version", name=op.f("pk_offer_models")),
    )
    op.create_table(
        "audiences",
        sa.Column("campaign_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column("coupon_id", ID, nullable=False),
        sa.Column("coupon_probability", sa.Double(), nullable=False),
        sa.Column("model_version", ID, nullable=False),
        sa.Column("as_of", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.campaign_id"], name=op.f("fk_audiences_campaign_id_campaigns")
        ),
        sa.PrimaryKeyConstraint("campaign_id", "user_id", name=op.f("pk_audiences")),
    )
    op.create_index("ix_audiences_campaign_id_probability", "audiences", ["campaign_id", "probability"])
    op.create_table(
        "offers_shown",
        sa.Column("offer_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("campaign_id", ID, nullable=False),
        sa.Column("coupon_id", ID, nullable=False),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column("model_version", ID, nullable=False),
        sa.Column("time", TIME, nullable=False),
        sa.PrimaryKeyConstraint("offer_id", name=op.f("pk_offers_shown")),
    )
    op.create_index("ix_offers_shown_user_id_time", "offers_shown", ["user_id", "time"])
    op.create_table(
        "mutes",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("key", sa.String(length=256), nullable=False),
        sa.Column("time", TIME, nullable=False),
        sa.PrimaryKeyConstraint("user_id", "kind", "key", name=op.f("pk_mutes")),
    )
    op.create_table(
        "consents",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("time", TIME, nullable=False),
        sa.Column("applied_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("user_id", "purpose", name=op.f("pk_consents")),
    )
    op.create_table(
        "removed_events",
        sa.Column("event_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("time", TIME, nullable=False),
        sa.Column("event_time", TIME, nullable=False),
        sa.Column("offline_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_removed_events")),
    )
    op.create_index(op.f("ix_removed_events_user_id"), "removed_events", ["user_id"])
    op.create_table(
        "audit_log",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("time", TIME, nullable=False),
        sa.Column("actor", ID, nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("user_id", ID, nullable=True),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    op.create_index(op.f("ix_audit_log_user_id"), "audit_log", ["user_id"])
    op.create_table(
        "erasures",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("user_id", ID, nullable=True),
        sa.Column("requested_at", TIME, nullable=False),
        sa.Column("swept_at", TIME, nullable=True),
        sa.Column("done_at", TIME, nullable=True),
        sa.Column("removed", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_erasures")),
    )
    op.create_index(op.f("ix_erasures_user_id"), "erasures", ["user_id"])


def downgrade() -> None:
    for table in (
        "erasures",
        "audit_log",
        "removed_events",
        "consents",
        "mutes",
        "offers_shown",
        "audiences",
        "offer_models",
    ):
        op.drop_table(table)
