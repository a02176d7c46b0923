"""Posts that arrive together: one round for all who wait, and none spoils it for the others."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from features.online import read_profile
from recommender.db.engine import session_scope
from recommender.db.tables import Event
from services.container import Shop
from services.core.errors import Problem
from services.events.batching import Rounds
from services.schemas.events import EventsResponse, NewEvent
from services.schemas.privacy import ShopperRequest
from tests.support.shops.shop import SHOP_UNTIL

NOW = SHOP_UNTIL


def test_who_comes_during_a_round_is_answered_in_the_next_together() -> None:
    began, go_on = threading.Event(), threading.Event()
    sizes = []

    def work(questions: Sequence[int]) -> list[int | Exception]:
        sizes.append(len(questions))
        began.set()
        assert go_on.wait(10)
        return [ValueError(f"no {one}") if one == 3 else one * 2 for one in questions]

    rounds = Rounds(work)
    with ThreadPoolExecutor(6) as threads:
        first = threads.submit(rounds.ask, 0)
        assert began.wait(10)
        later = [threads.submit(rounds.ask, one) for one in range(1, 5)]
        while len(rounds._waiting) < 4:
            threading.Event().wait(0.01)
        go_on.set()
        assert first.result(10) == 0
        assert [later[place].result(10) for place in (0, 1, 3)] == [2, 4, 8]
        with pytest.raises(ValueError, match="no 3"):
            later[2].result(10)
    assert sizes == [1, 4]


def test_a_round_that_fails_is_gone_through_one_by_one() -> None:
    gate = threading.Barrier(4)

    def work(questions: Sequence[int]) -> list[int | Exception]:
        if 2 in questions:
            raise RuntimeError("two")
        return list(questions)

    rounds = Rounds(work)

    def ask(one: int) -> int:
        gate.wait(10)
        return rounds.ask(one)

    with ThreadPoolExecutor(4) as threads:
        asked = [threads.submit(ask, one) for one in range(4)]
        assert [asked[one].result(10) for one in (0, 1, 3)] == [0, 1, 3]
        with pytest.raises(RuntimeError, match="two"):
            asked[2].result(10)


def test_events_that_arrive_together_are_each_kept_once_and_an_erased_shopper_holds_up_nobody(shop: Shop) -> None:
    def event(user: str, event_id: str) -> list[NewEvent]:
        return [NewEvent(event_id=event_id, user_id=user, item_id="coffee-1", event_type="view", time=NOW)]

    shop.intake.take(event("gone", "before"), NOW)
    shop.privacy.erase(ShopperRequest(user_id="gone"), NOW)
    posts = [event(f"u{number}", f"together-{number}") for number in range(8)]
    posts += [event("u1", "together-1"), event("gone", "together-gone"), event("u2", "together-again")]
    gate = threading.Barrier(len(posts))

    def post(events: list[NewEvent]) -> EventsResponse | Problem:
        gate.wait(10)
        try:
            return shop.intake.take(events, NOW)
        except Problem as problem:
            return problem

    with ThreadPoolExecutor(len(posts)) as threads:
        answers = list(threads.map(post, posts))
    told = [answer for answer in answers if isinstance(answer, EventsResponse)]
    assert [answer.status for answer in answers if isinstance(answer, Problem)] == [410]
    assert len(told) == len(posts) - 1
    assert sum(answer.added for answer in told) == 9
    assert sum(answer.duplicates for answer in told) == 1
    with session_scope(shop.engine) as session:
        kept = session.query(Event.event_id).filter(Event.event_id.like("together-%")).all()
    assert len(kept) == 9
    for number in range(8):
        profile = read_profile(f"u{number}")
        assert profile is not None
        assert f"together-{number}" in profile.history.event_ids.tolist()
        newest = max(one.profile_version for answer in told for one in answer.profiles if one.user_id == f"u{number}")
        assert profile.version == newest
