"""Sources that don't follow links: what sells, the shopper's own items, texts, photos, other shoppers, searches.

The shopper's own items are in `own_purchases`.

Shape suffixes: N items, M distinct texts, F items of the front, C candidates.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from recommender.models.bundle import ModelBundle
from recommender.models.counting.sparse_graph import Graph
from recommender.profiles.user_state import Shopper
from recommender.retrieval.base import CandidateSource, Column, Past, register
from recommender.retrieval.cold_start import of_like_shoppers
from recommender.retrieval.query import Ints, Query, best_rows
from recommender.retrieval.search_intent import find_fitting
from recommender.retrieval.sources.graph_fitting import MOST_ITEMS, text_steps_of

OF_A_TEXT = 5  # items that say the same, at most
RECENT_ITEMS = 12


class Sequence(CandidateSource):
    """Items near the profile's vector."""

    name, columns = "sequence", ("sequence",)

    def retrieve(self, query: Query) -> Ints | None:
        """Of the front, those whose vectors are nearest to the profile's; None for a shopper without events."""
        if not len(query.shopper):
            return None
        front, front_FD = query.bundle.front
        free = np.flatnonzero(query.free_N[front])
        return best_rows(front[free], (front_FD @ query.vector_D)[free], query.quota(self.name))

    def values(self, query: Query, rows_C: Ints) -> Iterator[Column]:
        """The cosine with the profile's vector."""
        yield query.bundle.item_VD[query.bundle.item_row_N[rows_C]] @ query.vector_D


class Alike(CandidateSource):
    """What the shoppers bought lately whose histories are most like this one's."""

    name, columns = "alike", ("alike close", "alike wide")

    def retrieve(self, query: Query) -> Ints | None:
        """What the shoppers most alike, many of them, bought most; None for a shopper without events."""
        return query.best(query.alike[1], query.quota(self.name)) if len(query.shopper) else None

    def values(self, query: Query, rows_C: Ints) -> Iterator[Column]:
        """How much a few, and how much many, of the shoppers most alike bought of it."""
        place_C = query.place_of(rows_C)
        for values_P in query.alike:
            yield np.append(values_P, 0)[place_C]


class Popular(CandidateSource):
    """What sells; only what was really sold, since a new item's popularity is lent to it."""

    name, columns = "popular", ("popular",)

    def retrieve(self, query: Query) -> Ints | None:
        """The best sellers; the shopper's own items, too."""
        bundle, quota = query.bundle, query.quota(self.name)
        rows = bundle.sellers[:0]
        for enough in (10 * quota, len(bundle.sellers)):
            rows = bundle.sellers[:enough]
            rows = rows[query.allowed_N[rows] & ~bundle.borrowed_N[rows]]
            if len(rows) >= quota:
                break
        return rows[:quota]

    def values(self, query: Query, rows_C: Ints) -> Iterator[Column]:
        """How many shoppers ever chose it, as a logarithm."""
        yield np.log1p(query.bundle.statistics.total_N[rows_C])


class Text(CandidateSource):
    """The best sellers of the texts nearest to those of what the shopper came for lately, sold or not."""

    name, columns = "text", ("text", "text nearest", "text of the last", "text of the one before")

    def fit_graph(self, past: Past) -> Graph | None:
        """Links to the nearest texts, where all could be compared; elsewhere an answer asks for those nearest to it."""
        return None if past.repeats or past.items > MOST_ITEMS else Graph.of(text_steps_of(past))

    def retrieve(self, query: Query) -> Ints | None:
        """Along the model's links of texts; where it has none, items of the nearest texts, up to twice the quota."""
        if self.name in query.bundle.links:
            return query.best(query.flow(self.name, "near"), query.quota(self.name))
        order_N, starts = query.bundle.rows_by_text
        quota = query.quota(self.name)
        texts = query.nearest_texts(quota)
        places = starts[texts][:, None] + np.arange(OF_A_TEXT)
        rows: Ints = order_N[places[places < starts[texts + 1][:, None]]]
        return rows[query.free_N[rows]][: 2 * quota]

    def values(self, query: Query, rows_C: Ints) -> Iterator[Column]:
        """The mean of what they came for, the closest of the latest items, the last, and the one before it."""
        bundle, latest = query.bundle, query.shopper.rows_K[:RECENT_ITEMS]
        texts_CT = bundle.text_MT[bundle.text_row_N[rows_C]]
        yield texts_CT @ query.interest_T
        cosines_CK = texts_CT @ bundle.text_MT[bundle.text_row_N[latest]].T
        cosines_CK[rows_C[:, None] == latest[None, :]] = 0  # the candidate itself is not counted
        yield cosines_CK.max(axis=1)
        yield cosines_CK[:, 0]
        yield cosines_CK[:, 1] if len(latest) > 1 else 0.0


