"""A page of a campaign's audience: whose campaign it is, which shoppers may be addressed, and where the page ends."""

from datetime import UTC, datetime, timedelta

import pytest

from recommender.db.engine import session_scope
from recommender.db.tables import Audience, Campaign
from services.container import Shop
from services.core.errors import Problem
from services.offers.audience import read_page
from tests.support.shops.marketing import fill_campaigns
from tests.support.shops.shop import SHOP_UNTIL

NOW = SHOP_UNTIL + timedelta(hours=1)
LIVE, OVER = "c7", "c0"


@pytest.fixture(scope="module")
def shop(module_shop: Shop) -> Shop:
    """A shop whose live campaign was ranked for five shoppers, the likeliest first."""
    fill_campaigns(live_until=SHOP_UNTIL + timedelta(days=30))
    with session_scope() as session:
        session.add(Campaign(campaign_id="dateless", kind="A"))
        for place in range(5):
            session.add(
                Audience(
                    campaign_id=LIVE,
                    user_id=f"u{place}",
                    probability=0.9 - place / 10,
                    coupon_id="k-Tea",
                    coupon_probability=0.5,
                    model_version="offers-1",
                    as_of=NOW,
                )
            )
    return module_shop


def test_pages_follow_each_other_without_gap_or_repeat(shop: Shop) -> None:
    first = read_page(shop.offers, LIVE, 2, 0, NOW)
    second = read_page(shop.offers, LIVE, 2, 2, NOW)
    last = read_page(shop.offers, LIVE, 2, 4, NOW)
    assert [[one.user_id for one in page.audience] for page in (first, second, last)] == [
        ["u0", "u1"],
        ["u2", "u3"],
        ["u4"],
    ]
    assert (first.size, first.next_offset, second.next_offset, last.next_offset) == (5, 2, 4, None)
    assert (first.live, first.model_version, first.as_of) == (True, "offers-1", NOW)
    assert read_page(shop.offers, LIVE, 2, 10, NOW).audience == []


def test_a_campaign_that_is_over_is_not_live(shop: Shop) -> None:
    later = datetime(2027, 1, 1, tzinfo=UTC)
    assert not read_page(shop.offers, LIVE, 1, 0, later).live


@pytest.mark.parametrize(
    ("campaign", "reason"), [("none", "no campaign"), ("dateless", "no campaign"), (OVER, "no audience")]
)
def test_what_there_is_no_audience_of_is_told(shop: Shop, campaign: str, reason: str) -> None:
    with pytest.raises(Problem, match=reason) as refused:
        read_page(shop.offers, campaign, 1, 0, NOW)
    assert (refused.value.field, refused.value.status) == ("campaign_id", 404)


def test_while_the_database_is_away_it_is_to_be_asked_again(shop: Shop) -> None:
    shop.answers.shoppers.database._closed_until = float("inf")
    with pytest.raises(Problem) as refused:
        read_page(shop.offers, LIVE, 1, 0, NOW)
    shop.answers.shoppers.database._closed_until = 0.0
    assert refused.value.status == 503
