"""How long an item keeps its buyers away, as all histories tell: its usual gap, and who comes back in time.

Items bought seldom lean on their category's figures, those on the wider one's.

Shape suffixes: N items, A lengths of absence.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.data.event_weights import DAY, PURCHASE, strengths
from recommender.models.counting.event_arrays import Events
from recommender.models.tensors import Tensors
from recommender.retrieval.base import Past

AWAY_DAYS = np.array([0.0, 3, 7, 14, 21, 28, 42, 56, 91, 140])
DUE_WITHIN_DAYS = 30.0
USUAL = 0.1  # what is believed of a shop of which nothing is known
TRUST = 10.0  # cases an item needs to count as much as its category
LEVELS = ("root", "category")

Groups = Mapping[str, tuple[NDArray[np.int64], int]]


@dataclass(frozen=True)
class Cycles:
    """Of each item how long its buyers stay away, and how likely they come back; A are the lengths of `AWAY_DAYS`."""

    gap_N: NDArray[np.float32]  # days, on average
    back_AN: NDArray[np.float32]  # the chance to be bought again within the days ahead, after so long an absence
    ever_N: NDArray[np.float32]  # the same of all absences together, which tells what nobody comes back to from few

    def back(self, away_C: NDArray[np.floating], rows_C: NDArray[np.int64]) -> NDArray[np.float32]:
        """The chance, (C,), that these items are bought again soon, after `away_C` days without them."""
        length_C = np.searchsorted(AWAY_DAYS, away_C, "right") - 1
        found: NDArray[np.float32] = self.back_AN[length_C.clip(0), rows_C]
        return found

    def tensors(self) -> Tensors:
        """Its arrays, from which `read` makes the same again."""
        return {"gap_N": self.gap_N, "back_AN": self.back_AN, "ever_N": self.ever_N}

    @classmethod
    def read(cls, tensors: Tensors) -> "Cycles":
        """The cycles that `tensors` gave; `ever_N` is 1, which decides nothing, where a model lacks it."""
        uncounted_N = np.broadcast_to(np.float32(1), tensors["gap_N"].shape)  # of models trained before it was counted
        return cls(tensors["gap_N"], tensors["back_AN"], tensors.get("ever_N", uncounted_N))


@dataclass(frozen=True)
class Gaps:
    """Days between one purchase of an item and the shopper's next; and how long ago the last one was."""

    items: NDArray[np.int64]
    days: NDArray[np.float64]
    open_items: NDArray[np.int64]
    open_days: NDArray[np.float64]

    @classmethod
    def of(cls, events: Events, until: int) -> "Gaps":
        """The gaps of events before `until`, in Unix seconds; purchases of an item on one day are one.

        In a shop without purchases all events that speak for an item stand for them.
        """
        bought = events.event_types == PURCHASE
        bought = bought if bought.any() else strengths(events.event_types, events.values) > 0
        users, items, times = events.users[bought], events.items[bought], events.times[bought]
        order = np.lexsort((times, items, users))
        users, items, days = users[order], items[order].astype(np.int64), (times[order] // DAY).astype(np.float64)
        same = (users[1:] == users[:-1]) & (items[1:] == items[:-1])
        gaps = np.diff(days)
        apart = same & (gaps > 0)
        last = np.append(~same, True) if len(order) else np.zeros(0, dtype=bool)
        return cls(items[1:][apart], gaps[apart], items[last], until / DAY - days[last])


def fit_cycles(past: Past) -> Cycles:
    """The cycles as all histories tell them, those of seldom bought items drawn to their categories'."""
    gaps, items = Gaps.of(past.events, past.statistics.until), past.items
    counts_N = np.bincount(gaps.items, minlength=items)
    gap_N = shrink(np.bincount(gaps.items, gaps.days, items), counts_N, past.groups)
    came_AN, asked_AN = (
        np.stack(counts) for counts in zip(*(_count_back(gaps, away, items) for away in AWAY_DAYS), strict=True)
    )
    back_AN = np.stack(
        [shrink(came_N, asked_N, past.groups) for came_N, asked_N in zip(came_AN, asked_AN, strict=True)]
    )
    return Cycles(gap_N, back_AN, shrink(came_AN.sum(axis=0), asked_AN.sum(axis=0), past.groups))


def _count_back(gaps: Gaps, away: float, items: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Of those away so long, how many came within the days ahead, of how many; who may still come doesn't count."""
    longer, in_time = gaps.days > away, (gaps.days > away) & (gaps.days <= away + DUE_WITHIN_DAYS)
    over = gaps.open_days > away + DUE_WITHIN_DAYS
    asked_N = np.bincount(gaps.items[longer], minlength=items) + np.bincount(gaps.open_items[over], minlength=items)
    return np.bincount(gaps.items[in_time], minlength=items), asked_N


def shrink(hits_N: NDArray[np.generic], asked_N: NDArray[np.generic], groups: Groups) -> NDArray[np.float32]:
    """The shares hits / asked of each item, (N,), drawn to those of its category where little was asked."""
    hits, counts = np.asarray(hits_N, dtype=np.float64), np.asarray(asked_N, dtype=np.float64)
    rate_N = np.full(len(hits), (hits.sum() + TRUST * USUAL) / (counts.sum() + TRUST))
    for level in LEVELS:
        codes_N, _ = groups[level]
        hits_of_group, asked_of_group = np.bincount(codes_N, hits)[codes_N], np.bincount(codes_N, counts)[codes_N]
        rate_N = (hits_of_group + TRUST * rate_N) / (asked_of_group + TRUST)
    return ((hits + TRUST * rate_N) / (counts + TRUST)).astype(np.float32)
