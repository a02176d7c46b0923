"""What the ranker reads of the feature store: the shopper's behaviour over windows of days, as of the last midnight.

It brings no candidates and only tells. The row comes with the shopper: point-in-time in training, from the online
store in serving; whoever has none has done nothing.

Shape suffixes: C candidates, G groups of a kind.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from recommender.data.behaviour import COUNTS
from recommender.data.event_weights import DAY
from recommender.models.bundle import ModelBundle
from recommender.models.manifest import WINDOWS
from recommender.retrieval.base import CandidateSource, Column, register
from recommender.retrieval.query import Ints, Query

NEVER_DAYS = 180.0  # what lies further back the store doesn't know
PURCHASES, VIEWS = COUNTS.index("purchases_30d"), COUNTS.index("views_30d")


class StoredBehaviour(CandidateSource):
    """Of each candidate its price beside the shopper's level and what its kinds weigh; of the shopper what they did.

    Only for a model that looks back from moments: one of sequences looks back from events, at which no row is made.
    """

    name = "behaviour"
    columns = (
        "behaviour price", "behaviour category", "behaviour brand", *(f"behaviour {name}" for name in COUNTS),
        "behaviour spend", "behaviour conversion", "behaviour idle", "behaviour since purchase",
    )  # fmt: skip

    def is_active(self, bundle: ModelBundle) -> bool:
        """Whether the model's ranker learned from windows of time."""
        return bundle.manifest.examples == WINDOWS

    def values(self, query: Query, rows_C: Ints) -> Iterator[Column]:
        """The candidate's price beside the shopper's level, and its category's and brand's weight; then what they did.

        The latter is the same for all candidates: counts, spending, purchases beside views, and days since the last
        event and the last purchase. Prices, counts, money and days are logarithms.
        """
        done, catalogue = query.shopper.behaviour, query.bundle.catalogue
        level = done.price_level
        yield 0.0 if level is None else np.nan_to_num(np.log1p(catalogue.prices[rows_C]) - level, nan=0.0)
        yield _weights_of(*catalogue.leaves, done.categories, rows_C)
        yield _weights_of(catalogue.brands, catalogue.brand_codes, done.brands, rows_C)
        yield from map(float, np.log1p(done.counts))
        yield float(np.log1p(max(done.spend, 0.0)))
        yield float(np.log((done.counts[PURCHASES] + 1) / (done.counts[VIEWS] + 1)))
        for last in (done.last_active, done.last_purchase):
            days = NEVER_DAYS if last is None else min((query.shopper.moment - last) / DAY, NEVER_DAYS)
            yield float(np.log1p(max(days, 0.0)))


def _weights_of(names: list[str], code_N: NDArray[np.int32], weights: Mapping[str, float], rows_C: Ints) -> Column:
    """What each row's name weighs; `names` are in order."""
    if not weights:
        return 0.0
    weight_G = np.zeros(len(names), dtype=np.float32)
    for name, weight in weights.items():
        place = bisect_left(names, name)
        if place < len(names) and names[place] == name:  # one the model's catalogue lacks says nothing
            weight_G[place] = weight
    found_C: NDArray[np.float32] = weight_G[code_N[rows_C]]
    return found_C


def reads_behaviour(bundle: ModelBundle) -> bool:
    """Whether this model's ranker was trained on any of these columns."""
    return not set(StoredBehaviour.columns).isdisjoint(bundle.manifest.ranker_columns)


register(StoredBehaviour())
