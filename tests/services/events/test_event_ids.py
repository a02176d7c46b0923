"""Event ids at the service: whose they are, what is told, and what a shopper's token can't do to the shop's events."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from features.building.pipeline import build_features
from features.offline import read_view
from recommender.auth.keys import create_key
from recommender.db.engine import session_scope
from recommender.db.tables import Event, ProfileVersion
from services.container import Shop
from services.core.errors import Problem
from services.schemas.events import EventsResponse, NewEvent
from services.schemas.privacy import RemoveEventRequest
from services.schemas.search import SearchRequest
from tests.services.conftest import serving_a_shop
from tests.support.callers import as_caller
from tests.support.shops.shop import SHOP_UNTIL

NOW = SHOP_UNTIL + timedelta(hours=1)


def event(user: str | None, event_id: str = "order-1", **more: Any) -> NewEvent:
    plain = {"item_id": "tea-1", "event_type": "purchase", "value": 3.0, "time": SHOP_UNTIL}
    return NewEvent.model_validate({"event_id": event_id, "user_id": user, **plain, **more})


def take(shop: Shop, *events: NewEvent, token: str | None = None) -> EventsResponse:
    with as_caller(token):
        return shop.intake.take(events, NOW)


def take_back(shop: Shop, user: str, event_id: str = "order-1") -> bool:
    with as_caller(user):
        return shop.privacy.remove_event(RemoveEventRequest(user_id=user, event_id=event_id), NOW).removed


def stored(event_id: str = "order-1") -> list[tuple[str | None, str | None, bool]]:
    with session_scope() as session:
        events = session.scalars(select(Event).where(Event.event_id == event_id)).all()
        return sorted(((one.user_id, one.item_id, one.confirmed) for one in events), key=str)


def test_a_token_that_posts_and_takes_back_an_id_leaves_the_shops_event_of_that_id(shop: Shop) -> None:
    take(shop, event("mallory"), token="mallory")
    assert take(shop, event("ann")).added == 1
    assert take_back(shop, "mallory")
    assert take(shop, event("bob")).added == 1
    assert stored() == [("ann", "tea-1", True), ("bob", "tea-1", True)]
    build_features(SHOP_UNTIL - timedelta(days=1), SHOP_UNTIL + timedelta(days=1))
    take(shop, event("mallory", "order-2"), event("mallory", "order-3"))
    take_back(shop, "mallory", "order-2")
    log = read_view("events", SHOP_UNTIL.date(), SHOP_UNTIL.date() + timedelta(days=1))
    assert set(log.filter(log["event_id"] == "order-1")["user_id"]) == {"ann", "bob"}


def test_what_a_shopper_takes_back_leaves_the_log_of_nobody_else(shop: Shop) -> None:
    take(shop, event("ann"), event("bob"), event(None, session_id="visit"))
    build_features(SHOP_UNTIL - timedelta(days=1), SHOP_UNTIL + timedelta(days=1))
    assert take_back(shop, "ann")
    log = read_view("events", SHOP_UNTIL.date(), SHOP_UNTIL.date() + timedelta(days=1))
    assert log.filter(log["event_id"] == "order-1")["user_id"].to_list() == ["bob", None]
    assert (take(shop, event("ann")).added, stored()) == (0, [("bob", "tea-1", True), (None, "tea-1", True)])


def test_a_shopper_who_takes_back_a_claim_does_not_keep_out_the_shops_order(shop: Shop) -> None:
    take(shop, event("ann"), token="ann")
    assert take_back(shop, "ann")
    assert take(shop, event("ann"), token="ann").added == 0
    assert take(shop, event("ann")).added == 1
    assert take_back(shop, "ann"), "the shop's own word can be taken back as ever"
    assert (take(shop, event("ann")).added, stored()) == (0, [])


def test_the_shops_word_takes_the_place_of_a_claim(shop: Shop) -> None:
    take(shop, event("ann", value=0.01), token="ann")
    answer = take(shop, event("ann"))
    assert (answer.added, answer.duplicates, stored()) == (1, 0, [("ann", "tea-1", True)])
    with pytest.raises(Problem) as told:
        take(shop, event("ann", value=0.01), token="ann")
    assert told.value.status == 409
    assert take(shop, event("ann"), token="ann").duplicates == 1


@pytest.mark.parametrize("more", [{"item_id": "coffee-1"}, {"value": 4.0}, {"event_type": "view", "value": None}])
def test_another_event_under_an_id_is_refused_by_its_place_and_nothing_of_the_post_is_stored(
    shop: Shop, more: dict[str, Any]
) -> None:
    take(shop, event("ann"))
    with pytest.raises(Problem) as told:
        take(shop, event("new", "fresh"), event("ann", **more))
    assert (told.value.field, told.value.status) == ("events[1].event_id", 409)
    with pytest.raises(Problem):
        take(shop, event("new", "twice"), event("new", "twice", **more))
    assert (stored("fresh"), stored("twice")) == ([], [])
    with session_scope() as session:
        assert session.scalars(select(ProfileVersion).where(ProfileVersion.user_id == "new")).all() == []


def test_one_id_of_two_shoppers_is_two_events(shop: Shop) -> None:
    first, second = event("ann"), event("bob", item_id="coffee-1", event_type="view")
    assert (take(shop, first, second).added, take(shop, first, second).duplicates) == (2, 2)
    assert stored() == [("ann", "tea-1", True), ("bob", "coffee-1", True)]


def test_a_visit_that_signs_in_and_repeats_its_events_has_each_once(shop: Shop) -> None:
    take(shop, event(None, session_id="visit"))
    answer = take(shop, event("ann", "order-2", session_id="visit"))
    assert answer.added == 1
    assert take(shop, event("ann", session_id="visit")).duplicates == 1
    assert stored() == [("ann", "tea-1", True)]


def test_a_repeat_without_its_time_is_the_same_event(shop: Shop) -> None:
    plain = event("ann", time=None)
    with as_caller(None):
        assert shop.intake.take([plain], NOW).added == 1
        assert shop.intake.take([plain], NOW + timedelta(hours=5)).duplicates == 1


def test_a_search_under_the_id_of_another_is_told(shop: Shop) -> None:
    def search(query: str) -> None:
        shop.searcher.search(SearchRequest(query=query, user_id="ann", event_id="q-1"), NOW)

    shop.searcher.look()
    search("tea")
    with pytest.raises(Problem) as told:
        search("coffee")
    assert (told.value.field, told.value.status) == ("event_id", 409)


@pytest.mark.slow
def test_over_http_a_token_cannot_use_up_the_ids_of_the_shop(tmp_path_factory: pytest.TempPathFactory) -> None:
    with serving_a_shop(tmp_path_factory.mktemp("ids"), ZHIYIN_AUTH="required") as service:
        with service.database() as session:
            token = create_key(session, "shopper", datetime.now(UTC), "mallory")[0]
            server = create_key(session, "server", datetime.now(UTC))[0]

        def post(path: str, key: str, body: dict[str, Any]) -> httpx.Response:
            return httpx.post(service.url + path, json=body, headers={"Authorization": f"Bearer {key}"}, timeout=30)

        def buy(key: str, user: str, item: str = "tea-1") -> httpx.Response:
            order = {"event_id": "order-1", "user_id": user, "item_id": item, "event_type": "purchase", "value": 3}
            return post("/events", key, {"events": [order]})

        assert buy(token, "mallory").json()["added"] == 1
        assert buy(server, "ann").json()["added"] == 1
        assert post("/profile/remove_event", token, {"user_id": "mallory", "event_id": "order-1"}).json()["removed"]
        assert buy(server, "bob").json()["added"] == 1
        refused = buy(server, "bob", "coffee-1")
        assert (refused.status_code, refused.json()["error"]["field"]) == (409, "events[0].event_id")
        with service.database() as session:
            bought = select(Event.user_id, Event.confirmed).where(Event.event_id == "order-1")
            assert sorted(session.execute(bought)) == [("ann", True), ("bob", True)]
