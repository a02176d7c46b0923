"""A feed that stops saying prices, or says others, is seen in the first week; ordinary weeks and sales are not."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from monitoring.compared_days import Stretches
from monitoring.feed import describe_feed, judge_feed

WEEK = timedelta(days=7)
END = datetime(2026, 5, 1, tzinfo=UTC)
STRETCHES = Stretches(END - WEEK, END, tuple(END - weeks * WEEK for weeks in (1, 2, 3, 4)), 5 * WEEK)


def purchases(current_times: float = 1.0, silent: float = 0.0, a_week: int = 200) -> pl.DataFrame:
    """Five weeks of purchases at prices that wander by a tenth; the last week's are multiplied, some without price."""
    rng = np.random.default_rng(3)
    rows = []
    for week in range(5):
        for _ in range(a_week):
            item, pieces = int(rng.integers(0, 20)), float(rng.integers(1, 4))
            price = (2 + item) * float(rng.uniform(0.9, 1.1)) * (current_times if week == 0 else 1.0)
            said = None if week == 0 and rng.random() < silent else price * pieces
            moment = END - week * WEEK - timedelta(hours=float(rng.uniform(1, 167)))
            rows.append((moment, "purchase", f"i{item}", said, pieces))
    names = ["time", "event_type", "item_id", "value", "quantity"]
    return pl.DataFrame(rows, schema=names, orient="row").sort("time")


@pytest.mark.parametrize("times", [0.9, 1.0, 1.15])
def test_ordinary_prices_and_a_small_sale_are_no_drift(times: float) -> None:
    feed = judge_feed(purchases(times), STRETCHES)
    assert not feed["drifted"]
    assert feed["price_ratio"] == pytest.approx(times, rel=0.05)
    assert feed["unpriced"] == 0


@pytest.mark.parametrize("times", [0.6, 1.5])
def test_prices_that_jump_are_seen(times: float) -> None:
    feed = judge_feed(purchases(times), STRETCHES)
    assert feed["drifted"]
    assert f"cost {feed['price_ratio']:.2f} times" in describe_feed(feed)


@pytest.mark.parametrize(("zeros", "silent"), [(0.0, 0.0), (1.0, 0.5)])
def test_purchases_that_say_no_price_are_seen(zeros: float, silent: float) -> None:
    feed = judge_feed(purchases(zeros, silent), STRETCHES)
    assert feed["drifted"]
    assert feed["unpriced"] == pytest.approx(1.0 if not zeros else 0.5, abs=0.1)


def test_a_shop_that_never_says_prices_has_no_drift_of_them() -> None:
    feed = judge_feed(purchases().with_columns(pl.lit(None, pl.Float64).alias("value")), STRETCHES)
    assert (feed["drifted"], feed["unpriced"], feed["price_ratio"]) == (False, 1.0, None)


def test_a_few_purchases_say_nothing() -> None:
    feed = judge_feed(purchases(3.0, a_week=30), STRETCHES)
    assert not feed["drifted"]


def test_what_comes_after_the_end_changes_nothing() -> None:
    known = purchases()
    later = known.with_columns(pl.col("time") + 5 * WEEK, pl.col("value") * 9)
    assert judge_feed(pl.concat([known, later]), STRETCHES) == judge_feed(known, STRETCHES)
