"""Up to a thousand events of a shop's server in one call: each is judged by itself."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, select

from recommender.auth.keys import Caller
from recommender.db.engine import session_scope
from recommender.db.tables import Event
from services.container import Shop
from services.core.errors import Problem
from services.events.bulk import BulkIntake
from services.http.api_keys import now_asks
from services.schemas.privacy import ShopperRequest
from tests.services.conftest import Served

NOW = datetime(2026, 5, 2, tzinfo=UTC)


def event(event_id: str, **said: Any) -> dict[str, Any]:
    return {"event_id": event_id, "user_id": "bulk-1", "item_id": "tea-1", "event_type": "purchase", **said}


def test_each_event_is_judged_by_itself(served: Served) -> None:
    rows: list[Any] = [
        event("b-0"),
        event("b-1", item_id="none"),
        event("b-0"),
        event("b-0", item_id="tea-2"),
        event("b-2", event_type="eat"),
        event("b-3", user_id=None),
        "nothing",
        event("b-4", event_type="rating", value=9),
        event("b-5", time="2999-01-01T00:00:00Z"),
        event("b-6", user_id=None, session_id="bulk-visit", event_type="view"),
    ]
    answer = served.post("/events", events=rows, bulk=True)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["added"], told["duplicates"], told["rejected"]) == (2, 1, 7)
    assert [(row["outcome"], row["field"]) for row in told["results"]] == [
        ("added", None),
        ("rejected", "item_id"),
        ("duplicate", None),
        ("rejected", "event_id"),
        ("rejected", "event_type"),
        ("rejected", "user_id"),
        ("rejected", "*"),
        ("rejected", "value"),
        ("rejected", "time"),
        ("added", None),
    ]
    assert [row["index"] for row in told["results"]] == list(range(10))
    assert all(row["message"] and row["remedy"] for row in told["results"] if row["outcome"] == "rejected")
    assert told["profiles"] == [{"user_id": "bulk-1", "profile_version": 1}]
    assert served.post("/recommend", user_id="bulk-1").json()["profile_version"] == 1
    assert served.post("/events", events=rows[:3], bulk=True).json()["duplicates"] == 2


def test_a_thousand_events_in_one_call(served: Served) -> None:
    rows = [event(f"many-{n}", user_id=f"many-{n % 300}", item_id=f"tea-{n % 10}") for n in range(1_000)]
    told = served.post("/events", events=rows).json()  # more than ten are bulk
    assert (told["added"], told["rejected"], len(told["results"]), len(told["profiles"])) == (1_000, 0, 1_000, 300)
    again = served.post("/events", events=rows).json()
    assert (again["added"], again["duplicates"]) == (0, 1_000)
    assert served.post("/profile", user_id="many-7").status_code == 200
    refused = served.post("/events", events=[*rows, rows[0]])
    assert (refused.status_code, refused.json()["error"]["field"]) == (400, "events")
    few = served.post("/events", events=rows[:3]).json()  # up to ten are as they were
    assert (few["duplicates"], few["results"]) == (3, [])


def test_a_shopper_s_token_tells_ten_at_most(shop: Shop) -> None:
    now_asks(Caller("a", "shopper", "bulk-1"))
    try:
        with pytest.raises(Problem, match="up to 10 events"):
            BulkIntake(shop.intake).take([event("t-1")], NOW)
    finally:
        now_asks(Caller("a", "operator"))


def test_an_erased_shopper_s_event_spoils_no_other(shop: Shop) -> None:
    BulkIntake(shop.intake).take([event("e-1", user_id="gone")], NOW)
    shop.privacy.erase(ShopperRequest(user_id="gone"), NOW)
    told = BulkIntake(shop.intake).take([event("e-2", user_id="gone"), event("e-3"), event("e-4")], NOW)
    assert [(row.outcome, row.field) for row in told.results] == [
        ("rejected", "user_id"),
        ("added", None),
        ("added", None),
    ]
    with session_scope() as session:
        assert session.scalar(select(func.count()).where(Event.user_id == "bulk-1")) == 2


def test_a_database_that_is_away_is_told_and_sending_again_is_harmless(shop: Shop) -> None:
    breaker = shop.answers.shoppers.database
    breaker._closed_until = float("inf")
    with pytest.raises(Problem) as told:
        BulkIntake(shop.intake).take([event("a-1")], NOW)
    assert told.value.status == 503
    breaker._closed_until = 0.0
    assert BulkIntake(shop.intake).take([event("a-1")], NOW).added == 1
