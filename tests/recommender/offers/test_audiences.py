"""Whom a campaign should go to: ranked, kept, and read without those who may not be addressed now."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from sqlalchemy.orm import Session

from recommender.db.engine import session_scope
from recommender.db.tables import Audience, Campaign, CampaignMember, Coupon, Item, OfferShown, User
from recommender.offers.audiences import audience_size, keep_audiences, read_audience
from recommender.offers.campaigns import Drive
from recommender.offers.model import OfferModel, Regression
from recommender.offers.model_columns import CAMPAIGN, COUPON, PAIR, SHOPPER, Sheet, coupon_columns, shopper_columns
from recommender.privacy.erasure import request_erasure
from recommender.settings import Settings
from recommender.store.consent import MARKETING, PERSONALISATION, record_consent
from tests.support.servers.databases import install_tables
from tests.support.shops.shop import fill_shop

NOW = datetime(2026, 6, 1, tzinfo=UTC)
SINCE = NOW - timedelta(days=30)
DRIVE = Drive("c", "A", NOW, NOW + timedelta(days=9), {"k-tea": ("tea-0",), "k-pets": ("pets-0", "pets-1")})
USERS = ("u0", "u1", "u2")


def regression(columns: tuple[str, ...], by: str) -> Regression:
    """The likelier, the higher one column is."""
    size = len(columns)
    weights = tuple(float(name == by) for name in columns)
    return Regression(columns=columns, means=(0.0,) * size, scales=(1.0,) * size, weights=weights, bias=-1.0)


def model() -> OfferModel:
    return OfferModel(
        model_version="offers-1",
        created_at=NOW,
        until=NOW,
        code_version="test",
        kinds=("A",),
        coupon=regression(coupon_columns(("A",)), PAIR[0]),
        shopper=regression(shopper_columns(("A",)), SHOPPER[0]),
        trained_on=(),
        tested_on=(),
    )


def columns() -> Sheet:
    """u1 is the likeliest, u2 the least likely; u0 and u2 rather use the tea's coupon, u1 the pets'."""
    shopper_UF = np.zeros((3, len(SHOPPER)), dtype=np.float32)
    shopper_UF[:, 0] = 1, 2, 0
    pair_UCF = np.zeros((3, 2, len(PAIR)), dtype=np.float32)
    pair_UCF[:, :, 0] = [[2, 1], [0, 3], [1, 1]]
    campaign_F = np.zeros(1 + len(CAMPAIGN), dtype=np.float32)
    return Sheet(shopper_UF, campaign_F, np.zeros((2, len(COUPON)), dtype=np.float32), pair_UCF, tuple(DRIVE.coupons))


@pytest.fixture
def shop(home: Settings) -> None:
    install_tables()
    fill_shop()
    with session_scope() as session:
        session.add(Campaign(campaign_id="c", kind="A", starts_at=DRIVE.starts_at, ends_at=DRIVE.ends_at))
        session.flush()
        for coupon_id, items in DRIVE.coupons.items():
            session.add_all(Coupon(coupon_id=coupon_id, campaign_id="c", item_id=item) for item in items)
        assert keep_audiences(session, model(), DRIVE, USERS, columns(), NOW) == 3


def named(session: Session, cap: int = 3, limit: int = 9, offset: int = 0) -> list[str]:
    return [one.user_id for one in read_audience(session, "c", cap, SINCE, NOW, limit, offset)]


def test_shoppers_are_ranked_with_the_coupon_that_suits_each(shop: None) -> None:
    with session_scope() as session:
        chosen = read_audience(session, "c", 3, SINCE, NOW, 9, 0)
    assert [(one.user_id, one.coupon_id) for one in chosen] == [("u1", "k-pets"), ("u0", "k-tea"), ("u2", "k-tea")]
    expected = [1 / (1 + np.exp(1 - odds)) for odds in (2, 1, 0)]
    assert [one.probability for one in chosen] == pytest.approx(expected, rel=1e-5)
    assert [one.coupon_probability for one in chosen] == pytest.approx(
        [1 / (1 + np.exp(1 - odds)) for odds in (3, 2, 1)], rel=1e-5
    )


def test_pages_follow_each_other_and_the_size_is_of_all_of_them(shop: None) -> None:
    with session_scope() as session:
        assert named(session, limit=2) + named(session, limit=2, offset=2) == ["u1", "u0", "u2"]
        assert named(session, offset=3) == []
        assert audience_size(session, "c", 3, SINCE, NOW) == 3
        assert audience_size(session, "unknown", 3, SINCE, NOW) == 0


def test_an_audience_that_is_made_again_replaces_the_former(shop: None) -> None:
    with session_scope() as session:
        sheet = columns()
        fewer = Sheet(sheet.shopper_UF[:1], sheet.campaign_F, sheet.coupon_CF, sheet.pair_UCF[:1], sheet.coupons)
        keep_audiences(session, model(), DRIVE, USERS[:1], fewer, NOW)
        session.add(User(user_id="later", attributes={}, consent=True))
        assert named(session) == ["u0"]
        assert session.query(Audience).count() == 1


def test_who_was_addressed_already_is_told(shop: None) -> None:
    with session_scope() as session:
        session.add(CampaignMember(campaign_id="c", user_id="u0"))
        session.flush()
        assert [one.addressed for one in read_audience(session, "c", 3, SINCE, NOW, 9, 0)] == [False, True, False]


def test_a_withdrawn_consent_of_either_purpose_and_an_erasure_count_at_once(shop: None) -> None:
    with session_scope() as session:
        record_consent(session, "u0", MARKETING, False, NOW)
        record_consent(session, "u1", PERSONALISATION, False, NOW)
        assert named(session) == ["u2"]
        request_erasure(session, "u2", NOW, "shop")
        session.flush()
        assert named(session) == []
        record_consent(session, "u0", MARKETING, True, NOW)
        session.flush()
        assert named(session) == ["u0"]


def test_who_had_enough_offers_lately_is_left_out_unless_it_is_this_campaign_s(shop: None) -> None:
    def offer(session: Session, user: str, coupon: str, campaign: str, days_ago: int) -> None:
        session.add(OfferShown(offer_id=f"{user}-{coupon}-{days_ago}", user_id=user, campaign_id=campaign,
                               coupon_id=coupon, probability=0.5, model_version="m",
                               time=NOW - timedelta(days=days_ago)))  # fmt: skip
        session.flush()

    with session_scope() as session:
        offer(session, "u0", "x", "other", 1)
        offer(session, "u0", "x", "other", 2)  # the same coupon again is one offer
        offer(session, "u1", "y", "other", 40)  # long ago
        assert named(session, cap=1) == ["u1", "u2"]
        assert named(session, cap=2) == ["u1", "u0", "u2"]
        offer(session, "u0", "k-tea", "c", 1)
        assert named(session, cap=1) == ["u1", "u0", "u2"]


def test_a_coupon_whose_goods_are_gone_goes_to_nobody(shop: None) -> None:
    with session_scope() as session:
        tea = session.get(Item, "tea-0")
        assert tea is not None
        tea.availability = "out_of_stock"
        session.flush()
        assert named(session) == ["u1"]
        pets = session.get(Item, "pets-0")
        assert pets is not None
        pets.hidden = True
        session.flush()
        assert named(session) == ["u1"]  # the coupon may still be used on the other
