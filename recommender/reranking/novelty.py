"""Room for what is new to the shopper: a share of a list that is kept for items they never had to do with.

Where there are any, it is kept for items of categories that they never had to do with either. It knows ranked rows, a
catalogue and rows of a history; whose list it is and how it was ranked, it doesn't. However long a list is asked for,
its beginning is the same.

Shape suffixes: C ranked rows, L events, N items.
"""

import numpy as np
from numpy.typing import NDArray

from recommender.data.catalog import Catalogue

Rows = NDArray[np.int64]
Mask = NDArray[np.bool_]


def find_new(catalogue: Catalogue, rows_C: Rows, known_L: Rows) -> Mask:
    """Which rows, (C,), are of no category that a shopper had to do with; where none is, which items are new to them.

    `known_L` are the rows of the shopper's events. An item without a category is of none that can be new.
    """
    seen_N = np.zeros(len(catalogue), dtype=bool)
    seen_N[catalogue.duplicates.joined(known_L)] = True
    new_C = ~seen_N[rows_C]
    names, leaf_N = catalogue.leaves
    entered = np.zeros(len(names), dtype=bool)
    entered[leaf_N[known_L]] = True
    entered[: names[:1].count("")] = True  # names are sorted: that of no category comes first
    elsewhere_C: Mask = new_C & ~entered[leaf_N[rows_C]]
    return elsewhere_C if elsewhere_C.any() else new_C


def is_due(place: int, chosen: int, share: float) -> bool:
    """Whether a list with `chosen` new items before this place, counted from 0, has to have one there."""
    return int(share * (place + 1) + 1e-9) > chosen


def standing_due(new_C: Mask, share: float) -> Mask:
    """Of a list in its order, (C,): which new items stand where it has to have one."""
    before_C: Rows = np.cumsum(new_C) - new_C
    needed_C = (share * np.arange(1, len(new_C) + 1) + 1e-9).astype(np.int64)
    return np.asarray(new_C & (needed_C > before_C))


def with_room(new_C: Mask, share: float) -> tuple[Rows, Mask]:
    """The order, as places among the ranked rows, whose every beginning holds the share of new ones, rounded down.

    And which of these, in that order, stand before their place in the ranking for it.
    """
    ranked = np.flatnonzero(new_C)
    latest = np.ceil(np.arange(1, len(ranked) + 1) / share - 1e-9).astype(np.int64) - 1
    stands = np.minimum(ranked, latest)
    order_C = np.empty(len(new_C), dtype=np.int64)
    free_C = np.ones(len(new_C), dtype=bool)
    free_C[stands] = False
    order_C[stands], order_C[free_C] = ranked, np.flatnonzero(~new_C)
    moved_C = np.zeros(len(new_C), dtype=bool)
    moved_C[stands[stands < ranked]] = True
    return order_C, moved_C
