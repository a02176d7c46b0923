"""Campaigns for the small shop: each with a coupon a category, sent to all, redeemed by who leans there."""

from datetime import datetime, timedelta

import numpy as np

from recommender.db.engine import session_scope
from recommender.db.tables import Campaign, CampaignMember, Coupon, Redemption
from tests.support.shops.shop import CATEGORIES, SHOP_FROM, SHOPPERS, leaning

CAMPAIGNS = 8
LENGTH = timedelta(days=10)


def campaign_start(place: int) -> datetime:
    """A campaign begins every ten days, the first after the shop's first thirty."""
    return SHOP_FROM + timedelta(days=30 + 10 * place)


def fill_campaigns(seed: int = 3, live_until: datetime | None = None) -> None:
    """Writes the campaigns to a database that holds the shop; `live_until` keeps the last one going until then."""
    rng = np.random.default_rng(seed)
    with session_scope() as session:
        for place in range(CAMPAIGNS):
            start, campaign_id = campaign_start(place), f"c{place}"
            ends = live_until if live_until and place == CAMPAIGNS - 1 else start + LENGTH
            session.add(Campaign(campaign_id=campaign_id, kind="AB"[place % 2], starts_at=start, ends_at=ends))
            session.flush()
            for category in CATEGORIES:
                items = [f"{category.lower()}-{item}" for item in range(5)]
                session.add_all(
                    Coupon(coupon_id=f"k-{category}", campaign_id=campaign_id, item_id=item) for item in items
                )
            for user in range(SHOPPERS):
                session.add(CampaignMember(campaign_id=campaign_id, user_id=f"u{user}"))
                # some shoppers never use coupons; the others use the one they lean to
                if user % 3 and rng.random() < 0.6:
                    session.add(_redemption(user, campaign_id, start + timedelta(days=float(rng.uniform(0, 9)))))


def _redemption(user: int, campaign_id: str, time: datetime) -> Redemption:
    return Redemption(
        redemption_id=f"r-{campaign_id}-{user}",
        user_id=f"u{user}",
        coupon_id=f"k-{leaning(user)}",
        campaign_id=campaign_id,
        time=time,
    )
