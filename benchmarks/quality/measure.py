"""A fitted system's answers counted: recall, NDCG and hit rate, by the library's own metric code.

It knows scores and right answers, not who made them.

Shape suffixes: Q queries, P positions, N items.
"""

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.baselines.log import Floats, Ints, Mask
from benchmarks.baselines.plain import Fitted
from benchmarks.quality.protocols import Task
from recommender.ranking.metrics import hit_rate_at, ndcg_at, recall_at

PLACES = (5, 10, 20)
_BATCH = 250


@dataclass(frozen=True)
class Measured:
    metrics: dict[str, float]
    ms_per_user: float


def measure(fitted: Fitted, task: Task) -> Measured:
    found: dict[str, list[tuple[Mask, NDArray[np.int64]]]] = {view: [] for view in task.views}
    seconds = 0.0
    for start in range(0, len(task.queries), _BATCH):
        part = slice(start, start + _BATCH)
        started = time.perf_counter()
        scores_QN = fitted.scores(task.queries.take(part))
        seconds += time.perf_counter() - started
        for view, (right, left_out) in task.views.items():
            kept = scores_QN if left_out is None else np.where(left_out[part].toarray() > 0, -np.inf, scores_QN)
            right_QN = right[part].toarray() > 0
            best_QP = first_places(kept, max(PLACES))
            shown_QP = np.isfinite(np.take_along_axis(kept, best_QP, axis=1))
            hits_QP = np.take_along_axis(right_QN, best_QP, axis=1) & shown_QP
            found[view].append((hits_QP, right_QN.sum(axis=1)))
    metrics: dict[str, float] = {}
    for view, parts in found.items():
        hits_QP, relevant_Q = (np.concatenate(column) for column in zip(*parts, strict=True))
        for k in PLACES:
            metrics[f"NDCG@{k}{view}"] = ndcg_at(hits_QP, relevant_Q, k)
            metrics[f"Recall@{k}{view}"] = recall_at(hits_QP, relevant_Q, k)
        metrics[f"HR@10{view}"] = hit_rate_at(hits_QP, relevant_Q, 10)
    return Measured(metrics, 1000 * seconds / max(len(task.queries), 1))


def first_places(scores_QN: Floats, count: int) -> Ints:
    """The rows of the `count` highest scores, best first; ties by row, and rows are in no order that means anything."""
    count = min(count, scores_QN.shape[1])
    best = np.argpartition(-scores_QN, count - 1, axis=1)[:, :count]
    best.sort(axis=1)
    order = np.argsort(-np.take_along_axis(scores_QN, best, axis=1), axis=1, kind="stable")
    return np.take_along_axis(best, order, axis=1)
