"""Campaigns as they are in the database: which have coupons, which run, whose coupons can be used now."""

from datetime import UTC, datetime, timedelta

import pytest

from recommender.db.engine import session_scope
from recommender.db.tables import Campaign, CampaignMember, Coupon, Item, Redemption
from recommender.offers.campaigns import (
    Drive,
    Redeemed,
    live_campaign_ids,
    read_campaigns,
    read_mailings,
    read_redemptions,
    with_goods,
)
from recommender.settings import Settings
from tests.support.servers.databases import install_tables
from tests.support.shops.shop import fill_shop

START = datetime(2026, 3, 1, tzinfo=UTC)
END = START + timedelta(days=10)


@pytest.fixture(autouse=True)
def _marketing(home: Settings) -> None:
    install_tables()
    fill_shop()
    with session_scope() as session:
        for campaign_id, begins, ends in (
            ("later", START + timedelta(days=5), END),
            ("春节", START, END),
            ("bare", START, END),
            ("undated", None, None),
        ):
            session.add(Campaign(campaign_id=campaign_id, kind="A", starts_at=begins, ends_at=ends))
        session.flush()
        for campaign_id, coupon_id, item_id in (
            ("春节", "k2", "tea-1"), ("春节", "k1", "tea-1"), ("春节", "k1", "tea-0"), ("later", "k1", "pets-0"),
            ("undated", "k1", "pets-0"),
        ):  # fmt: skip
            session.add(Coupon(campaign_id=campaign_id, coupon_id=coupon_id, item_id=item_id))
        for campaign_id, user_id in (("春节", "u1"), ("春节", "u0"), ("undated", "u0")):
            session.add(CampaignMember(campaign_id=campaign_id, user_id=user_id))
        for number, days in ((1, 3), (2, 1)):
            session.add(
                Redemption(redemption_id=f"r{number}", user_id=f"u{number}", coupon_id="k1", campaign_id="春节",
                           time=START + timedelta(days=days))
            )  # fmt: skip


def test_campaigns_with_coupons_and_dates_are_read_in_the_order_they_begin() -> None:
    with session_scope() as session:
        spring, later = read_campaigns(session)
        assert (spring.campaign_id, later.campaign_id) == ("春节", "later")
        assert spring.coupons == {"k1": ("tea-0", "tea-1"), "k2": ("tea-1",)}
        assert (spring.members, later.members) == (("u0", "u1"), ())
        assert read_campaigns(session, ["later"], members=False) == [later]
        assert read_campaigns(session, []) == []
        assert read_campaigns(session, ["bare", "undated", "unknown"]) == []
        assert read_campaigns(session, ["春节"], members=False)[0].members == ()


def test_a_campaign_runs_from_its_beginning_until_before_its_end() -> None:
    drive = Drive("c", "A", START, START + timedelta(hours=36), {})
    assert [drive.live(moment) for moment in (START - timedelta(seconds=1), START, drive.ends_at)] == [
        False,
        True,
        False,
    ]
    assert drive.days == 1.5
    with session_scope() as session:
        assert live_campaign_ids(session, START) == ["bare", "春节"]
        assert live_campaign_ids(session, START + timedelta(days=6)) == ["bare", "later", "春节"]
        assert live_campaign_ids(session, END) == []


@pytest.mark.parametrize(
    "gone",
    [{"hidden": True}, {"retired": True}, {"availability": "out_of_stock"}, {"available_from": END},
     {"available_until": START}],
)  # fmt: skip
def test_a_coupon_is_given_only_where_some_of_its_items_can_be_bought(gone: dict[str, object]) -> None:
    with session_scope() as session:
        [spring] = read_campaigns(session, ["春节"])
        assert with_goods(session, spring, START) == spring
        item = session.get(Item, "tea-1")
        assert item is not None
        for name, value in gone.items():
            setattr(item, name, value)
        session.flush()
        assert set(with_goods(session, spring, START).coupons) == {"k1"}


def test_redemptions_come_in_order_of_time_of_all_or_of_one() -> None:
    with session_scope() as session:
        early, late = read_redemptions(session)
        assert early == Redeemed("u2", "春节", "k1", START + timedelta(days=1))
        assert late.user_id == "u1"
        assert read_redemptions(session, "u1") == [late]
        assert read_redemptions(session, "nobody") == []


def test_mailings_of_a_shopper_name_when_the_campaign_began() -> None:
    with session_scope() as session:
        assert read_mailings(session, "u0") == [("春节", START)]  # one without a date says nothing
        assert read_mailings(session, "nobody") == []
