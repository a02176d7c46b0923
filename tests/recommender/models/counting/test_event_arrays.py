"""A frame of events as arrays: order, who and what is left out, missing values, empty frames."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from recommender.data.event_weights import PURCHASE, RATING, VIEW
from recommender.models.counting.event_arrays import LOG_COLUMNS, as_arrays
from tests.support.shops.shop import shop_catalogue

START = datetime(2026, 3, 1, tzinfo=UTC)
CATALOGUE = shop_catalogue()


def row(
    event_id: str, user: str | None, item: str | None, kind: str = "view", hour: int = 0, **more: Any
) -> dict[str, Any]:
    plain = {"event_id": event_id, "user_id": user, "item_id": item, "event_type": kind, "value": None}
    return plain | {"time": START + timedelta(hours=hour)} | more


def test_events_stand_by_shopper_time_and_id() -> None:
    frame = pl.DataFrame([
        row("c", "bob", "tea-1", "purchase", 1, value=4.5),
        row("b", "bob", "tea-2", hour=1),
        row("z", "ann", "tea-3", "rating", 5, value=2.0),
        row("a", "bob", "tea-1", hour=0),
    ])  # fmt: skip
    shoppers, events, ids = as_arrays(frame, CATALOGUE)
    assert shoppers == ["ann", "bob"]
    assert ids.tolist() == ["z", "a", "b", "c"]
    assert events.users.tolist() == [0, 1, 1, 1]
    assert [str(CATALOGUE.ids[item]) for item in events.items] == ["tea-3", "tea-1", "tea-2", "tea-1"]
    assert events.event_types.tolist() == [RATING, VIEW, VIEW, PURCHASE]
    np.testing.assert_array_equal(events.values, np.array([2.0, np.nan, np.nan, 4.5], dtype=np.float32))
    assert (events.times - int(START.timestamp())).tolist() == [5 * 3600, 0, 3600, 3600]
    assert [getattr(events, name).dtype for name in events.__slots__] == [
        np.int32,
        np.int32,
        np.int8,
        np.float32,
        np.int64,
    ]


def test_events_of_nobody_and_of_unknown_items_are_left_out() -> None:
    frame = pl.DataFrame([
        row("1", None, "tea-1"), row("2", "ann", None, "search"), row("3", "ann", "gone"), row("4", "bob", "tea-1"),
    ])  # fmt: skip
    shoppers, events, ids = as_arrays(frame, CATALOGUE)
    assert (shoppers, ids.tolist(), len(events)) == (["bob"], ["4"], 1)


def test_a_frame_without_rows_gives_arrays_without_any() -> None:
    empty = pl.DataFrame(schema={name: pl.Null for name in LOG_COLUMNS} | {"time": pl.Datetime("us", "UTC")})
    shoppers, events, ids = as_arrays(empty, CATALOGUE)
    assert (shoppers, len(events), len(ids)) == ([], 0, 0)
    assert events.items.dtype == np.int32


def test_an_event_type_that_is_none_is_refused() -> None:
    with pytest.raises(pl.exceptions.InvalidOperationError):
        as_arrays(pl.DataFrame([row("1", "ann", "tea-1", "dance")]), CATALOGUE)


def test_parts_are_taken_by_marks_places_and_time() -> None:
    frame = pl.DataFrame([row(str(hour), "ann", f"tea-{hour}", hour=hour) for hour in range(4)])
    events = as_arrays(frame, CATALOGUE)[1]
    start = int(START.timestamp())
    assert len(events.before(start)) == 0
    assert events.before(start + 3600).times.tolist() == [start], "the moment itself is not before it"
    assert events.take(np.array([3, 0])).times.tolist() == [start + 3 * 3600, start]
    assert len(events.take(np.array([True, False, True, False]))) == 2
