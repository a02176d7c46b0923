"""Items from items by a linear model of whole histories, in closed form, pruned to the strongest links.

EASE: Steck, "Embarrassingly Shallow Autoencoders for Sparse Data", WWW 2019. Solved on the side of shoppers, of whom
there are fewer than items in most shops of repeat products; the least-sold items, which have little to be learned of,
take no part.

Shape suffixes: U shoppers, N items, S items that take part.
"""

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from recommender.data.event_weights import decay, strengths
from recommender.models.counting.sparse_graph import Graph, prune
from recommender.retrieval.base import Past

RECENT_PENALTY, EVER_PENALTY = 300.0, 1000.0
TASTE_DAYS = 90.0
MOST_SHOPPERS = 6_000
LEAST_BUYERS = 3
ROWS_AT_ONCE = 1000


def fit_ease(past: Past, recent: bool) -> Graph | None:
    """Of what is bought now (`recent`) or was ever bought; None in shops whose shoppers don't come back to items."""
    if not past.repeats or not len(past.events):
        return None
    bought_UN = _bought(past, recent)
    buyers_N = np.bincount(bought_UN.indices, minlength=past.items)
    chosen_S = np.argsort(-buyers_N, kind="stable")[: past.config.ease_items]
    chosen_S = np.sort(chosen_S[buyers_N[chosen_S] >= LEAST_BUYERS])
    if not len(chosen_S):
        return None
    links_SS = solve(bought_UN[:, chosen_S].tocsr(), RECENT_PENALTY if recent else EVER_PENALTY, past.config.neighbours)
    rows = chosen_S[np.repeat(np.arange(len(chosen_S)), np.diff(links_SS.indptr))]
    lengths_N = np.bincount(rows, minlength=past.items)
    indptr = np.concatenate([[0], np.cumsum(lengths_N)])
    return Graph(indptr.astype(np.int64), chosen_S[links_SS.indices].astype(np.int32), links_SS.data)


def _bought(past: Past, recent: bool) -> sp.csr_matrix:
    """Of shape (U, N), of the shoppers who did most; roots of decayed counts, or ones."""
    events = past.events
    weights = np.maximum(strengths(events.event_types, events.values), 0)
    if recent:
        weights = weights * decay(events.times, past.statistics.until, TASTE_DAYS)
    shape = (int(events.users.max(initial=-1)) + 1, past.items)
    bought_UN = sp.csr_matrix((weights.astype(np.float32), (events.users, events.items)), shape=shape)
    bought_UN.data = np.sqrt(np.minimum(bought_UN.data, 3)) if recent else (bought_UN.data > 0).astype(np.float32)
    most_U = np.sort(np.argsort(-np.asarray(bought_UN.sum(axis=1)).ravel(), kind="stable")[:MOST_SHOPPERS])
    return bought_UN[most_U]


def solve(bought_US: sp.csr_matrix, penalty: float, keep: int) -> sp.csr_matrix:
    """Weights of shape (S, S) without a diagonal, of which each row keeps its `keep` greatest above 0.

    With X = `bought_US` and K = X X' + penalty, the weight from i to j is x_i' K^-1 x_j / (1 - x_j' K^-1 x_j).
    """
    dense_US = bought_US.toarray().astype(np.float32)
    gram_UU = dense_US @ dense_US.T
    gram_UU[np.diag_indices(len(gram_UU))] += np.float32(penalty)
    solved_US = np.linalg.solve(gram_UU, dense_US)
    explained_S = np.einsum("us,us->s", dense_US, solved_US)
    solved_US /= np.maximum(1 - explained_S, 1e-6)
    blocks = []
    for start in range(0, dense_US.shape[1], ROWS_AT_ONCE):
        block = dense_US[:, start : start + ROWS_AT_ONCE].T @ solved_US
        own = np.arange(len(block))
        block[own, own + start] = 0
        blocks.append(_greatest(block, keep))
    return sp.vstack(blocks).tocsr()


def _greatest(block: NDArray[np.float32], keep: int) -> sp.csr_matrix:
    keep = min(keep, block.shape[1] - 1)
    columns = np.argpartition(-block, keep, axis=1)[:, :keep]
    values = np.take_along_axis(block, columns, axis=1)
    kept = values > 0
    rows = np.repeat(np.arange(len(block)), kept.sum(axis=1))
    return prune(sp.csr_matrix((values[kept], (rows, columns[kept])), shape=block.shape), keep)
