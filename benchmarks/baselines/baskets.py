"""TIFU-KNN (Hu et al. 2020): personal frequency that fades within and between groups of baskets, and neighbours'.

It knows a task; a basket is a shopper's day. Settings are the paper's for grocery shops.

Shape suffixes: Q queries, U shoppers, N items.
"""

import numpy as np
import scipy.sparse as sp

from benchmarks.baselines.log import Floats, Queries, at_end
from benchmarks.baselines.plain import Fitted
from benchmarks.quality.protocols import Task

GROUPS, WITHIN, BETWEEN = 7, 0.9, 0.6
NEIGHBOURS, OWN_PART = 300, 0.7


def tifu_knn(task: Task, seed: int) -> Fitted:
    known = np.flatnonzero(task.log.lengths_U > 0)
    baskets_UN = basket_weights(at_end(task.log, known), task.items)
    size_U = np.asarray(baskets_UN.multiply(baskets_UN).sum(axis=1)).ravel()

    def scores(queries: Queries) -> Floats:
        own_QN = basket_weights(queries, task.items)
        distance_QU = size_U - 2 * (own_QN @ baskets_UN.T).toarray()
        distance_QU[queries.users_Q[:, None] == known] = np.inf
        count = min(NEIGHBOURS, len(known))
        near = np.argpartition(distance_QU, count - 1, axis=1)[:, :count]
        shape = distance_QU.shape
        picked_QU = sp.csr_matrix(
            (np.full(near.size, 1 / count, dtype=np.float32), (np.repeat(np.arange(len(near)), count), near.ravel())),
            shape=shape,
        )
        mixed = OWN_PART * own_QN + (1 - OWN_PART) * (picked_QU @ baskets_UN)
        return np.asarray(mixed.toarray(), dtype=np.float32)

    return Fitted(scores, baskets_UN.nnz)


def basket_weights(queries: Queries, items: int) -> sp.csr_matrix:
    """Each query's history as weights of shape (Q, N): the mean of its groups of baskets, later ones weighing more."""
    query, _, place = queries.history(4000)
    day = np.floor(queries.log.times_L[place])
    new = np.ones(len(day), dtype=bool)
    new[1:] = (day[1:] != day[:-1]) | (query[1:] != query[:-1])
    number = np.cumsum(new) - 1  # baskets counted over all queries, the latest of each query first
    first = np.full(len(queries), len(day))
    np.minimum.at(first, query, number)
    back = number - first[query]
    baskets_Q = np.zeros(len(queries), dtype=np.int64)
    np.maximum.at(baskets_Q, query, back + 1)
    size_Q = np.maximum(-(-baskets_Q // GROUPS), 1)
    group, within = back // size_Q[query], back % size_Q[query]
    groups_Q = np.maximum(-(-baskets_Q // size_Q), 1)
    weight = WITHIN**within / size_Q[query] * BETWEEN**group / groups_Q[query]
    shape = (len(queries), items)
    # an item counts once a basket
    entries = np.unique(number * items + queries.log.items_L[place], return_index=True)[1]
    chosen = (query[entries], queries.log.items_L[place[entries]])
    return sp.csr_matrix((weight[entries].astype(np.float32), chosen), shape=shape)
