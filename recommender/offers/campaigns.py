"""Campaigns, their coupons, whom they addressed and who redeemed: the shop's marketing as it is in the database.

It knows tables; what is learned from them is `columns`' and `model`'s affair.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from recommender.data.availability import OUT_OF_STOCK
from recommender.db.tables import Campaign, CampaignMember, Coupon, Item, Redemption


@dataclass(frozen=True, slots=True)
class Drive:
    """One campaign: `coupons` names the items that each coupon may be used on, `members` whom it addressed."""

    campaign_id: str
    kind: str
    starts_at: datetime
    ends_at: datetime
    coupons: dict[str, tuple[str, ...]]
    members: tuple[str, ...] = ()

    def live(self, moment: datetime) -> bool:
        """Whether the campaign runs at this moment; its end is no longer part of it."""
        return self.starts_at <= moment < self.ends_at

    @property
    def days(self) -> float:
        """How long it is, in days and parts of a day."""
        return (self.ends_at - self.starts_at).total_seconds() / 86_400


@dataclass(frozen=True, slots=True)
class Redeemed:
    """A coupon that a shopper used."""

    user_id: str
    campaign_id: str
    coupon_id: str
    time: datetime


def read_campaigns(session: Session, campaign_ids: Iterable[str] | None = None, members: bool = True) -> list[Drive]:
    """The campaigns (None: all) that have coupons and a beginning and an end, in the order in which they begin."""
    query = select(Campaign).where(Campaign.starts_at.is_not(None), Campaign.ends_at.is_not(None))
    if campaign_ids is not None:
        query = query.where(Campaign.campaign_id.in_(list(campaign_ids)))
    found = session.scalars(query.order_by(Campaign.starts_at, Campaign.campaign_id)).all()
    ids = [one.campaign_id for one in found]
    coupons: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    order = (Coupon.campaign_id, Coupon.coupon_id, Coupon.item_id)
    for campaign_id, coupon_id, item_id in session.execute(select(*order).where(order[0].in_(ids)).order_by(*order)):
        coupons[campaign_id][coupon_id].append(item_id)
    addressed: dict[str, list[str]] = defaultdict(list)
    if members:
        who = (CampaignMember.campaign_id, CampaignMember.user_id)
        for campaign_id, user_id in session.execute(select(*who).where(who[0].in_(ids)).order_by(*who)):
            addressed[campaign_id].append(user_id)
    return [
        Drive(
            one.campaign_id,
            one.kind,
            one.starts_at,
            one.ends_at,
            {coupon: tuple(items) for coupon, items in coupons[one.campaign_id].items()},
            tuple(addressed[one.campaign_id]),
        )
        for one in found
        if one.starts_at and one.ends_at and coupons[one.campaign_id]
    ]


def on_sale(moment: datetime) -> ColumnElement[bool]:
    """Whether an item can be bought then, as a condition of a query: coupons for others are given to nobody."""
    return and_(
        Item.hidden.is_(False),
        Item.retired.is_(False),
        or_(Item.availability.is_(None), Item.availability != OUT_OF_STOCK),
        or_(Item.available_from.is_(None), Item.available_from <= moment),
        or_(Item.available_until.is_(None), Item.available_until > moment),
    )


def with_goods(session: Session, campaign: Drive, moment: datetime) -> Drive:
    """The campaign with those of its coupons that can be used on something then."""
    goods = select(Coupon.coupon_id).join(Item, Item.item_id == Coupon.item_id)
    usable = set(session.scalars(goods.where(Coupon.campaign_id == campaign.campaign_id, on_sale(moment)).distinct()))
    return replace(campaign, coupons={one: items for one, items in campaign.coupons.items() if one in usable})


def live_campaign_ids(session: Session, moment: datetime) -> list[str]:
    """The ids of the campaigns that run at this moment, in order; also of those without coupons."""
    query = select(Campaign.campaign_id).where(Campaign.starts_at <= moment, Campaign.ends_at > moment)
    return list(session.scalars(query.order_by(Campaign.campaign_id)))


def read_redemptions(session: Session, user_id: str | None = None) -> list[Redeemed]:
    """All redemptions, or one shopper's, in order of time."""
    columns = (Redemption.user_id, Redemption.campaign_id, Redemption.coupon_id, Redemption.time)
    query = select(*columns).order_by(Redemption.time, Redemption.redemption_id)
    if user_id is not None:
        query = query.where(Redemption.user_id == user_id)
    return [Redeemed(*row) for row in session.execute(query)]


def read_mailings(session: Session, user_id: str) -> list[tuple[str, datetime]]:
    """The campaigns that addressed a shopper, with their beginnings."""
    query = (
        select(Campaign.campaign_id, Campaign.starts_at)
        .join(CampaignMember, CampaignMember.campaign_id == Campaign.campaign_id)
        .where(CampaignMember.user_id == user_id, Campaign.starts_at.is_not(None))
    )
    return [(campaign_id, starts_at) for campaign_id, starts_at in session.execute(query) if starts_at is not None]
