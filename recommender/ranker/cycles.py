"""How long an item keeps its buyers away, as all shoppers' histories tell: its usual gap, and who comes back in time.

It knows a log up to a moment. Items bought seldom lean on their category's figures, those on the wider one's.

Shape suffixes: N items, A lengths of absence, P pairs of shopper and item, L events.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.ranker.items import ItemFacts
from recommender.ranker.log import Floats, Ints, Log

AWAY_DAYS = np.array([0.0, 3, 7, 14, 21, 28, 42, 56, 91, 140])
AHEAD_DAYS = 30.0
_LEVELS = ("level1", "level2", "category")
_TRUST = 10.0  # cases an item needs to count as much as its category

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Gaps:
    """Days between one purchase of an item and the shopper's next; and how long ago the last one was."""

    items: Ints
    days: Numbers
    open_items: Ints
    open_days: Numbers

    @classmethod
    def of(cls, log: Log, now: float) -> "Gaps":
        order = np.lexsort((log.times_L, log.items_L, log.users_L))
        users, items, days = log.users_L[order], log.items_L[order], np.floor(log.times_L[order])
        same = (users[1:] == users[:-1]) & (items[1:] == items[:-1])
        gaps = np.diff(days)
        apart = same & (gaps > 0)
        last = np.append(~same, True) if len(order) else np.zeros(0, dtype=np.bool_)
        return cls(items[1:][apart], gaps[apart], items[last], now - days[last])


@dataclass(frozen=True)
class Cycles:
    gap_N: Floats  # days, on average
    back_AN: Floats  # the chance to be bought again within the days ahead, after so long an absence

    @classmethod
    def fit(cls, log: Log, facts: ItemFacts, now: float) -> "Cycles":
        gaps, count = Gaps.of(log, now), len(facts)
        gap_N = shrunk(np.bincount(gaps.items, gaps.days, count), np.bincount(gaps.items, minlength=count), facts)
        return cls(gap_N, np.stack([_back(gaps, away, facts) for away in AWAY_DAYS]))

    def back(self, away_QC: Floats, rows_QC: Ints) -> Floats:
        length_QC = np.searchsorted(AWAY_DAYS, away_QC, "right") - 1
        result: Floats = self.back_AN[length_QC.clip(0), rows_QC]
        return result


def _back(gaps: Gaps, away: float, facts: ItemFacts) -> Floats:
    """Of those away so long, the share that came within the days ahead; who may still come in time doesn't count."""
    longer, in_time = gaps.days > away, (gaps.days > away) & (gaps.days <= away + AHEAD_DAYS)
    over = gaps.open_days > away + AHEAD_DAYS
    asked_N = np.bincount(gaps.items[longer], minlength=len(facts))
    asked_N = asked_N + np.bincount(gaps.open_items[over], minlength=len(facts))
    return shrunk(np.bincount(gaps.items[in_time], minlength=len(facts)), asked_N, facts)


def shrunk(hits_N: NDArray[np.generic], asked_N: NDArray[np.generic], facts: ItemFacts) -> Floats:
    """hits / asked of each item, drawn to its category's where there are few."""
    hits, asked = np.asarray(hits_N, dtype=np.float64), np.asarray(asked_N, dtype=np.float64)
    rate_N = np.full(len(facts), hits.sum() / max(asked.sum(), 1e-9))
    for level in _LEVELS:
        group_N = facts.groups[level]
        of_group = np.bincount(group_N, hits)[group_N], np.bincount(group_N, asked)[group_N]
        rate_N = (of_group[0] + _TRUST * rate_N) / (of_group[1] + _TRUST)
    return ((hits + _TRUST * rate_N) / (asked + _TRUST)).astype(np.float32)
