"""What `/events` takes: kinds, figures and times within their limits, each fault told by its place."""

from typing import Any, get_args

import pytest

from recommender.db.tables import STORED_TYPES
from services.schemas.events import MAX_BULK_EVENTS, MAX_EVENTS, BulkEventsRequest, EventsRequest, EventType
from tests.support.refusals import refusal, refused_field

VIEW = {"event_id": "e", "user_id": "u", "item_id": "tea-1", "event_type": "view"}


def one(**changes: Any) -> dict[str, Any]:
    return {"events": [VIEW, VIEW | changes]}


def test_event_types_are_the_table_s() -> None:
    assert get_args(EventType) == (*STORED_TYPES, "refund")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"event_type": "stolen"}, "event_type"),
        ({"event_id": ""}, "event_id"),
        ({"value": float("nan")}, "value"),
        ({"value": 2e9}, "value"),
        ({"quantity": "many"}, "quantity"),
        ({"quantity": float("inf")}, "quantity"),
        ({"text": "nul \x00"}, "text"),
        ({"text": "x" * 5001}, "text"),
        ({"time": "2026-01-31T12:00:00"}, "time"),
        ({"time": "yesterday"}, "time"),
        ({"recommendation_id": "a\nb"}, "recommendation_id"),
        ({"price": 3}, "price"),
    ],
)
def test_a_fault_is_told_by_the_event_s_place(changes: dict[str, Any], field: str) -> None:
    assert refused_field(EventsRequest, one(**changes)) == f"events[1].{field}"


def test_a_time_without_its_zone_is_told_what_to_write() -> None:
    assert "2026-03-01T12:00:00Z" in refusal(EventsRequest, one(time="2026-01-31T12:00:00")).remedy


@pytest.mark.parametrize(("count", "remedy"), [(0, "Send at least one."), (MAX_EVENTS + 1, "Send fewer of them.")])
def test_none_and_too_many_are_refused(count: int, remedy: str) -> None:
    problem = refusal(EventsRequest, {"events": [VIEW] * count})
    assert (problem.field, problem.remedy) == ("events", remedy)


@pytest.mark.parametrize(
    ("said", "bulk"),
    [
        ({"events": [VIEW]}, False),
        ({"events": [VIEW] * MAX_EVENTS}, False),
        ({"events": [VIEW] * (MAX_EVENTS + 1)}, True),
        ({"events": [VIEW], "bulk": True}, True),
        ({"events": ["no event at all"], "bulk": True}, True),
    ],
)
def test_a_bulk_is_what_says_so_or_is_longer_than_a_few(said: dict[str, Any], bulk: bool) -> None:
    assert BulkEventsRequest.model_validate(said).is_meant is bulk


def test_a_bulk_is_bounded_and_never_denied() -> None:
    assert refused_field(BulkEventsRequest, {"events": [VIEW] * (MAX_BULK_EVENTS + 1)}) == "events"
    assert refused_field(BulkEventsRequest, {"events": [VIEW], "bulk": False}) == "bulk"
