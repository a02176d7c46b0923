"""What a shopper usually pays for a kind of thing, which "cheaper" and "dearer" are said of.

In each narrowest category it is the median price of what they bought there; where they bought nothing, the median of
what the shop sells there. An item without a price is neither cheaper nor dearer than anything.

Shape suffixes: N items of the model, G groups (narrowest categories).
"""

import numpy as np
from numpy.typing import NDArray

from recommender.data.catalog import Catalogue
from recommender.data.event_weights import PURCHASE
from recommender.data.history import History

Floats = NDArray[np.float32]


class PriceLevels:
    """The levels of one catalogue; `of` a shopper's."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        names, self._leaf_N = catalogue.leaves
        self._median_G = _medians(catalogue.prices, self._leaf_N, len(names))

    def of(self, history: History | None) -> Floats:
        """The level that each item is compared with; NaN where nothing has a price."""
        level_G = self._median_G
        if history is not None and len(history):
            rows = self.catalogue.rows_of(history.item_ids.tolist())
            rows = np.unique(rows[(rows >= 0) & (history.event_types == PURCHASE)])
            own_G = _medians(self.catalogue.prices[rows], self._leaf_N[rows], len(level_G))
            level_G = np.where(np.isfinite(own_G), own_G, level_G)
        return level_G[self._leaf_N]


def _medians(prices: Floats, groups: NDArray[np.int32], count: int) -> Floats:
    """Of each group's finite prices, the lower of the two in the middle; NaN for a group without any."""
    known = np.flatnonzero(np.isfinite(prices))
    known = known[np.lexsort((prices[known], groups[known]))]
    sizes = np.bincount(groups[known], minlength=count)
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    median_G = np.full(count, np.nan, dtype=np.float32)
    filled = sizes > 0
    median_G[filled] = prices[known[(starts + (sizes - 1) // 2)[filled]]]
    return median_G
