"""A shopper's events as arrays: in order of time, cut at a moment, without what came back."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from recommender.data.history import TYPE_CODES, History
from recommender.db.tables import Event

START = datetime(2026, 3, 1, tzinfo=UTC)


def event(event_id: str, hour: float, kind: str = "view", item: str | None = "tea", **more: Any) -> Event:
    return Event(
        event_id=event_id, item_id=item, event_type=kind, time=START + timedelta(hours=hour),
        **({"value": None, "quantity": None} | more),
    )  # fmt: skip


def test_events_stand_in_order_of_time_and_of_their_ids() -> None:
    history = History.of([event("b", 2), event("c", 1, "purchase", value=3.5), event("a", 2, "search", None)])
    assert history.event_ids.tolist() == ["c", "a", "b"]
    assert history.item_ids.tolist() == ["tea", "", "tea"]
    assert history.event_types.tolist() == [TYPE_CODES[kind] for kind in ("purchase", "search", "view")]
    np.testing.assert_array_equal(history.values, np.array([3.5, np.nan, np.nan], dtype=np.float32))
    assert (history.times - int(START.timestamp())).tolist() == [3600, 7200, 7200]
    assert history.last_event_time == START + timedelta(hours=2)


def test_what_came_back_or_was_taken_out_is_not_in_it() -> None:
    bought = [event("a", 1, "purchase", value=2.0, quantity=1.0), event("b", 2, "purchase", "cup")]
    came_back = [*bought, event("r", 3, "return", quantity=1.0)]
    assert History.of(came_back).event_ids.tolist() == ["b"]
    carts = [event("a", 1, "cart"), event("r", 2, "removal"), event("b", 3, "cart")]
    assert History.of(carts).event_ids.tolist() == ["b"]


def test_nothing_is_a_history_too() -> None:
    empty = History.of([])
    assert (len(empty), empty.last_event_time, len(empty.latest()), len(empty.until(START))) == (0, None, 0, 0)


def test_a_moment_is_not_before_itself() -> None:
    history = History.of([event(str(hour), hour) for hour in range(4)])
    assert history.until(START + timedelta(hours=2)).event_ids.tolist() == ["0", "1"]
    assert history.until(START).event_ids.tolist() == []
    assert len(history.until(START + timedelta(days=9))) == 4


def test_the_latest_are_the_last_ones() -> None:
    history = History.of([event(str(hour), hour) for hour in range(4)])
    assert history.latest(2).event_ids.tolist() == ["2", "3"]
    assert history.latest(0).event_ids.tolist() == []
    assert history.latest(99).event_ids.tolist() == ["0", "1", "2", "3"]
    assert history.take(np.array([True, False, False, True])).event_ids.tolist() == ["0", "3"]
