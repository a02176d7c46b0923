"""What a shop sets for its answers: whether durables come again, whether sold-out goods are shown, what is offered."""

import time
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from numpy.typing import NDArray
from sqlalchemy import delete, select, update

from features.building.pipeline import build_features
from features.offline import read_events
from recommender.data.availability import OUT_OF_STOCK
from recommender.data.event_weights import PURCHASE, strengths
from recommender.db.engine import session_scope
from recommender.db.tables import Audience, Coupon, Event, Item
from recommender.models.bundle import ModelBundle
from recommender.profiles.user_state import Shopper
from recommender.retrieval.sources import own_purchases
from recommender.settings import get_settings
from recommender.store.rating_scale import sync_scale
from recommender.utils.rating_scale import Scale
from services.container import Shop
from services.core.errors import Problem
from services.offers.audience import read_page
from services.schemas.events import NewEvent
from services.schemas.offers import OffersRequest
from services.schemas.recommend import RecommendedItem, RecommendRequest
from services.schemas.search import SearchRequest
from services.storefront.pages import Site, page
from tests.support.shops.marketing import CAMPAIGNS, fill_campaigns
from tests.support.shops.shop import SHOP_FROM, SHOP_UNTIL, leaning
from tests.support.shops.twins import make_twins, twin_of
from training.offers import learn_offers

NOW = SHOP_UNTIL + timedelta(hours=1)
LIVE = f"c{CAMPAIGNS - 1}"


def sell_out(shop: Shop, *item_ids: str) -> None:
    with session_scope() as session:
        sold = update(Item).where(Item.item_id.in_(item_ids))
        session.execute(sold.values(availability=OUT_OF_STOCK, updated_at=datetime.now(UTC)))
    shop.watcher.look()
    shop.searcher.look()


# --- durables


