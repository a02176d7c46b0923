"""Item-to-item graphs of a log: which item follows which, which are bought by the same shoppers, and their factors.

It knows events as arrays, not what they are for.

Shape suffixes: N items, R rank.
"""

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from benchmarks.baselines.log import Floats, Log

ORDERS = 4  # that ties are taken in
WINDOW, DECAY, BACKWARD = 10, 0.8, 0.4  # how far transitions reach, and what the way back counts


def transitions(log: Log, items: int, window: int, decay: float, within_days: float | None = None) -> sp.csr_matrix:
    """From an item to those that came within the next `window` events of the same shopper, nearer ones weighing more.

    With `within_days` a pair also fades as e to the minus its distance in time over that many days. Tied events are
    taken in a few orders of chance, each of which counts as much.
    """
    if not log.has_ties:
        return _transitions(log, items, window, decay, within_days)
    total = sp.csr_matrix((items, items), dtype=np.float32)
    for seed in range(ORDERS):
        total = total + _transitions(log.reordered(seed), items, window, decay, within_days)
    return total / np.float32(ORDERS)


def _transitions(log: Log, items: int, window: int, decay: float, within_days: float | None) -> sp.csr_matrix:
    users_L, rows, columns, weights = log.users_L, [], [], []
    for step in range(1, window + 1):
        at = np.flatnonzero(users_L[:-step] == users_L[step:]) if step < len(users_L) else np.empty(0, dtype=np.int64)
        rows.append(log.items_L[at])
        columns.append(log.items_L[at + step])
        weight = np.full(len(at), decay ** (step - 1))
        if within_days is not None:
            weight *= np.exp(-np.abs(log.times_L[at + step] - log.times_L[at]) / within_days)
        weights.append(weight)
    entries = np.concatenate(weights).astype(np.float32)
    return sp.csr_matrix((entries, (np.concatenate(rows), np.concatenate(columns))), shape=(items, items))


def shared(log: Log, items: int, most: int = 200) -> sp.csr_matrix:
    """Items of the same shopper's latest `most`, symmetric; a shopper of many items says less about each pair."""
    place_L = log.bounds_U[log.users_L + 1] - 1 - np.arange(len(log.items_L))
    latest = place_L < most
    owned = sp.csr_matrix(
        (np.ones(latest.sum(), dtype=np.float32), (log.users_L[latest], log.items_L[latest])),
        shape=(log.shoppers, items),
    )
    owned.data[:] = 1
    counts = np.maximum(np.asarray(owned.sum(axis=1)).ravel(), 1)
    graph = (owned.T @ sp.diags((1 / counts).astype(np.float32)) @ owned).tocsr()
    graph.setdiag(0)
    graph.eliminate_zeros()
    return graph


def scaled(
    graph: sp.csr_matrix, rows: NDArray[np.generic] | None, columns: NDArray[np.generic] | None
) -> sp.csr_matrix:
    """Rows and columns multiplied by these factors."""
    result = graph if rows is None else diagonal(rows) @ graph
    return (result if columns is None else result @ diagonal(columns)).tocsr()


def diagonal(values: NDArray[np.generic]) -> sp.dia_matrix:
    return sp.diags(np.asarray(values, dtype=np.float32))


def prune_rows(graph: sp.csr_matrix, keep: int) -> sp.csr_matrix:
    """The `keep` heaviest entries of each row."""
    bounds, chosen = graph.indptr, np.ones(graph.nnz, dtype=np.bool_)
    for row in np.flatnonzero(np.diff(bounds) > keep):
        part = slice(bounds[row], bounds[row + 1])
        chosen[part][np.argpartition(-graph.data[part], keep)[keep:]] = False
    kept = np.concatenate([[0], np.cumsum(np.minimum(np.diff(bounds), keep))])
    return sp.csr_matrix((graph.data[chosen], graph.indices[chosen], kept), shape=graph.shape)


def factors(matrix: sp.csr_matrix, rank: int, seed: int, rounds: int = 3) -> tuple[Floats, Floats, Floats]:
    """A randomised SVD: (left, values, right), the largest first; lower rank where the matrix is smaller."""
    rank = min(rank, *matrix.shape)
    rng = np.random.default_rng(seed)
    basis = rng.standard_normal((matrix.shape[1], min(rank + 16, *matrix.shape))).astype(np.float32)
    transposed = matrix.T.tocsr()
    for _ in range(rounds):
        basis, _ = np.linalg.qr(transposed @ (matrix @ basis))
    left, values, right = np.linalg.svd(matrix @ basis, full_matrices=False)
    return left[:, :rank], values[:rank], (basis @ right.T)[:, :rank]


def unit(vectors: Floats) -> Floats:
    result: Floats = vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)
    return result


def owned_matrix(log: Log, items: int) -> sp.csr_matrix:
    """1 where the shopper has the item, of shape (U, N)."""
    ones = np.ones(len(log.items_L), dtype=np.float32)
    owned = sp.csr_matrix((ones, (log.users_L, log.items_L)), shape=(log.shoppers, items))
    owned.data[:] = 1
    return owned
