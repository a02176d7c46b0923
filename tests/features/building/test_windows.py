"""Counts and moments of windows, by hand."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import polars as pl

from features.building.daily_totals import LOGS, MONEY
from features.building.windows import make_timeline, windows_at
from features.partitions import ACTIONS

DAY_US = 86_400_000_000


def sums(*days: tuple[int, int, dict[str, int]]) -> pl.DataFrame:
    """A row for each state and day; `purchases` come with the moment of the day's noon."""
    rows: list[dict[str, Any]] = []
    for state, day, counts in days:
        noon = day * DAY_US + DAY_US // 2
        plain = dict.fromkeys((*ACTIONS.values(), "spend", "priced", "log_price"), 0)
        bought = noon if counts.get("purchases") else None
        rows.append({"state": state, "day": day, **plain, **counts, "last_event": noon, "last_purchase": bought})
    return pl.DataFrame(rows, schema_overrides={"last_purchase": pl.Int64})


LINE = make_timeline(
    sums(
        (0, 100, {"purchases": 2, "spend": 3 * MONEY, "priced": 2, "log_price": 4 * LOGS}),
        (0, 105, {"views": 4}),
        (1, 105, {"purchases": 1, "spend": MONEY}),
    )
)


def at(state: int, day: int) -> dict[str, Any]:
    return windows_at(LINE, np.array([state]), np.array([day])).row(0, named=True)


def moment(day: float) -> datetime:
    return datetime.fromtimestamp(day * 86_400, UTC)


def test_a_window_ends_with_its_day_and_begins_so_many_days_before() -> None:
    found = at(0, 105)
    assert [found[f"purchases_{days}d"] for days in (1, 7, 30, 180)] == [0, 2, 2, 2]
    assert [found[f"views_{days}d"] for days in (1, 7)] == [4, 4]
    assert [at(0, day)["purchases_7d"] for day in (99, 100, 106, 107)] == [0, 2, 2, 0]


def test_money_is_whole_again_and_the_price_level_a_mean() -> None:
    found = at(0, 100)
    assert (found["spend_7d"], found["price_level"]) == (3.0, 2.0)
    assert at(1, 105)["price_level"] is None


def test_moments_are_the_last_of_the_half_year() -> None:
    found = at(0, 105)
    assert (found["last_active_time"], found["last_purchase_time"]) == (moment(105.5), moment(100.5))
    later = at(0, 105 + 179)
    assert (later["last_active_time"], later["last_purchase_time"]) == (moment(105.5), None)


def test_before_the_first_day_nothing_is_known() -> None:
    assert at(0, 99)["last_active_time"] is None
    assert at(1, 104)["last_active_time"] is None, "and nothing of the shopper whose days come before"


def test_a_log_without_days_answers_with_nothing() -> None:
    empty = make_timeline(sums((0, 1, {})).clear())
    found = windows_at(empty, np.array([0]), np.array([5])).row(0, named=True)
    assert (found["purchases_180d"], found["last_active_time"]) == (0, None)