@pytest.fixture
def everything_lasts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody buys anything twice."""

    def bought(_bundle: ModelBundle, shopper: Shopper) -> NDArray[np.int64]:
        rows: NDArray[np.int64] = np.unique(shopper.rows_L[shopper.kinds_L == PURCHASE])
        return rows

    monkeypatch.setattr(own_purchases, "not_bought_again", bought)


def owned_among(shop: Shop, **more: object) -> int:
    question = RecommendRequest.model_validate({"user_id": "u1", "n": 20, **more})
    profile = shop.answers.profile_of(shop.models.needed(), question, NOW, set())
    assert profile is not None
    mine = set(profile.history.item_ids[profile.history.event_types == PURCHASE])
    return len(mine & {item.item_id for item in shop.answers.recommend(question, NOW).items})


def test_what_is_had_comes_by_request_or_by_setting_and_lists_are_kept_apart(
    everything_lasts: None, embedded_shop: Shop
) -> None:
    shop = embedded_shop
    assert owned_among(shop) == owned_among(shop, include_bought=False) == 0
    with_bought = owned_among(shop, include_bought=True)
    assert with_bought > 0
    assert owned_among(shop) == 0, "no list of the one kind answers the other"
    assert owned_among(shop, include_bought=True, offset=0, scenario="home") == with_bought


def test_the_setting_reaches_the_answers(
    everything_lasts: None, embedded_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZHIYIN_INCLUDE_BOUGHT", "true")
    get_settings.cache_clear()
    shop = Shop(get_settings())
    shop.watcher.look()
    assert owned_among(shop) > 0
    assert owned_among(shop, include_bought=False) == 0


def test_what_is_had_under_another_id_is_had(everything_lasts: None, embedded_shop: Shop) -> None:
    shop = embedded_shop
    make_twins()
    while not shop.models.needed().bundle.catalogue.duplicates:  # the model's view is renewed with rests between
        time.sleep(0.1)
        shop.watcher.look()
    assert owned_among(shop) == 0
    question = RecommendRequest(user_id="u1", n=60)
    profile = shop.answers.profile_of(shop.models.needed(), question, NOW, set())
    assert profile is not None
    mine = set(profile.history.item_ids[profile.history.event_types == PURCHASE])
    alone = {item_id for item_id in map(twin_of, mine) if item_id not in mine}
    assert alone, "some are had under the one id only"
    shown = {item.item_id for item in shop.answers.recommend(question, NOW).items}
    assert shown.isdisjoint(alone)
    with_bought = question.model_copy(update={"include_bought": True})
    shown = {item.item_id for item in shop.answers.recommend(with_bought, NOW).items}
    assert shown.isdisjoint(alone), "the one that is had is shown, not the one that can't be told from it"
    assert shown & mine


# --- what is new to the shopper


def new_among(shop: Shop, items: list[RecommendedItem]) -> list[bool]:
    profile = shop.answers.profile_of(shop.models.needed(), RecommendRequest(user_id="u1"), NOW, set())
    assert profile is not None
    mine = set(profile.history.item_ids.tolist())
    return [item.item_id not in mine for item in items]


def test_the_home_page_has_room_for_what_is_new(embedded_shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    embedded_shop.answers.ranker.scenarios.novelty = {}
    plain = embedded_shop.answers.recommend(RecommendRequest(user_id="u1", n=20), NOW).items
    monkeypatch.setenv("ZHIYIN_NOVELTY_HOME", "0.5")
    get_settings.cache_clear()
    shop = Shop(get_settings())
    shop.watcher.look()
    items = shop.answers.recommend(RecommendRequest(user_id="u1", n=20), NOW).items
    assert sum(new_among(shop, items)) == 10 > sum(new_among(shop, plain))
    told = [any(one.source == "novelty" for one in item.evidence) for item in items]
    assert any(told)
    assert all(new for new, owed in zip(new_among(shop, items), told, strict=True) if owed)
    rest = shop.answers.recommend(RecommendRequest(user_id="u1", n=10, offset=10), NOW).items
    assert [item.item_id for item in rest] == [item.item_id for item in items[10:]], "a page is cut from the same list"
    again = shop.answers.recommend(RecommendRequest(user_id="u1", n=20), NOW).items
    assert [item.item_id for item in again] == [item.item_id for item in items]
    beside = shop.answers.recommend(RecommendRequest(user_id="u1", context_item_ids=["tea-0"]), NOW).items
    assert not any(one.source == "novelty" for item in beside for one in item.evidence)


# --- sold out


def found(shop: Shop, n: int = 50) -> list[tuple[str, bool]]:
    answer = shop.searcher.search(SearchRequest(query="coffee", n=n), NOW)
    scores = [one.score for one in answer.items]
    assert scores == sorted(scores, reverse=True)
    return [(one.item_id, one.sold_out) for one in answer.items]


def test_search_hides_what_is_sold_out_or_marks_it_after_all_else(embedded_shop: Shop) -> None:
    shop = embedded_shop
    shop.searcher.look()
    first, *others = [item_id for item_id, _ in found(shop)]
    sell_out(shop, first)
    assert found(shop) == [(item_id, False) for item_id in others]
    shop.searcher.with_sold_out = True
    marked = found(shop)
    assert marked[-1] == (first, True)
    assert {item_id for item_id, sold_out in marked if not sold_out} == set(others)
    shown = [item.item_id for item in shop.answers.recommend(RecommendRequest(user_id="u1", n=40), NOW).items]
    assert first not in shown, "nothing that can't be bought is recommended"


def test_the_storefront_says_sold_out_and_sells_none(embedded_shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIYIN_SEARCH_SOLD_OUT", "true")
    get_settings.cache_clear()
    shop = Shop(get_settings())
    shop.watcher.look()
    sell_out(shop, "coffee-1")
    text = bytes(page(Site(shop, dict), {"user": "u1", "view": "item", "item": "coffee-1"}).body).decode()
    assert "Sold out" in text
    assert 'id="purchase-coffee-1"' not in text


def test_no_coupon_is_given_for_what_is_sold_out(embedded_shop: Shop) -> None:
    shop = embedded_shop
    fill_campaigns(live_until=SHOP_UNTIL + timedelta(days=30))
    build_features(SHOP_FROM, SHOP_UNTIL)
    learn_offers(SHOP_UNTIL)
    theirs = f"k-{leaning(1)}"

    def offered() -> set[str]:
        answer = shop.offers.offer(OffersRequest(user_id="u1", n=3), NOW)
        return {one.coupon_id for one in answer.offers}

    def audience() -> dict[str, str]:
        page = read_page(shop.offers, LIVE, 1_000, 0, NOW)
        assert page.size == len(page.audience)
        return {one.user_id: one.coupon_id for one in page.audience}

    assert theirs in offered()
    assert audience()["u1"] == theirs
    with session_scope() as session:
        goods = list(session.scalars(select(Coupon.item_id).where(Coupon.coupon_id == theirs).distinct()))
    sell_out(shop, *goods)
    assert theirs not in offered()
    assert theirs not in audience().values(), "also before the audience is ranked again"
    learn_offers(SHOP_UNTIL)
    assert "u1" in audience()
    with session_scope() as session:
        assert theirs not in set(session.scalars(select(Audience.coupon_id).where(Audience.campaign_id == LIVE)))


def test_an_offer_names_each_of_its_products_once(embedded_shop: Shop) -> None:
    shop = embedded_shop
    fill_campaigns(live_until=SHOP_UNTIL + timedelta(days=30))
    build_features(SHOP_FROM, SHOP_UNTIL)
    learn_offers(SHOP_UNTIL)
    make_twins()
    shop.watcher.look()
    for user in range(6):
        for offer in shop.offers.offer(OffersRequest(user_id=f"u{user}", n=3), NOW).offers:
            told = [" ".join(product.title.lower().split()) for product in offer.products]
            assert len(told) == len(set(told)), told


# --- ratings


def rate(shop: Shop, event_id: str, item_id: str, value: float) -> None:
    rating = {"event_id": event_id, "user_id": "rater", "item_id": item_id, "event_type": "rating", "value": value}
    shop.intake.take([NewEvent.model_validate({**rating, "time": SHOP_UNTIL})], NOW)


def opinions(shop: Shop) -> dict[str, float]:
    """By item, what the rater's profile says for or against it."""
    profile = shop.answers.profile_of(shop.models.needed(), RecommendRequest(user_id="rater"), NOW, set())
    assert profile is not None
    weights = strengths(profile.history.event_types, profile.history.values)
    return dict(zip(profile.history.item_ids.tolist(), weights.tolist(), strict=True))


