"""How unlike a shopper's own past their new behaviour is: what they chose, against what they used to choose.

Each item's share among a shopper's earlier items is estimated with Dirichlet smoothing (Zhai and Lafferty, "A study of
smoothing methods for language models", TOIS 2004) towards its share among everybody's, raised where the shopper leans
to its category. The logarithm of the one to the other says how much more the item is theirs than anybody's. Profile
vectors are no such measure: f reads a year, and a week that is all another taste hardly turns it.

Shape suffixes: N items, G groups, L events.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from recommender.data.catalog import Catalogue
from recommender.data.event_weights import DAY
from recommender.data.history import History

SMOOTHING = 20.0  # events that everybody's shares count for beside a shopper's own
HALF_LIFE = 180.0 * DAY  # of what an event says of a taste
CLIP = 3.0  # no single item says more than so much, one way or the other
LEAST_KNOWN = 5  # events; of fewer nothing is to be told
Shares = NDArray[np.float64]


@dataclass(frozen=True)
class Tastes:
    """What everybody chooses: `share_N` of each item, `category_share_G` of each category."""

    catalogue: Catalogue
    category_N: NDArray[np.int64]
    share_N: Shares
    category_share_G: Shares

    @classmethod
    def of(cls, catalogue: Catalogue, histories: Iterable[History], until: datetime) -> "Tastes":
        """From what shoppers did before `until`; what nobody has chosen counts for half an event."""
        paths = ["\n".join(path) for path in catalogue.frame["categories"].to_list()]
        names, category_N = np.unique(np.array(paths, dtype=object), return_inverse=True)
        end, chosen = int(until.timestamp()), [np.zeros(0, dtype=np.int64)]
        for history in histories:
            rows = catalogue.rows_of(history.item_ids[history.times < end])
            chosen.append(rows[rows >= 0])
        rows = np.concatenate(chosen)
        share_N = np.bincount(rows, minlength=len(paths)) + 0.5 / max(len(paths), 1)
        category_G = np.bincount(category_N[rows], minlength=len(names)) + 0.5
        return cls(catalogue, category_N, share_N / share_N.sum(), category_G / category_G.sum())

    def distance(self, history: History, since: datetime, until: datetime) -> tuple[float, int]:
        """How far what was done in [since, until) lies from what was done before, and how many items that were.

        0: all of it is far more theirs than anybody's. 1: as anybody might have chosen. 2: what all others would rather
        choose. NaN where nothing that the model knows was done, or hardly anything is known from before.
        """
        rows_L = self.catalogue.rows_of(history.item_ids)
        start, end = int(since.timestamp()), int(until.timestamp())
        before_L = (history.times < start) & (rows_L >= 0)
        new = np.unique(rows_L[(history.times >= start) & (history.times < end) & (rows_L >= 0)])
        if not len(new) or int(before_L.sum()) < LEAST_KNOWN:
            return float("nan"), len(new)
        odds = self._log_odds(rows_L[before_L], start - history.times[before_L], new)
        return float(1 - np.clip(odds, -CLIP, CLIP).mean() / CLIP), len(new)

    def _log_odds(self, known: NDArray[np.int64], ages: NDArray[np.int64], new: NDArray[np.int64]) -> Shares:
        weights = 0.5 ** (ages / HALF_LIFE)
        total = weights.sum() + SMOOTHING
        categories = self.category_N[new]
        leans = _counts(self.category_N[known], weights, categories) / self.category_share_G[categories]
        leans = (leans + SMOOTHING) / total
        own = _counts(known, weights, new) / self.share_N[new]
        odds: Shares = np.log((own + SMOOTHING * leans) / total)
        return odds


def _counts(known: NDArray[np.int64], weights: Shares, wanted: NDArray[np.int64]) -> Shares:
    """The weight of each wanted one among the known ones."""
    order = np.argsort(known, kind="stable")
    summed = np.concatenate([[0.0], np.cumsum(weights[order])])
    first, after = (np.searchsorted(known[order], wanted, side) for side in ("left", "right"))
    counted: Shares = summed[after] - summed[first]
    return counted
