"""Cycles of items: gaps and who comes back, by hand; few cases lean on the category; nothing after the moment."""

import numpy as np
import pytest
from numpy.typing import NDArray

from recommender.data.event_weights import DAY, PURCHASE
from recommender.models.counting.event_arrays import Events
from recommender.models.counting.item_statistics import fit_statistics
from recommender.models.retrieval_config import RetrievalConfig
from recommender.retrieval.base import Past
from recommender.retrieval.sources.purchase_cycles import DUE_WITHIN_DAYS, Cycles, Gaps, fit_cycles, shrink

MILK, TREE = 0, 1
KINDS = np.array([0, 1, 0])
GROUPS = {"category": (KINDS, -1), "root": (KINDS, -1)}


def purchases(users: NDArray[np.int64], items: NDArray[np.int64], days: NDArray[np.float64]) -> Events:
    count = len(days)
    return Events(
        users.astype(np.int32), items.astype(np.int32), np.full(count, PURCHASE, dtype=np.int8),
        np.full(count, np.nan, dtype=np.float32), (days * DAY).astype(np.int64),
    )  # fmt: skip


def cycles_of(events: Events, day: float) -> Cycles:
    """As counted on that day."""
    texts = np.zeros((3, 2), dtype=np.float32)
    statistics = fit_statistics(events, 3, int(day * DAY))
    return fit_cycles(
        Past(events, statistics, RetrievalConfig(), [""] * 3, texts, np.arange(3, dtype=np.int32), GROUPS, True)
    )


def weekly(weeks: int = 30, shoppers: int = 20) -> Events:
    """Milk every week; one tree at the beginning."""
    items = np.tile(np.array([TREE] + [MILK] * weeks), shoppers)
    days = np.tile(np.concatenate([[0.0], np.arange(weeks) * 7.0 + 1]), shoppers)
    return purchases(np.repeat(np.arange(shoppers), weeks + 1), items, days)


def test_gaps_are_between_days_and_the_last_is_open() -> None:
    nobody_else = np.zeros(5, dtype=np.int64)
    events = purchases(nobody_else, np.array([0, 0, 1, 0, 0]), np.array([1.2, 1.9, 3.0, 8.5, 10.5]))
    gaps = Gaps.of(events, 20 * DAY)
    assert gaps.days[gaps.items == 0].tolist() == [7, 2]
    assert dict(zip(gaps.open_items.tolist(), gaps.open_days.tolist(), strict=True)) == {0: 10, 1: 17}


def test_what_is_bought_weekly_comes_back_and_what_lasts_does_not() -> None:
    cycles = cycles_of(weekly(), 205.0)
    assert cycles.gap_N[MILK] == pytest.approx(7, abs=0.2)
    milk, tree = cycles.back(np.full(2, 5.0), np.array([MILK, TREE]))
    assert milk > 0.95
    assert tree < 0.4
    assert milk > tree


def test_who_may_still_come_in_time_does_not_count_as_staying_away() -> None:
    """A last purchase younger than the days ahead is no evidence yet."""
    events = purchases(np.zeros(2, dtype=np.int64), np.array([MILK, MILK]), np.array([0.0, 7.0]))
    young, old = (cycles_of(events, 7 + days).back_AN[0, MILK] for days in (DUE_WITHIN_DAYS - 1, DUE_WITHIN_DAYS + 1))
    assert young > old


def test_few_cases_lean_on_the_category() -> None:
    hits, asked = np.array([90, 0, 0]), np.array([100, 100, 0])
    rates = shrink(hits, asked, GROUPS)
    assert rates[2] > 0.6  # never asked: as its category
    assert rates[1] < 0.1


def test_what_nobody_came_back_to_is_told_from_few_long_absences() -> None:
    """Thirty bought one tree each, only one of them so long ago that a month has passed since half a year."""
    shoppers = np.arange(60, dtype=np.int64)
    bought = np.append(np.linspace(0, 35, 59), -120.0)
    staples = purchases(
        np.repeat(shoppers, 2), np.full(120, MILK), np.tile([0.0, 20.0], 60) + np.repeat(shoppers / 4, 2)
    )
    trees = purchases(shoppers, np.full(60, TREE), bought)
    events = Events(*(np.concatenate([getattr(staples, name), getattr(trees, name)]) for name in Events.__slots__))
    cycles = cycles_of(events, 70.0)
    longest = cycles.back(np.full(1, 150.0), np.array([TREE]))[0]
    assert cycles.ever_N[TREE] < longest / 2
    assert cycles.ever_N[MILK] > 0.3


def test_an_empty_log_has_cycles_too() -> None:
    nothing = np.zeros(0, dtype=np.int64)
    assert np.isfinite(cycles_of(purchases(nothing, nothing, np.zeros(0)), 10.0).back_AN).all()