def test_ratings_are_taken_and_refused_by_the_scale_that_the_shop_set(embedded_shop: Shop) -> None:
    shop = embedded_shop
    with pytest.raises(Problem, match="0 to 5"):
        rate(shop, "r-0", "tea-1", 8)
    with session_scope() as session:
        assert sync_scale(session, Scale(1, 10)) == Scale(1, 10)
    rate(shop, "r-1", "tea-1", 9)
    rate(shop, "r-2", "coffee-1", 2)
    rate(shop, "r-3", "pets-1", 5)
    found = opinions(shop)
    assert (found["tea-1"] > 0, found["coffee-1"] < 0, found["pets-1"] < 0) == (True, True, True)
    shown = [item.item_id for item in shop.answers.recommend(RecommendRequest(user_id="rater", n=40), NOW).items]
    assert {"coffee-1", "pets-1"}.isdisjoint(shown)
    for wrong in (10.5, -1):
        with pytest.raises(Problem, match="0 to 10"):
            rate(shop, "r-4", "tea-2", wrong)


def test_thumbs_that_came_over_the_api_are_learned_when_features_are_built(embedded_shop: Shop) -> None:
    shop = embedded_shop
    with session_scope() as session:
        session.execute(delete(Event).where(Event.event_type == "rating"))
    rate(shop, "t-1", "tea-1", 1)
    rate(shop, "t-2", "coffee-1", 0)
    build_features(SHOP_FROM, SHOP_UNTIL)
    rate(shop, "t-3", "pets-1", 1)
    found = opinions(shop)
    assert (found["tea-1"] > 0, found["coffee-1"] < 0, found["pets-1"] > 0) == (True, True, True)
    log = read_events(SHOP_UNTIL - timedelta(days=1), SHOP_UNTIL + timedelta(days=1))
    assert {"t-1", "t-2"}.isdisjoint(set(log["event_id"])), "of a day that isn't built"
    build_features(SHOP_UNTIL, SHOP_UNTIL + timedelta(days=1))
    log = read_events(SHOP_UNTIL, SHOP_UNTIL + timedelta(days=1))
    assert dict(zip(log["event_id"], log["value"], strict=True)) == {"t-1": 5.0, "t-2": 1.0, "t-3": 5.0}
