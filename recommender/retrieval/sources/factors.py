"""The graph of transitions in few numbers: unit vectors of items by a randomised singular value decomposition.

Halko, Martinsson and Tropp, "Finding Structure with Randomness", SIAM Review 2011.

Shape suffixes: N items, R rank.
"""

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from recommender.models.counting.item_statistics import Statistics
from recommender.utils.vectors import normalise_rows

Floats = NDArray[np.float32]
ROUNDS, MORE = 3, 16
RARE = 5.0  # added to how many have an item
DAMPED = 3.0  # added to an item's flow before it is scaled


def factorise(statistics: Statistics, rank: int) -> Floats:
    """float32 of shape (N, R), rows of length 1 (or 0 where an item has no link)."""
    graph, count = statistics.transitions, len(statistics.transitions)
    steps = sp.csr_matrix((graph.weights_E, graph.indices_E, graph.indptr), shape=(count, count))
    weighed = sp.diags(statistics.flow_N) @ steps
    damped = sp.diags((1 / np.sqrt(statistics.flow_N + DAMPED)).astype(np.float32))
    linked = (damped @ (weighed + weighed.T) @ damped).astype(np.float32).tocsr()
    left, values, _ = decompose(linked, rank)
    vectors_NR = left * np.sqrt(values)
    unit_NR: Floats = normalise_rows(vectors_NR).astype(np.float32)
    return unit_NR


def taste_factors(owned_UN: sp.csr_matrix, rank: int) -> tuple[Floats, Floats]:
    """Directions of whole histories, (N, R), and how rare each item is, (N,), by which they are scaled."""
    rarity_N = (1 / np.sqrt(np.asarray(owned_UN.sum(axis=0)).ravel() + RARE)).astype(np.float32)
    _, _, right = decompose((owned_UN @ sp.diags(rarity_N)).tocsr(), rank)
    return right.astype(np.float32), rarity_N


def decompose(matrix: sp.csr_matrix, rank: int) -> tuple[Floats, Floats, Floats]:
    """(left, values, right), the largest first; a lower rank where the matrix is smaller."""
    rank = min(rank, *matrix.shape)
    rng = np.random.default_rng(0)
    basis = rng.standard_normal((matrix.shape[1], min(rank + MORE, *matrix.shape))).astype(np.float32)
    transposed = matrix.T.tocsr()
    for _ in range(ROUNDS):
        basis, _ = np.linalg.qr(transposed @ (matrix @ basis))
    left, values, right = np.linalg.svd(matrix @ basis, full_matrices=False)
    return left[:, :rank], values[:rank], (basis @ right.T)[:, :rank]
