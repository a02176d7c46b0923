"""Systems a good engineer would try first. Each learns from a task's log and scores all items of a batch of queries.

It knows a task. Settings were chosen on Amazon Beauty's and The Complete Journey's validation items, or are the
method's usual ones; none was chosen on a test item.

Shape suffixes: Q queries, N items.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from benchmarks.baselines.graphs import BACKWARD, DECAY, WINDOW, owned_matrix, scaled, shared, transitions, unit
from benchmarks.baselines.log import Floats, Queries, at_end
from benchmarks.baselines.neighbours import Ease
from benchmarks.quality.protocols import Task

Scorer = Callable[[Queries], Floats]
Fit = Callable[[Task, int], "Fitted"]
_TEXT_WEIGHT = 0.4
_EVER = 1e9


@dataclass(frozen=True)
class Fitted:
    """`scores(queries)` of shape (Q, N); -inf for what the system would never show."""

    scores: Scorer
    parameters: int = 0


def popularity(task: Task, seed: int) -> Fitted:
    counts_N = np.bincount(task.log.items_L, minlength=task.items).astype(np.float32)
    return Fitted(lambda queries: np.tile(counts_N, (len(queries), 1)))


def personal_frequency(task: Task, seed: int) -> Fitted:
    return _personal(task, _EVER)


def recent_personal_frequency(task: Task, seed: int) -> Fitted:
    return _personal(task, 60.0)


def _personal(task: Task, half_life_days: float) -> Fitted:
    counts_N = np.bincount(task.log.items_L, minlength=task.items)
    popular_N = (1e-6 * counts_N / max(counts_N.max(), 1)).astype(np.float32)
    return Fitted(lambda queries: queries.by_age(task.items, half_life_days).toarray() + popular_N)


def item_knn(task: Task, seed: int) -> Fitted:
    """Cosine of items by their shoppers, the latest items weighing more."""
    together = shared(task.log, task.items)
    rare = 1 / np.sqrt(np.bincount(task.log.items_L, minlength=task.items) + 1.0)
    graph = scaled(together, rare, rare)
    step = 0.6 ** (1 / task.log.visit_size)
    return Fitted(
        lambda queries: (queries.by_place(task.items, step, int(50 * task.log.visit_size)) @ graph).toarray(),
        graph.nnz,
    )


def ease(task: Task, seed: int) -> Fitted:
    """Of what a shopper has; where products repeat, of the logarithm of how often."""
    model = Ease.fit(_had(at_end(task.log, np.arange(task.log.shoppers)), task), 300.0 if task.repeats else 100.0)
    return Fitted(lambda queries: model.scores(_had(queries, task)), task.items**2)


def _had(queries: Queries, task: Task) -> sp.csr_matrix:
    if not task.repeats:
        return _owned(queries, task.items)
    often = queries.by_age(task.items, _EVER)
    often.data = np.log1p(often.data)
    return often


def implicit_als(task: Task, seed: int) -> Fitted:
    """`implicit`'s ALS; a query's shopper is folded in from their history."""
    from implicit.als import AlternatingLeastSquares

    rank = 64 if task.repeats else 256
    model = AlternatingLeastSquares(
        factors=rank, regularization=0.05, alpha=2.0, iterations=12, num_threads=1, random_state=seed
    )
    model.fit(owned_matrix(task.log, task.items), show_progress=False)

    def scores(queries: Queries) -> Floats:
        own = _owned(queries, task.items)
        shoppers = model.recalculate_user(np.arange(len(queries)), own)
        return np.asarray(shoppers @ model.item_factors.T, dtype=np.float32)

    return Fitted(scores, rank * (task.items + task.log.shoppers))


def text_similarity(task: Task, seed: int) -> Fitted:
    vectors_NE = task.facts.vectors_NE
    return Fitted(lambda queries: unit(queries.by_place(task.items, 0.5) @ vectors_NE) @ vectors_NE.T)


def transition_graph(task: Task, seed: int) -> Fitted:
    graph = _graph(task)
    return Fitted(lambda queries: (queries.by_place(task.items, 0.5) @ graph).toarray(), graph.nnz)


def transition_graph_and_text(task: Task, seed: int) -> Fitted:
    graph, vectors_NE = _graph(task), task.facts.vectors_NE

    def scores(queries: Queries) -> Floats:
        history = queries.by_place(task.items, 0.5)
        led = (history @ graph).toarray() / np.maximum(np.asarray(history.sum(axis=1)), 1e-9)
        return np.asarray(led + _TEXT_WEIGHT * (unit(history @ vectors_NE) @ vectors_NE.T), dtype=np.float32)

    return Fitted(scores, graph.nnz)


def _graph(task: Task) -> sp.csr_matrix:
    forward = transitions(task.log, task.items, WINDOW, DECAY)
    both = (forward + BACKWARD * forward.T).tocsr()
    return scaled(both, 1 / np.sqrt(np.asarray(both.sum(axis=1)).ravel() + 1e-3), None)


def _owned(queries: Queries, items: int) -> sp.csr_matrix:
    own = queries.by_age(items, _EVER)
    own.data[:] = 1
    return own


BASELINES: dict[str, Fit] = {
    "popularity": popularity,
    "personal frequency": personal_frequency,
    "recency-weighted personal frequency": recent_personal_frequency,
    "ItemKNN with recency decay": item_knn,
    "EASE": ease,
    "implicit ALS": implicit_als,
    "text similarity": text_similarity,
    "transition graph": transition_graph,
    "transition graph + text": transition_graph_and_text,
}
