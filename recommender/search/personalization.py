"""How much an item is the shopper's own kind of thing: from their profile, between 0 and 1.

It knows a profile and a shopfront. It says nothing of the query: among items that answer it equally well, the
shopper's come first.

Shape suffixes: O items of the index, N items of the model.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.data.catalog import Catalogue
from recommender.data.event_weights import decay, strengths
from recommender.data.history import History
from recommender.profiles.profile import Profile
from recommender.search.search_index import Shopfront

HALF_LIFE_DAYS = 60.0


@dataclass(frozen=True, slots=True)
class Shares:
    """What each part of a profile says weighs in the whole."""

    own: float = 0.7
    sequence: float = 0.15
    category: float = 0.1
    brand: float = 0.05


SHARES = Shares()


def affinity(
    front: Shopfront, profile: Profile, docs: NDArray[np.int64], now: int, shares: Shares = SHARES
) -> NDArray[np.float32]:
    """How near each of these items of the index is to a shopper: by itself, its like, its category and brand."""
    catalogue = front.index.catalogue
    total = shares.own * _own(catalogue, profile.history, docs, now)
    total = total + shares.sequence * _sequence(front, profile, docs)
    leaves, leaf_N = catalogue.leaves
    total += shares.category * _leaning(profile, "category", leaves)[leaf_N[docs]]
    total += shares.brand * _leaning(profile, "brand", catalogue.brands)[catalogue.brand_codes[docs]]
    return np.clip(total, 0, 1).astype(np.float32)


def _own(catalogue: Catalogue, history: History, docs: NDArray[np.int64], now: int) -> NDArray[np.float64]:
    """What the shopper did with each item, decayed; half of the most is reached by one purchase of today."""
    rows = catalogue.rows_of(history.item_ids)
    known = (rows >= 0) & (history.times <= now)
    weights = strengths(history.event_types, history.values) * decay(history.times, now, HALF_LIFE_DAYS)
    done_O = np.bincount(rows[known], weights[known], minlength=len(catalogue)).clip(min=0)[docs]
    return np.asarray(done_O / (1 + done_O))


def _sequence(front: Shopfront, profile: Profile, docs: NDArray[np.int64]) -> NDArray[np.float64]:
    """Where each stands between the least and the most likely next items of these."""
    bundle, row_O = front.bundle, front.row_O[docs]
    if not len(docs) or profile.model_version != bundle.model_version or not profile.vector.any():
        return np.zeros(len(docs))
    cosine_O = np.where(row_O >= 0, bundle.item_cosines(profile.vector, row_O), -1.0)
    span = max(float(np.ptp(cosine_O)), 1e-9)
    return np.asarray((cosine_O - cosine_O.min()) / span)


def _leaning(profile: Profile, kind: str, names: list[str]) -> NDArray[np.float64]:
    """The share of the shopper's behaviour that each name has, against the largest."""
    weights = {one.key: one.weight for one in profile.affinities if one.kind == kind}
    most = max(weights.values(), default=1.0)
    return np.array([weights.get(name, 0.0) / most for name in names])
