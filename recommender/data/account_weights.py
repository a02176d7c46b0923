"""How much each event counts where shoppers are counted: one account is one voice, however often it speaks.

Of what a shopper does with an item on one day the strongest deed counts, and further days count ever less: a shopper
who chooses an item on d days counts as 1 + ln d shoppers who choose it once.

Shape suffixes: L events, in any order; Y days of a shopper with an item; K distinct items of all shoppers; N items.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

DAY = 86_400
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class DailyVisits:
    """Which visit each event belongs to: a shopper's day with an item; and which shopper's item each visit is of."""

    visit_L: NDArray[np.int64]
    pair_Y: NDArray[np.int64]

    @classmethod
    def of(
        cls, users_L: NDArray[np.integer[Any]], items_L: NDArray[np.integer[Any]], times_L: NDArray[np.int64]
    ) -> "DailyVisits":
        """The visits of a log whose shoppers, items and times (seconds since 1970) are each of shape (L,)."""
        order = np.lexsort((times_L, items_L, users_L))
        users, items, days = users_L[order], items_L[order], times_L[order] // DAY
        another_pair = (np.diff(users, prepend=-1) != 0) | (np.diff(items, prepend=-1) != 0)
        another_visit = another_pair | (np.diff(days, prepend=-1) != 0)
        visit_L = np.empty(len(order), dtype=np.int64)
        visit_L[order] = np.cumsum(another_visit) - 1
        return cls(visit_L, (np.cumsum(another_pair) - 1)[another_visit])

    def once_a_day(self, weights_L: Floats) -> Floats:
        """The weights (none negative), of which those of a visit add up to its greatest."""
        sums_Y = np.bincount(self.visit_L, weights_L, minlength=len(self.pair_Y))
        greatest_Y = np.zeros(len(self.pair_Y))
        np.maximum.at(greatest_Y, self.visit_L, weights_L)
        share_Y = np.divide(greatest_Y, sums_Y, out=np.zeros_like(sums_Y, dtype=np.float64), where=sums_Y > 0)
        return np.asarray(weights_L * share_Y[self.visit_L], dtype=np.float32)

    def shares(self, weights_L: Floats) -> Floats:
        """Which part of its weight each event keeps, since days count ever less; of those days that weigh anything."""
        counts_Y = np.bincount(self.visit_L, weights_L, minlength=len(self.pair_Y)) > 0
        days_K = np.maximum(np.bincount(self.pair_Y, counts_Y), 1)
        share_K = (1 + np.log(days_K)) / days_K
        return np.asarray(share_K[self.pair_Y[self.visit_L]], dtype=np.float32)

    def shoppers(self, weights_L: Floats, items_L: NDArray[np.integer[Any]], count: int) -> Floats:
        """How many shoppers chose each of `count` items, (N,).

        `weights_L`, (L,), are what `once_a_day` gives for events of the items `items_L`, (L,).
        """
        counted_L = weights_L * self.shares(weights_L)
        return np.bincount(items_L, counted_L, minlength=count).astype(np.float32)
