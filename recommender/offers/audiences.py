"""Whom a campaign should go to: every shopper's likelihood to redeem in it, kept as rows and read page by page.

Who has withdrawn consent, who is being erased and who has had enough offers already is left out when a page is read, so
that what was said a moment ago counts.
"""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from sqlalchemy import ColumnElement, and_, delete, exists, func, insert, or_, select
from sqlalchemy.orm import Session

from recommender.db.tables import Audience, CampaignMember, Coupon, Erasure, Item, OfferShown
from recommender.offers.campaigns import Drive, on_sale
from recommender.offers.model import OfferModel
from recommender.offers.model_columns import Sheet
from recommender.store.consent import MARKETING, PERSONALISATION, consents_to

ROWS_A_STATEMENT = 1_000


@dataclass(frozen=True, slots=True)
class Chosen:
    """A shopper of an audience; `addressed` when the campaign was sent to them already."""

    user_id: str
    probability: float
    coupon_id: str
    coupon_probability: float
    addressed: bool


def keep_audiences(
    session: Session, model: OfferModel, campaign: Drive, users: tuple[str, ...], columns: Sheet, as_of: datetime
) -> int:
    """Replaces the campaign's audience; returns how many shoppers were ranked."""
    chances_U = model.shopper.probability(columns.by_shopper())
    coupons_UC = model.coupon.probability(columns.by_coupon()).reshape(len(users), -1)
    best_U = np.argmax(coupons_UC, axis=1)
    session.execute(delete(Audience).where(Audience.campaign_id == campaign.campaign_id))
    rows = [
        {
            "campaign_id": campaign.campaign_id,
            "user_id": user_id,
            "probability": float(chances_U[place]),
            "coupon_id": columns.coupons[best_U[place]],
            "coupon_probability": float(coupons_UC[place, best_U[place]]),
            "model_version": model.model_version,
            "as_of": as_of,
        }
        for place, user_id in enumerate(users)
    ]
    for start in range(0, len(rows), ROWS_A_STATEMENT):
        session.execute(insert(Audience), rows[start : start + ROWS_A_STATEMENT])
    return len(rows)


def audience_size(session: Session, campaign_id: str, cap: int, since: datetime, now: datetime) -> int:
    """How many shoppers `read_audience` names on all its pages together."""
    query = select(func.count()).select_from(Audience).where(*_may_be_addressed(campaign_id, cap, since, now))
    return session.scalar(query) or 0


def read_audience(
    session: Session, campaign_id: str, cap: int, since: datetime, now: datetime, limit: int, offset: int
) -> list[Chosen]:
    """A page of the shoppers who may be addressed, the likeliest first."""
    addressed = exists().where(
        CampaignMember.campaign_id == Audience.campaign_id, CampaignMember.user_id == Audience.user_id
    )
    query = (
        select(
            Audience.user_id,
            Audience.probability,
            Audience.coupon_id,
            Audience.coupon_probability,
            addressed.label("sent"),
        )
        .where(*_may_be_addressed(campaign_id, cap, since, now))
        .order_by(Audience.probability.desc(), Audience.user_id)
        .limit(limit)
        .offset(offset)
    )
    return [Chosen(*row) for row in session.execute(query)]


def _may_be_addressed(campaign_id: str, cap: int, since: datetime, now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Who consents, is not being erased, and was offered fewer than `cap` coupons since, or one of this campaign's.

    And whose coupon can be used on something now: what was on sale when they were ranked may be sold out.
    """
    usable = (
        select(Coupon.coupon_id)
        .join(Item, Item.item_id == Coupon.item_id)
        .where(Coupon.campaign_id == campaign_id, on_sale(now))
    )
    recent = and_(OfferShown.user_id == Audience.user_id, OfferShown.time >= since)
    offered = select(func.count(OfferShown.coupon_id.distinct())).where(recent).scalar_subquery()
    of_this = exists().where(recent, OfferShown.campaign_id == campaign_id)
    return (
        Audience.campaign_id == campaign_id,
        consents_to(Audience.user_id, MARKETING),
        consents_to(Audience.user_id, PERSONALISATION),
        ~exists().where(Erasure.user_id == Audience.user_id),
        or_(offered < cap, of_this),
        Audience.coupon_id.in_(usable),
    )
