"""Ranked lists kept ready: the same answer as a fresh one, never an old one, within their memory."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update
from starlette.requests import Request
from starlette.responses import Response
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from recommender.db.engine import session_scope
from recommender.db.tables import Item
from recommender.settings import Settings
from services.container import Shop
from services.explain.sentence_requests import Key
from services.fast_path import FastPath, Ready
from services.recommend.list_cache import Filters, ListKey, Lists, Place, Ranked, hour_of
from services.recommend.precompute import ListPrecomputer
from services.recommend.scenarios import Scenarios
from services.schemas.events import NewEvent
from services.schemas.recommend import RecommendRequest, RecommendResponse
from tests.support.shops.trained import install_shop


@pytest.fixture
def refreshed(backend: Settings) -> Shop:
    """A shop whose shopper u0 has a profile in the online store, on both backends."""
    install_shop(backend)
    shop = Shop(backend)
    shop.watcher.look()
    buy(shop, "first", "tea-1")
    return shop


def buy(shop: Shop, event_id: str, item_id: str, user_id: str = "u0") -> None:
    event = NewEvent(event_id=event_id, user_id=user_id, item_id=item_id, event_type="purchase", value=3)
    shop.intake.take([event], datetime.now(UTC))


def ask(shop: Shop, **question: object) -> RecommendResponse:
    return shop.answers.recommend(RecommendRequest.model_validate({"user_id": "u0", **question}), datetime.now(UTC))


def at_once(shop: Shop, **question: object) -> RecommendResponse | None:
    asked = RecommendRequest.model_validate({"user_id": "u0", **question})
    mark = shop.answers.shoppers.mark(asked.user_id) if asked.user_id else None
    found = shop.answers.at_once(asked, mark, datetime.now(UTC))
    return RecommendResponse.model_validate_json(found) if found is not None else None


def same(one: RecommendResponse | None, other: RecommendResponse) -> bool:
    return one is not None and one.model_dump(exclude={"recommendation_id"}) == other.model_dump(
        exclude={"recommendation_id"}
    )


def test_what_is_ready_is_what_would_be_made(refreshed: Shop) -> None:
    shop = refreshed
    questions: list[dict[str, object]] = [
        {},
        {"language": "zh"},
        {"categories": ["Tea"]},
        {"price_max": 5},
        {"brands": ["Heron"]},
        {"user_id": None},
    ]
    for question in questions:
        assert at_once(shop, **question) is None, question
        made = ask(shop, **question)
        assert same(at_once(shop, **question), made), question
        assert same(ask(shop, **question), made)
    short = at_once(shop, n=3)
    assert short is not None
    assert short.items == ask(shop).items[:3]


def test_an_event_is_in_the_next_answer_though_a_list_was_ready(refreshed: Shop) -> None:
    shop = refreshed
    before = ask(shop)
    assert same(at_once(shop), before)
    buy(shop, "second", "baby-2")
    assert at_once(shop) is None
    after = ask(shop)
    assert (before.profile_version, after.profile_version) == (1, 2)
    assert [one.item_id for one in after.items] != [one.item_id for one in before.items]


def test_new_sentences_leave_no_moment_without_a_list(refreshed: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = refreshed
    before, other = ask(shop), ask(shop, language="zh")
    assert same(at_once(shop, language="zh"), other)
    page, ready_meanwhile = Scenarios.page, []

    def watched(*args: object) -> object:
        ready_meanwhile.append(same(at_once(shop), before))
        return page(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(Scenarios, "page", watched)
    shop.answers.sentences_came(Key("u0", 1, "en"))
    assert ready_meanwhile == [True]
    assert same(at_once(shop), before)  # anew, as nothing new was written
    assert at_once(shop, language="zh") is None


def test_what_is_excluded_leaves_the_list_or_has_one_made_without_it(refreshed: Shop) -> None:
    shop = refreshed
    first = [one.item_id for one in ask(shop, n=10).items]
    ready = at_once(shop, n=10, exclude=first[:3])
    assert ready is not None
    assert [one.item_id for one in ready.items][:7] == first[3:]
    everything = [one.item_id for one in ask(shop, n=24).items]
    assert at_once(shop, n=10, exclude=everything) is None
    others = ask(shop, n=10, exclude=everything)
    assert len(others.items) == 10
    assert not {one.item_id for one in others.items} & set(everything)


def test_prices_titles_and_hidden_items_are_today_s(refreshed: Shop) -> None:
    shop = refreshed
    shop.watcher._stock.last = datetime.now(UTC) + timedelta(days=1)  # the model's catalogue rests
    first, second = (one.item_id for one in ask(shop, n=2).items)
    change(first, price=123.0)
    change(second, hidden=True)
    shop.watcher.look()
    ready = at_once(shop, n=5)
    assert ready is not None
    assert (ready.items[0].item_id, ready.items[0].price) == (first, 123.0)
    assert second not in {one.item_id for one in ready.items}
    change(first, title="Another tea")
    shop.watcher.look()
    assert at_once(shop) is None  # a reason might have named it
    assert ask(shop).items[0].title == "Another tea"


def test_an_item_that_may_be_shown_again_comes_back(refreshed: Shop) -> None:
    shop = refreshed
    first = ask(shop, n=1).items[0].item_id
    change(first, hidden=True)
    look_past_the_rest(shop)
    assert first not in {one.item_id for one in ask(shop).items}
    assert at_once(shop) is not None
    change(first, hidden=False)
    look_past_the_rest(shop)
    assert at_once(shop) is None
    assert ask(shop).items[0].item_id == first


def look_past_the_rest(shop: Shop) -> None:
    shop.watcher._stock.last = None
    shop.watcher.look()


def change(item_id: str, **values: object) -> None:
    with session_scope() as session:
        theirs = update(Item).where(Item.item_id == item_id)
        session.execute(theirs.values(updated_at=datetime.now(UTC), **values))


def test_lists_are_made_ahead_after_an_event_and_at_the_start(embedded_shop: Shop) -> None:
    shop = embedded_shop
    buy(shop, "before the start", "tea-2", "u1")
    ask(shop)
    shop.list_precomputer.start()
    buy(shop, "after it", "tea-1")
    deadline = datetime.now(UTC) + timedelta(seconds=20)
    while at_once(shop) is None or at_once(shop, user_id="u1") is None:
        assert datetime.now(UTC) < deadline
    shop.list_precomputer.stop()
    shop.list_precomputer.enqueue(["u0", "who never asked"])
    assert list(shop.list_precomputer._fresh) == ["u0"]
    assert ListPrecomputer(shop.engine, shop.answers)._lately_active()[:2] == ["u0", "u1"]


def test_the_quick_way_answers_what_it_can_read_and_passes_on_the_rest(embedded_shop: Shop) -> None:
    shop, ready = embedded_shop, Ready()
    buy(shop, "first", "tea-1")
    passed: list[bytes] = []

    async def endpoint(scope: Scope, receive: Receive, send: Send) -> None:
        passed.append(await Request(scope, receive).body())
        await Response("passed on")(scope, receive, send)

    client = TestClient(FastPath(endpoint, ready, threads=2, seconds=20))
    asked = {"user_id": "u0", "n": 3}
    assert client.post("/recommend", json=asked).text == "passed on"  # before the service runs
    ready.open(shop.answers, shop.intake)
    for _ in range(2):  # made, then ready
        answer = client.post("/recommend", json=asked)
        assert same(RecommendResponse.model_validate_json(answer.content), ask(shop, n=3))
    for path, body in (("/recommend", b"{"), ("/recommend", b'{"n": 0}'), ("/events", b'{"events": []}')):
        passed.clear()
        assert client.post(path, content=body).text == "passed on"
        assert passed == [body]
    assert client.post("/profile", json=asked).text == "passed on"
    chunks = (b"{" * 10_000 for _ in range(30))
    json_type = {"content-type": "application/json"}
    assert client.post("/recommend", content=chunks, headers=json_type).status_code == 413


def test_the_quick_way_tells_of_problems_failures_and_delays(
    embedded_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop, ready = embedded_shop, Ready()
    ready.open(shop.answers, shop.intake)
    client = TestClient(FastPath(Response("passed on"), ready, threads=2, seconds=1.0))
    event = {"event_id": "quick", "user_id": "u0", "item_id": "tea-1", "event_type": "view"}
    assert [client.post("/events", json={"events": [event]}).json()["added"] for _ in range(2)] == [1, 0]
    refused = client.post("/events", json={"events": [event, {**event, "item_id": "none"}]})
    assert (refused.status_code, refused.json()["error"]["field"]) == (422, "events[1].item_id")
    monkeypatch.setattr(Scenarios, "page", lambda *_: 1 / 0)
    broken = client.post("/recommend", json={"scenario": "buy_again"})
    assert (broken.status_code, broken.json()["error"]["field"]) == (500, "body")
    monkeypatch.setattr(Scenarios, "page", lambda *_: time.sleep(3))
    assert client.post("/recommend", json={"scenario": "buy_again"}).status_code == 504


def key(user_id: str) -> ListKey:
    return ListKey(user_id, None, "m", 0, 0, "en", Filters())


def ranked(size: int) -> Ranked:
    return Ranked((Place("item", b"x" * size, b""),), whole=True)


def test_memory_is_bounded_and_the_least_used_leaves() -> None:
    lists = Lists(limit_bytes=10_000)
    for place in range(20):
        lists.put(key(str(place)), ranked(1_000))
        assert lists.get(key("0")) is not None
        assert lists.size <= 10_000
    assert lists.get(key("1")) is None
    lists.put(key(""), ranked(1))  # nobody's: there is nobody to make it for again
    assert lists.latest_users(2) == ["0", "19"]
    assert "" not in lists.users()
    lists.put(key("0"), ranked(2_000))
    lists.forget("0")
    assert lists.get(key("0")) is None
    assert lists.size == sum(one.size for one in lists._kept.values())
    lists.put(key("too much"), ranked(20_000))
    assert (lists.size, lists.latest_users(9)) == (0, [])


def test_one_list_is_made_once_however_many_ask() -> None:
    lists, made, begun, go = Lists(10_000), [], threading.Event(), threading.Event()

    def make() -> Ranked:
        made.append(1)
        begun.set()
        go.wait(10)
        return ranked(1)

    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(lists.once, key("u"), make)
        begun.wait(10)
        others = [pool.submit(lists.once, key("u"), make) for _ in range(3)]
        go.set()
        assert {id(one.result(10)) for one in others} == {id(first.result(10))}
    assert len(made) == 1

    def fail() -> Ranked:
        raise ValueError("no list")

    for _ in range(2):
        with pytest.raises(ValueError, match="no list"):
            lists.once(key("v"), fail)


def test_hours_begin_at_another_moment_for_each_shopper() -> None:
    turns = {user: next(at for at in range(3600) if hour_of(user, at) != hour_of(user, at + 1)) for user in "abc"}
    assert len(set(turns.values())) == 3
