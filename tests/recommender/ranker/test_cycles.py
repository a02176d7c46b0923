"""Cycles of items: gaps and who comes back, by hand; few cases lean on the category; nothing after the moment."""

import numpy as np
import pytest

from recommender.ranker.cycles import AHEAD_DAYS, Cycles, Gaps, shrunk
from recommender.ranker.items import ItemFacts, item_facts
from recommender.ranker.log import Log

MILK, TREE = 0, 1


def facts() -> ItemFacts:
    paths = [["food", "dairy", "milk"], ["garden", "plants", "trees"], ["food", "dairy", "milk"]]
    return item_facts(np.zeros((3, 2), dtype=np.float32), [""] * 3, [""] * 3, paths)


def weekly(weeks: int = 30, shoppers: int = 20) -> Log:
    """Milk every week; one tree at the beginning."""
    items = np.tile(np.array([TREE] + [MILK] * weeks), shoppers)
    times = np.tile(np.concatenate([[0.0], np.arange(weeks) * 7.0 + 1]), shoppers)
    return Log.of(np.repeat(np.arange(shoppers), weeks + 1), items, times, shoppers)


def test_gaps_are_between_days_and_the_last_is_open() -> None:
    log = Log.of(np.zeros(5, dtype=np.int64), np.array([0, 0, 1, 0, 0]), np.array([1.2, 1.9, 3.0, 8.5, 10.5]), 1)
    gaps = Gaps.of(log, 20.0)
    assert gaps.days[gaps.items == 0].tolist() == [7, 2]
    assert dict(zip(gaps.open_items.tolist(), gaps.open_days.tolist(), strict=True)) == {0: 10, 1: 17}


def test_what_is_bought_weekly_comes_back_and_what_lasts_does_not() -> None:
    cycles = Cycles.fit(weekly(), facts(), 205.0)
    assert cycles.gap_N[MILK] == pytest.approx(7, abs=0.2)
    away, rows = np.full((1, 2), 5.0, dtype=np.float32), np.array([[MILK, TREE]])
    milk, tree = cycles.back(away, rows)[0]
    assert milk > 0.95
    assert tree < 0.4
    assert milk > tree


def test_who_may_still_come_in_time_does_not_count_as_staying_away() -> None:
    """A last purchase younger than the days ahead is no evidence yet."""
    log = Log.of(np.zeros(2, dtype=np.int64), np.array([MILK, MILK]), np.array([0.0, 7.0]), 1)
    young, old = (Cycles.fit(log, facts(), 7 + days).back_AN[0, MILK] for days in (AHEAD_DAYS - 1, AHEAD_DAYS + 1))
    assert young > old


def test_few_cases_lean_on_the_category() -> None:
    hits, asked = np.array([90, 0, 0]), np.array([100, 100, 0])
    rates = shrunk(hits, asked, facts())
    assert rates[2] > 0.6  # never asked: as its category
    assert rates[1] < 0.1


def test_an_empty_log_has_cycles_too() -> None:
    empty = Log.of(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0), 2)
    assert np.isfinite(Cycles.fit(empty, facts(), 10.0).back_AN).all()
