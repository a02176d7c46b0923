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
from benchmarks.quality.zhiyin_model import catalogue_of
from recommender.ranking.metrics import hit_rate_at, ndcg_at, recall_at
from recommender.reranking.novelty import find_new, with_room
from recommender.scenarios.orders import MOST

PLACES = (5, 10, 20)
_BATCH = 250
_LIST = 20  # places of a list with room for what is new


@dataclass(frozen=True)
class Measured:
    metrics: dict[str, float]
    ms_per_user: float


def measure(fitted: Fitted, task: Task, novelty: float | None = None) -> Measured:
    """With a share for what is new to the shopper (`recommender.reranking.novelty`), also what it does to the first 20.

    `NDCG@20 with room` and `coverage@20 with room` stand beside the same without; coverage is of all items.
    """
    rooms = None if novelty is None else Rooms(task, novelty)
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
            if rooms is not None and not view:
                rooms.add(kept, right_QN, start)
    metrics: dict[str, float] = {}
    for view, parts in found.items():
        hits_QP, relevant_Q = (np.concatenate(column) for column in zip(*parts, strict=True))
        for k in PLACES:
            metrics[f"NDCG@{k}{view}"] = ndcg_at(hits_QP, relevant_Q, k)
            metrics[f"Recall@{k}{view}"] = recall_at(hits_QP, relevant_Q, k)
        metrics[f"HR@10{view}"] = hit_rate_at(hits_QP, relevant_Q, 10)
    if rooms is not None:
        metrics |= rooms.metrics()
    return Measured(metrics, 1000 * seconds / max(len(task.queries), 1))


class Rooms:
    """Lists of 20 with and without a share for what is new to the shopper, counted alike."""

    def __init__(self, task: Task, share: float) -> None:
        self.share, self.catalogue = share, catalogue_of(task.facts)
        self.own = task.queries.by_age(task.items, 1e9)
        self.hits: list[Mask] = []
        self.shown = {name: np.zeros(task.items, dtype=bool) for name in ("", " with room")}
        self.relevant: list[NDArray[np.int64]] = []

    def add(self, scores_QN: Floats, right_QN: Mask, start: int) -> None:
        """The answers to the queries from `start` on; -inf is of what may not be shown."""
        for place, best in enumerate(first_places(scores_QN, MOST)):
            rows = best[np.isfinite(scores_QN[place, best])]
            new = find_new(self.catalogue, rows, self.own[start + place].indices.astype(np.int64))
            order = with_room(new, self.share)[0] if self.share > 0 else np.arange(len(rows))
            with_it = rows[order[:_LIST]]
            hits_P = np.zeros(_LIST, dtype=bool)
            hits_P[: len(with_it)] = right_QN[place, with_it]
            self.hits.append(hits_P)
            self.shown[""][rows[:_LIST]] = True
            self.shown[" with room"][with_it] = True
        self.relevant.append(right_QN.sum(axis=1))

    def metrics(self) -> dict[str, float]:
        """NDCG and coverage of the first 20."""
        found = {f"coverage@{_LIST}{name}": float(shown.mean()) for name, shown in self.shown.items()}
        found[f"NDCG@{_LIST} with room"] = ndcg_at(np.array(self.hits), np.concatenate(self.relevant), _LIST)
        return found


def first_places(scores_QN: Floats, count: int) -> Ints:
    """The rows of the `count` highest scores, best first; ties by row, and rows are in no order that means anything."""
    count = min(count, scores_QN.shape[1])
    best = np.argpartition(-scores_QN, count - 1, axis=1)[:, :count]
    best.sort(axis=1)
    order = np.argsort(-np.take_along_axis(scores_QN, best, axis=1), axis=1, kind="stable")
    return np.take_along_axis(best, order, axis=1)
