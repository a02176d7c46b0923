"""Shoppers alike: what those whose histories are most like this one's bought lately.

It knows shoppers as rows of numbers, without their ids: a sample of the shop's, those that did most.

Shape suffixes: N items, U shoppers of the sample, K the asking shopper's distinct items.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from recommender.models.counting.sparse_graph import Flow, Graph, Links
from recommender.models.tensors import Tensors

MOST_LATELY, MOST_EVER = 5_000, 30_000  # shoppers, where products repeat and where they don't
RECENT_DAYS = 56
CLOSE, WIDE = 50, 300  # how many are asked
SHARPNESS = 1.5  # a likeness's power: the most alike count for more


@dataclass(frozen=True, slots=True)
class UserKnn:
    """Shoppers as neighbours of one who asks, by the cosine of their histories, in which rare items weigh more.

    User-based nearest neighbours (Resnick et al., "GroupLens", CSCW 1994). What counts of neighbours is what they
    chose lately; in a shop whose products don't repeat, whatever they ever chose.
    """

    shoppers_of: Graph  # from an item to the shoppers who have it, with its part of each one's unit history
    recent_items: Graph  # from a shopper to what they bought lately
    rarity_N: NDArray[np.float32]

    def flows(self, rows_K: NDArray[np.int64], taste_K: NDArray[np.float32]) -> tuple[Flow, Flow]:
        """How much the shoppers most alike bought each item lately, once of few of them and once of many.

        `taste_K`, (K,), is how much each of the shopper's items `rows_K`, (K,), counts.
        """
        alike_U = self.likeness(rows_K, taste_K)
        return self._bought_by(alike_U, CLOSE), self._bought_by(alike_U, WIDE)

    def _bought_by(self, alike_U: NDArray[np.float64], count: int) -> Flow:
        best = np.argpartition(-alike_U, count - 1)[:count] if len(alike_U) > count else np.arange(len(alike_U))
        best = np.sort(best[alike_U[best] > 0])
        weights = (alike_U[best] ** SHARPNESS).astype(np.float32)
        return Links.of(self.recent_items, best).carrying(weights / max(float(weights.sum()), 1e-9))

    def likeness(self, rows_K: NDArray[np.int64], taste_K: NDArray[np.float32]) -> NDArray[np.float64]:
        """The cosine, (U,), of each shopper's history with that of the one who asks.

        `taste_K`, (K,), is how much each of the latter's items `rows_K`, (K,), counts.
        """
        weights_K = taste_K * self.rarity_N[rows_K]
        entries, owners = self.shoppers_of.links_from(rows_K)
        products = self.shoppers_of.weights_E[entries] * weights_K[owners]
        likeness: NDArray[np.float64] = np.bincount(
            self.shoppers_of.indices_E[entries], products, minlength=len(self.recent_items)
        ) / max(float(np.linalg.norm(weights_K)), 1e-9)
        return likeness

    def grown(self, count: int) -> "UserKnn":
        """With `count` items more that nobody has."""
        rarity_N = np.concatenate([self.rarity_N, np.zeros(count, dtype=np.float32)])
        return UserKnn(self.shoppers_of.grown(count), self.recent_items, rarity_N)

    def tensors(self) -> Tensors:
        """The rarity of items, and the arrays of the two graphs under their names."""
        parts = {"shoppers_of": self.shoppers_of, "recent_items": self.recent_items}
        named = {f"{part}.{name}": array for part, graph in parts.items() for name, array in graph.tensors().items()}
        return {"rarity_N": self.rarity_N, **named}


def fit_user_knn(
    users: NDArray[np.integer[Any]],
    items: NDArray[np.integer[Any]],
    taste: NDArray[np.float32],
    recent: NDArray[np.bool_],
    count: int,
    most: int = MOST_LATELY,
) -> UserKnn:
    """`taste`: how much each event says now; `recent`: which events are; of the shoppers the most active ones stay."""
    shoppers = int(users.max(initial=-1)) + 1
    active = np.bincount(users, taste, minlength=shoppers)
    kept_U = np.sort(np.argsort(-active, kind="stable")[:most])
    place_U = np.full(shoppers, -1)
    place_U[kept_U] = np.arange(len(kept_U))
    places = place_U[users]
    known = places >= 0
    tastes = _matrix(taste[known], places[known], items[known], (len(kept_U), count))
    tastes.data = tasted(tastes.data)
    owners_N = np.bincount(tastes.indices, minlength=count)
    rarity_N = np.log(max(len(kept_U), 1) / (owners_N + 1.0)).clip(min=0).astype(np.float32)
    unit = tastes @ sp.diags(rarity_N)
    lengths = np.sqrt(np.asarray(unit.multiply(unit).sum(axis=1)).ravel())
    unit = sp.diags((1 / np.maximum(lengths, 1e-9)).astype(np.float32)) @ unit
    lately = known & recent
    bought = _matrix(np.ones(lately.sum()), places[lately], items[lately], (len(kept_U), count))
    bought.data[:] = 1
    return UserKnn(Graph.of(unit.T.tocsr()), Graph.of(bought), rarity_N)


def tasted(strength: NDArray[np.float32]) -> NDArray[np.float32]:
    """Strengths of items, the many damped."""
    rooted: NDArray[np.float32] = np.sqrt(np.clip(strength, 0, 3))
    return rooted


def _matrix(
    values: NDArray[Any], rows: NDArray[np.integer[Any]], columns: NDArray[np.integer[Any]], shape: tuple[int, int]
) -> sp.csr_matrix:
    return sp.csr_matrix((values.astype(np.float32), (rows, columns)), shape=shape)
