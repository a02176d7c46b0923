"""Equal rows of one purchase are its pieces."""

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from recommender.importing.checking.sales_pieces import count_pieces

DAY = datetime(2026, 5, 1, tzinfo=UTC)
SCHEMA: dict[str, Any] = {
    **dict.fromkeys(("user_id", "session_id", "event_id"), pl.String),
    **dict.fromkeys(("value", "quantity"), pl.Float64),
    "time": pl.Datetime("us", "UTC"),
}


def counted(*rows: tuple[str, str, float | None, int]) -> tuple[list[tuple[object, ...]], list[str]]:
    """Of (shopper, event, price, day)."""
    frame = pl.DataFrame(
        [
            {"user_id": user, "event_id": event, "value": value, "time": DAY + timedelta(days=day)}
            for user, event, value, day in rows
        ],
        schema=SCHEMA,
    )
    events, notices = count_pieces(frame)
    assert events.columns == frame.columns
    return events.select("event_id", "quantity", "value").rows(), list(map(str, notices))


def test_pieces_are_counted_and_their_prices_added_up() -> None:
    events, notices = counted(("a", "x", 2.0, 0), ("a", "y", 3.0, 0), ("a", "x", 2.0, 0), ("a", "x", 2.0, 0))
    assert events == [("x", 3.0, 6.0), ("y", None, 3.0)]
    assert notices == ["2 rows repeat a purchase and were taken as further pieces of it"]


def test_another_deal_s_rows_are_no_pieces() -> None:
    rows = ("a", "x", 2.0, 0), ("a", "x", 2.0, 1), ("b", "x", 2.0, 1), ("a", "x", 2.0, 0)
    events, notices = counted(*rows)
    assert events == [("x", None, 2.0)] * 4
    assert notices == []


def test_a_piece_without_a_price_has_no_sum() -> None:
    assert counted(("a", "x", None, 0), ("a", "x", None, 0))[0] == [("x", 2.0, None)]
    assert counted() == ([], [])
