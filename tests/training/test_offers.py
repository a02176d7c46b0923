"""The offers' model on the small shop: better than spending, the same each time, blind to what comes later."""

from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import func, select

from features.building.pipeline import build_features
from recommender.db.engine import session_scope
from recommender.db.tables import Audience, Event, OfferModelVersion, Redemption
from recommender.offers.campaigns import read_campaigns
from recommender.offers.store import offer_model
from recommender.settings import Settings
from tests.support.servers.databases import install_tables
from tests.support.shops.marketing import CAMPAIGNS, campaign_start, fill_campaigns
from tests.support.shops.shop import SHOP_FROM, SHOP_UNTIL, SHOPPERS
from tests.support.shops.trained import install_shop
from training.offers import learn_offers, proven_model, read_marketing, split


@pytest.fixture
def campaigns(home: Settings) -> Settings:
    install_tables()
    install_shop(home)
    fill_campaigns(live_until=SHOP_UNTIL + timedelta(days=30))
    build_features(SHOP_FROM, SHOP_UNTIL)
    return home


def test_it_tells_redeemers_better_than_spending_does(campaigns: Settings) -> None:
    told = learn_offers(SHOP_UNTIL)
    assert told["promoted"] is True
    with session_scope() as session:
        model = offer_model(session)
        assert model is not None
        assert model.metrics["AUC"] > 0.75 > 0.6 > model.baselines["spending"]["AUC"]  # chance sets the bound
        assert model.metrics["coupon AUC"] > 0.9
        assert set(model.tested_on) == {f"c{CAMPAIGNS - 2}", f"c{CAMPAIGNS - 1}"}
        likely = select(Audience.user_id, Audience.coupon_id).order_by(Audience.probability.desc()).limit(10)
        for user_id, coupon_id in session.execute(likely):
            number = int(user_id[1:])
            assert number % 3, "one of those who never use coupons"
            assert coupon_id == f"k-{('Tea', 'Coffee', 'Pets', 'Garden', 'Toys', 'Baby')[number % 6]}"


def test_learning_again_changes_nothing(campaigns: Settings) -> None:
    first, again = learn_offers(SHOP_UNTIL), learn_offers(SHOP_UNTIL)
    assert first["model_version"] == again["model_version"]
    with session_scope() as session:
        assert session.scalar(select(func.count()).select_from(OfferModelVersion)) == 1
        assert session.scalar(select(func.count()).select_from(Audience)) == SHOPPERS


def test_what_comes_later_is_not_seen(campaigns: Settings) -> None:
    until = SHOP_UNTIL - timedelta(days=20)
    with session_scope() as session:
        before = proven_model(read_marketing(session, until))
    with session_scope() as session:
        for user in range(SHOPPERS):  # everybody buys and redeems the same, later
            event = {"event_id": f"late-{user}", "user_id": f"u{user}", "item_id": "tea-0", "event_type": "purchase"}
            session.add(Event(**event, value=500.0, time=until + timedelta(hours=user)))
            session.merge(
                Redemption(redemption_id=f"late-{user}", user_id=f"u{user}", coupon_id="k-Tea", campaign_id="c6",
                           time=until + timedelta(hours=1))
            )  # fmt: skip
    build_features(until, SHOP_UNTIL)
    with session_scope() as session:
        after = proven_model(read_marketing(session, until))
    assert before.model_version == after.model_version
    np.testing.assert_array_equal(before.coupon.weights, after.coupon.weights)
    assert before.metrics == after.metrics


def test_campaigns_that_run_into_the_last_ones_are_not_learned_from(campaigns: Settings) -> None:
    with session_scope() as session:
        earlier, last = split(read_campaigns(session))
    assert [one.campaign_id for one in last] == ["c6", "c7"]
    assert all(one.ends_at <= campaign_start(6) for one in earlier)


def test_without_campaigns_it_says_so_and_changes_nothing(home: Settings) -> None:
    install_tables()
    assert learn_offers()["promoted"] is False
    install_shop(home)
    told = learn_offers(SHOP_UNTIL)
    assert (told["model_version"], told["promoted"]) == (None, False)
    assert "campaigns" in str(told["reason"])
