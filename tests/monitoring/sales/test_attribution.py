"""Which impression an outcome is due to."""

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from monitoring.sales.attribution import VISIT, Columns, attribute

START = datetime(2026, 3, 2, tzinfo=UTC)
TIME = pl.Datetime("us", "UTC")
SHOWN: Columns = {
    "impression": pl.UInt32,
    "recommendation_id": pl.String,
    "unit": pl.String,
    "item_id": pl.String,
    "time": TIME,
}
OUTCOMES: Columns = {
    "unit": pl.String,
    "item_id": pl.String,
    "kind": pl.String,
    "money": pl.Float64,
    "recommendation_id": pl.String,
    "time": TIME,
}


def at(days: float) -> datetime:
    return START + timedelta(days=days)


def shown(*rows: tuple[str, str, str, float]) -> pl.DataFrame:
    """Answer, unit, item and day of each impression, numbered in this order."""
    found = [(number, answer, unit, item, at(day)) for number, (answer, unit, item, day) in enumerate(rows)]
    return pl.DataFrame(found, schema=SHOWN, orient="row")


def due(impressions: pl.DataFrame, unit: str, item: str, day: float, answer: str | None = None) -> list[Any]:
    """Number of the impression and whether it was named, for one view of an item."""
    outcomes = pl.DataFrame([(unit, item, "clicked", 0.0, answer, at(day))], schema=OUTCOMES, orient="row")
    return attribute(impressions, outcomes, days=7).select("impression", "named").rows()


def test_an_outcome_is_due_to_the_answer_that_it_names() -> None:
    impressions = shown(("r0", "u", "a", 0), ("r1", "u", "a", 1))
    assert due(impressions, "u", "a", 2, "r0") == [(0, True)]
    assert due(impressions, "u", "a", 30, "r0") == [(0, True)], "however long ago"


def test_without_a_name_it_is_due_to_the_last_that_showed_the_item() -> None:
    impressions = shown(("r0", "u", "a", 0), ("r1", "u", "a", 1), ("r2", "u", "b", 1.5), ("r3", "v", "a", 1.7))
    assert due(impressions, "u", "a", 2) == [(1, False)]
    assert due(impressions, "u", "a", 0.5) == [(0, False)]


def test_what_was_shown_too_long_ago_or_later_or_to_others_is_no_cause() -> None:
    impressions = shown(("r0", "u", "a", 0))
    assert due(impressions, "u", "a", 8) == []
    assert due(impressions, "u", "a", -1) == []
    assert due(impressions, "v", "a", 1) == []
    assert due(impressions, "u", "b", 1) == []


def test_a_named_answer_of_another_shopper_counts_only_where_it_was_given_to_a_visit() -> None:
    assert due(shown(("r0", "v", "a", 0)), "u", "a", 1, "r0") == []
    assert due(shown(("r0", f"{VISIT}s", "a", 0)), "u", "a", 1, "r0") == [(0, True)]


def test_a_named_answer_that_did_not_show_the_item_leaves_it_to_the_last_that_did() -> None:
    impressions = shown(("r0", "u", "b", 0), ("r1", "u", "a", 1))
    assert due(impressions, "u", "a", 2, "r0") == [(1, False)]
