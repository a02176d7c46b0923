"""Rows of orders that came back: negative pieces or money, or an order's own word for it."""

from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from recommender.importing.checking.returned_orders import SUFFIX, take_back

DAY, BACK = datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 5, 9, tzinfo=UTC)
SCHEMA: dict[str, Any] = {
    **dict.fromkeys(("event_id", "session_id", "event_type", "status"), pl.String),
    **dict.fromkeys(("value", "quantity"), pl.Float64),
    **dict.fromkeys(("time", "returned_at"), pl.Datetime("us", "UTC")),
}
SALE = {"event_id": "e", "event_type": "purchase", "value": 5.0, "quantity": 2.0, "time": DAY}


def taken(*rows: dict[str, object]) -> list[tuple[object, ...]]:
    frame = take_back(pl.DataFrame([dict.fromkeys(SCHEMA) | row for row in rows], schema=SCHEMA))
    assert "status" not in frame.columns
    return frame.select("event_type", "event_id", "value", "quantity", "time").rows()


@pytest.mark.parametrize("word", ["refunded", "Refunded", "REFUND"])
def test_a_purchase_that_its_order_calls_refunded_is_a_return_with_an_id_of_its_own(word: str) -> None:
    assert taken(SALE | {"status": word}) == [("return", f"e{SUFFIX}", 5.0, 2.0, DAY)]


def test_the_moment_it_came_back_is_the_return_s() -> None:
    assert taken(SALE | {"returned_at": BACK}) == [("return", f"e{SUFFIX}", 5.0, 2.0, BACK)]


@pytest.mark.parametrize("minus", [{"value": -5.0}, {"quantity": -2.0}, {"value": -5.0, "quantity": -2.0}])
def test_negative_pieces_or_money_are_a_return_of_as_much(minus: dict[str, float]) -> None:
    assert taken(SALE | minus) == [("return", "e", 5.0, 2.0, DAY)]


def test_what_is_paid_or_no_purchase_stays() -> None:
    assert taken(SALE | {"status": "paid"}, SALE | {"event_type": "view", "status": "refunded"}) == [
        ("purchase", "e", 5.0, 2.0, DAY),
        ("view", "e", 5.0, 2.0, DAY),
    ]
    assert taken() == []


def test_the_first_row_of_an_order_speaks_for_those_after_it() -> None:
    rows = [
        SALE | {"session_id": "o1", "status": "refunded"}, SALE | {"session_id": "o1", "event_id": "f"},
        SALE | {"session_id": "o2", "event_id": "g"}, SALE | {"event_id": "h"},
    ]  # fmt: skip
    assert [row[:2] for row in taken(*rows)] == [
        ("return", f"e{SUFFIX}"),
        ("return", f"f{SUFFIX}"),
        ("purchase", "g"),
        ("purchase", "h"),
    ]


def test_a_long_id_is_cut_so_that_its_return_s_fits() -> None:
    [(_, event_id, *_)] = taken(SALE | {"event_id": "x" * 200, "status": "refunded"})
    assert str(event_id).endswith(SUFFIX)
    assert len(str(event_id)) <= 128