class New(CandidateSource):
    """New items whose texts are nearest to the shopper's."""

    name = "new"

    def retrieve(self, query: Query) -> Ints | None:
        """The new items by the cosine of their texts; None for a shopper without events."""
        if not len(query.shopper):
            return None
        rows = np.flatnonzero(query.bundle.borrowed_N & query.free_N)
        cosines = query.bundle.text_MT[query.bundle.text_row_N[rows]] @ query.interest_T
        return best_rows(rows, cosines, query.quota(self.name))


class Image(CandidateSource):
    """Items whose photos are nearest to those of what the shopper came for lately."""

    name, columns = "image", ("image", "image nearest")

    def is_active(self, bundle: ModelBundle) -> bool:
        """Whether the model has photos."""
        return bundle.photos is not None

    def retrieve(self, query: Query) -> Ints | None:
        """Of the front's photos those with a cosine above 0; None without photos, or for a shopper without events."""
        if query.bundle.photos is None or not len(query.shopper):
            return None
        rows, photos_FI = query.bundle.photo_front
        cosines_F = photos_FI @ self._seen(query)
        near = np.flatnonzero((cosines_F > 0) & query.free_N[rows])
        return best_rows(rows[near], cosines_F[near], query.quota(self.name))

    def _seen(self, query: Query) -> NDArray[np.float32]:
        if query.bundle.photos is None:
            raise ValueError("photos: this model has none")
        return query.bundle.photos.mean(query.shopper.rows_K, query.interest_K)

    def values(self, query: Query, rows_C: Ints) -> Iterator[Column]:
        """Cosines with what the shopper came for, and the greatest with a latest item's; ValueError without photos."""
        photos = query.bundle.photos
        if photos is None:
            raise ValueError("photos: the ranker looks at them, the model has none")
        latest, photos_CI = query.shopper.rows_K[:RECENT_ITEMS], photos.at(rows_C)
        yield photos_CI @ self._seen(query)
        cosines = photos_CI @ photos.at(latest).T
        cosines[rows_C[:, None] == latest[None, :]] = 0
        yield cosines.max(axis=1)


class Trusted(CandidateSource):
    """What the people whom the shopper trusts came for lately, by the share of them."""

    name, columns = "trusted", ("trusted",)

    def retrieve(self, query: Query) -> Ints | None:
        """By the share of the people trusted; None where nobody is trusted, or for a shopper without events."""
        if not query.shopper.background.trusted or not len(query.shopper):
            return None
        rows, shares = trusted_choices(query.bundle, query.shopper)
        free = query.free_N[rows]
        return best_rows(rows[free], shares[free], query.quota(self.name))

    def values(self, query: Query, rows_C: Ints) -> Iterator[Column]:
        """The share of the people trusted who came for it."""
        if not query.shopper.background.trusted:
            yield 0.0
            return
        rows, shares = trusted_choices(query.bundle, query.shopper)
        share_N = np.zeros(query.items, dtype=np.float32)
        share_N[rows] = shares
        yield share_N[rows_C]


def trusted_choices(bundle: ModelBundle, shopper: Shopper) -> tuple[Ints, NDArray[np.float32]]:
    """What the people the shopper trusts came for lately, and which share of them came for each."""
    trusted = shopper.background.trusted
    rows, shares = bundle.catalogue.rows_of(trusted), np.array(list(trusted.values()), dtype=np.float32)
    return rows[rows >= 0], shares[rows >= 0]


class Demographic(CandidateSource):
    """What sells best among shoppers of the same attributes."""

    name, default_quota, columns = "demographic", 15, ("demographic",)

    def retrieve(self, query: Query) -> Ints | None:
        """By sales and by how much oftener such shoppers choose it; None where the attributes say nothing.

        A shopper without events gets as many as the quota of best sellers says.
        """
        quota = query.quota(self.name) if len(query.shopper) else query.quota("popular")
        return of_like_shoppers(query.bundle, query.shopper.background, query.free_N, quota)

    def values(self, query: Query, rows_C: Ints) -> Iterator[Column]:
        """The logarithm of how much more often shoppers of these attributes choose it; 0 where nothing is known."""
        demographics, attributes = query.bundle.demographics, query.shopper.background.attributes
        if demographics is None or not attributes:
            yield 0.0
            return
        yield demographics.everywhere(attributes, query.items)[rows_C]


class Search(CandidateSource):
    """What fits the queries of late."""

    name, default_quota = "search", 20

    def retrieve(self, query: Query) -> Ints | None:
        """Of the front, by the cosine with the queries; None where nothing was searched for.

        A shopper without events gets as many as the quota of best sellers says.
        """
        if query.search_intent is None:
            return None
        quota = query.quota(self.name) if len(query.shopper) else query.quota("popular")
        return find_fitting(query.bundle, query.search_intent, query.free_N, quota)


for _source in (Sequence, Alike, Popular, Text, New, Image, Trusted, Demographic, Search):
    register(_source())
