"""Scores from whole histories side by side: a linear model of items from items (EASE), and shoppers alike.

It knows a matrix of shoppers and items. EASE is solved on the smaller side: shoppers or items.

Shape suffixes: U shoppers, Q queries, N items.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp

from benchmarks.baselines.graphs import diagonal, prune_rows, scaled
from benchmarks.baselines.items import normalised_rows
from benchmarks.baselines.log import Floats, Ints

MOST = 20_000  # it solves a dense system of the fewer of shoppers and items


@dataclass(frozen=True)
class Ease:
    """Embarrassingly shallow autoencoder (Steck 2019): item weights of zero diagonal, in closed form."""

    weights_NN: Floats | None  # solved on the items' side
    owned_UN: sp.csr_matrix  # else by the matrix inversion lemma
    solved_UN: Floats | None
    diagonal_N: Floats
    penalty: float

    @classmethod
    def fit(cls, owned_UN: sp.csr_matrix, penalty: float) -> "Ease":
        shoppers, items = owned_UN.shape
        if min(shoppers, items) > MOST:
            raise ValueError(f"EASE: {shoppers} shoppers and {items} items; one of them must be {MOST} at most")
        if shoppers >= items:
            gram = (owned_UN.T @ owned_UN).toarray().astype(np.float32)
            gram[np.diag_indices(items)] += penalty
            inverse = np.linalg.inv(gram)
            diagonal_N = np.diag(inverse).copy()
            weights = -inverse / diagonal_N
            weights[np.diag_indices(items)] = 0
            return cls(weights, owned_UN, None, diagonal_N, penalty)
        gram = (owned_UN @ owned_UN.T).toarray().astype(np.float64) + penalty * np.eye(shoppers)
        solved = np.linalg.solve(gram, owned_UN.toarray()).astype(np.float32)
        explained = np.asarray(owned_UN.multiply(solved).sum(axis=0)).ravel()
        return cls(None, owned_UN, solved, ((1 - explained) / penalty).astype(np.float32), penalty)

    def scores(self, history_QN: sp.csr_matrix) -> Floats:
        if self.weights_NN is not None:
            return np.asarray(history_QN @ self.weights_NN, dtype=np.float32)
        own = history_QN.toarray()
        overlap = (history_QN @ self.owned_UN.T).toarray()
        projected = (own - overlap @ self.solved_UN) / self.penalty
        return np.asarray(own - projected / self.diagonal_N, dtype=np.float32)


@dataclass(frozen=True)
class AlikeShoppers:
    """What the shoppers whose histories are most alike did lately."""

    unit_UN: sp.csr_matrix
    recent_UN: sp.csr_matrix
    rarity_N: Floats

    @classmethod
    def fit(cls, owned_UN: sp.csr_matrix, recent_UN: sp.csr_matrix) -> "AlikeShoppers":
        buyers_N = np.bincount(owned_UN.indices, minlength=owned_UN.shape[1])
        rarity_N = np.log(owned_UN.shape[0] / (buyers_N + 1.0)).clip(min=0).astype(np.float32)
        return cls(normalised_rows((owned_UN @ diagonal(rarity_N)).tocsr()), recent_UN, rarity_N)

    @cached_property
    def _unit_NU(self) -> sp.csr_matrix:
        return self.unit_UN.T.tocsr()

    def scores(self, history_QN: sp.csr_matrix, own_Q: Ints, counts: Sequence[int]) -> list[Floats]:
        """For each of `counts`, what so many of the most alike did, of shape (Q, N).

        `own_Q`: the row of the shopper who asks, who isn't their own neighbour.
        """
        unit_QN = normalised_rows((history_QN @ diagonal(self.rarity_N)).tocsr())
        alike_QU = (unit_QN @ self._unit_NU).tocsr()
        query = np.repeat(np.arange(alike_QU.shape[0]), np.diff(alike_QU.indptr))
        alike_QU.data[alike_QU.indices == own_Q[query]] = 0
        return [self._chosen(prune_rows(alike_QU, count)) for count in counts]

    def _chosen(self, alike_QU: sp.csr_matrix) -> Floats:
        alike_QU.data = alike_QU.data ** np.float32(1.5)
        total_Q = np.asarray(alike_QU.sum(axis=1)).ravel() + 1e-9
        return np.asarray((scaled(alike_QU, 1 / total_Q, None) @ self.recent_UN).toarray(), dtype=np.float32)
