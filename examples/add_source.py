"""Add a source of candidates: what costs about as much as the shopper usually pays.

A source is one class and one registration. It finds candidates (`retrieve`) and tells the ranker something of every
candidate in named columns (`values`); the ranker learns in the next training what the columns are worth. In a shop the
class stands in a file of `recommender/retrieval/`, whose `__init__.py` imports it.

Shape suffixes: N items, K the shopper's distinct items, C candidates.
"""

from collections.abc import Iterator

import numpy as np

from recommender.retrieval import SOURCES, CandidateSource, Query, register
from recommender.retrieval.base import Column
from recommender.retrieval.query import Floats, Ints, best_rows


class PriceLevel(CandidateSource):
    """Items whose price is nearest to the median of the shopper's own items; without a history it finds none."""

    name, default_quota, sentence, columns = "price level", 20, "popular", ("price distance",)

    def retrieve(self, query: Query) -> Ints | None:
        if not len(query.shopper):
            return None
        rows = np.flatnonzero(query.free_N)  # allowed, and not had yet
        return best_rows(rows, -self._distance(query, rows), query.quota(self.name, self.default_quota))

    def values(self, query: Query, rows_C: Ints) -> Iterator[Column]:
        yield self._distance(query, rows_C) if len(query.shopper) else 0.0

    def _distance(self, query: Query, rows_C: Ints) -> Floats:
        """Of the logarithms of prices, shape (C,); an unknown price is 10 away."""
        prices_N = query.bundle.catalogue.prices
        usual = np.nanmedian(prices_N[query.shopper.rows_K])
        distance = np.abs(np.log1p(prices_N[rows_C]) - np.log1p(usual))
        known: Floats = np.nan_to_num(distance, nan=10.0).astype(np.float32)
        return known


register(PriceLevel())

if __name__ == "__main__":
    print("sources, in the order in which they are asked:", ", ".join(SOURCES))
