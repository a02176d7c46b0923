"""Campaigns and coupons, the models that choose them, and what was offered."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from recommender.db.tables.base import ID_LENGTH, MODEL_STATUSES, Base, one_of


class Campaign(Base):
    """A marketing campaign; `kind` is the shop's own word for its type, a time is None where it is unknown."""

    __tablename__ = "campaigns"
    campaign_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    kind: Mapped[str] = mapped_column(String(64), default="")
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]


class CampaignMember(Base):
    """A shopper whom a campaign addressed."""

    __tablename__ = "campaign_members"
    campaign_id: Mapped[str] = mapped_column(ForeignKey("campaigns.campaign_id"), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.user_id"), primary_key=True)


class Coupon(Base):
    """A coupon of a campaign, for one item it may be used on."""

    __tablename__ = "coupons"
    coupon_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    campaign_id: Mapped[str] = mapped_column(ForeignKey("campaigns.campaign_id"), primary_key=True)
    item_id: Mapped[str] = mapped_column(ForeignKey("items.item_id"), primary_key=True)


class Redemption(Base):
    """A coupon that a shopper used, of which campaign, and when."""

    __tablename__ = "redemptions"
    redemption_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.user_id"), index=True)
    coupon_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    campaign_id: Mapped[str] = mapped_column(ForeignKey("campaigns.campaign_id"))
    time: Mapped[datetime]


class OfferModelVersion(Base):
    """A learned offers' model; the manifest holds its weights. The promoted one is in service."""

    __tablename__ = "offer_models"
    model_version: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    status: Mapped[str] = mapped_column(one_of("offer_model_status", *MODEL_STATUSES))
    reason: Mapped[str] = mapped_column(Text, default="")
    manifest: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    promoted_at: Mapped[datetime | None]


class Audience(Base):
    """How likely a shopper is to redeem in a campaign, as of `as_of`, and their most likely coupon."""

    __tablename__ = "audiences"
    __table_args__ = (Index("ix_audiences_campaign_id_probability", "campaign_id", "probability"),)
    campaign_id: Mapped[str] = mapped_column(ForeignKey("campaigns.campaign_id"), primary_key=True)
    user_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    probability: Mapped[float]
    coupon_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    coupon_probability: Mapped[float]
    model_version: Mapped[str] = mapped_column(String(ID_LENGTH))
    as_of: Mapped[datetime]


class OfferShown(Base):
    """A coupon that was offered to a shopper; what the frequency cap counts."""

    __tablename__ = "offers_shown"
    __table_args__ = (Index("ix_offers_shown_user_id_time", "user_id", "time"),)
    offer_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    user_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    campaign_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    coupon_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    probability: Mapped[float]
    model_version: Mapped[str] = mapped_column(String(ID_LENGTH))
    time: Mapped[datetime]
