"""What a good engineer would put together in a day: the best baselines of a kind of shop, joined by rank or by score.

It knows baselines by name and a task. Which ones join where products repeat was chosen on October of The Complete
Journey; elsewhere they are the two kinds that answer best on Amazon Beauty's validation items.

Shape suffixes: Q queries, N items.
"""

from collections.abc import Callable

import numpy as np

from benchmarks.baselines.baskets import tifu_knn
from benchmarks.baselines.log import Floats, Queries
from benchmarks.baselines.plain import BASELINES, Fit, Fitted
from benchmarks.quality.protocols import Task

REPEATS: dict[str, Fit] = {
    "recency-weighted personal frequency": BASELINES["recency-weighted personal frequency"],
    "TIFU-KNN": tifu_knn,
    "EASE": BASELINES["EASE"],
}
OTHERS: dict[str, Fit] = {name: BASELINES[name] for name in ("transition graph + text", "EASE")}
_FIRST, _SMOOTHED = 200, 60  # places that count, and what is added to each
_SCALED_BY = 20  # the mean of so many of the best scores becomes 1


def rank_fusion(task: Task, seed: int) -> Fitted:
    """Reciprocal rank fusion (Cormack et al. 2009)."""
    return _joined(task, seed, _by_rank)


def score_fusion(task: Task, seed: int) -> Fitted:
    """The sum of scores of one scale (CombSUM, Fox and Shaw 1994)."""
    return _joined(task, seed, _by_score)


def _joined(task: Task, seed: int, worth: Callable[[Floats], Floats]) -> Fitted:
    parts = [fit(task, seed) for fit in (REPEATS if task.repeats else OTHERS).values()]

    def scores(queries: Queries) -> Floats:
        total = np.zeros((len(queries), task.items), dtype=np.float32)
        for part in parts:
            total += worth(part.scores(queries))
        return total

    return Fitted(scores, sum(part.parameters for part in parts))


def _by_rank(scores_QN: Floats) -> Floats:
    first = min(_FIRST, scores_QN.shape[1])
    best = np.argpartition(-scores_QN, first - 1, axis=1)[:, :first]
    order = np.argsort(-np.take_along_axis(scores_QN, best, axis=1), axis=1)
    gained = 1 / (_SMOOTHED + 1 + np.arange(first, dtype=np.float32))
    worth_QN = np.zeros_like(scores_QN)
    np.put_along_axis(worth_QN, np.take_along_axis(best, order, axis=1), gained[None], axis=1)
    return worth_QN


def _by_score(scores_QN: Floats) -> Floats:
    best = min(_SCALED_BY, scores_QN.shape[1])
    highest_QB = -np.partition(-scores_QN, best - 1, axis=1)[:, :best]
    worth_QN: Floats = scores_QN / np.maximum(highest_QB.mean(axis=1, keepdims=True), 1e-9)
    return worth_QN
