"""Lists are made first for who has just done something and looks at lists, then for the others."""

import time
from datetime import UTC, datetime

import pytest

from recommender.db.engine import writing
from services.container import Shop
from services.events.storage import Post, keep_posts
from services.recommend import precompute
from services.recommend.precompute import ListPrecomputer
from services.schemas.events import NewEvent


@pytest.fixture
def precomputer(module_shop: Shop) -> ListPrecomputer:
    return ListPrecomputer(module_shop.engine, module_shop.answers)


def test_only_who_looks_at_lists_is_made_one(precomputer: ListPrecomputer) -> None:
    precomputer.answers.traffic.note_request("looks")
    precomputer.enqueue(["looks", "only buys"])
    assert list(precomputer._fresh) == ["looks"]


def test_who_did_something_last_is_first_and_the_oldest_gives_way(
    precomputer: ListPrecomputer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(precompute, "MOST_FRESH", 2)
    for user in ("a", "b", "c"):
        precomputer.answers.traffic.note_request(user)
    precomputer._enqueue_later(["later", "last"])
    precomputer.enqueue(["a", "b", "a", "c"])
    assert [precomputer._next() for _ in range(5)] == ["c", "a", "later", "last", None]


def test_those_of_the_latest_events_come_first_when_a_worker_starts(precomputer: ListPrecomputer) -> None:
    now = datetime.now(UTC)
    for user in ("lately-1", "lately-2", "lately-1"):
        event = {"event_id": f"{user}-{time.monotonic_ns()}", "user_id": user, "item_id": "tea-1", "event_type": "view"}
        precomputer.answers.shoppers.controls.of(user)
        told = NewEvent.model_validate(event)

        with writing(precomputer.engine) as session:
            keep_posts(session, [Post([told], now, {})])
        now = datetime.now(UTC)
    found = precomputer._lately_active()
    assert found[:2] == ["lately-1", "lately-2"]
    assert len(found) == len(set(found)) > 10


def test_its_thread_makes_the_list_that_is_asked_for_next(module_shop: Shop, precomputer: ListPrecomputer) -> None:
    answers, user = module_shop.answers, "made before"
    event = {"event_id": "made", "user_id": user, "item_id": "tea-1", "event_type": "view"}
    module_shop.intake.take([NewEvent.model_validate(event)], datetime.now(UTC))
    answers.traffic.note_request(user)
    precomputer._begins = False
    precomputer.start()
    precomputer.enqueue([user])
    deadline = time.monotonic() + 10
    while user not in answers.lists.users():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    precomputer.stop()
    precomputer.renew()
    assert precomputer._next() == user, "who asked last, when all lists are to be made anew"
