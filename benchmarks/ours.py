"""The full system and its ablations, as a row of the comparison like any other.

It knows a task; what it fits is `training`'s and `recommender.ranker`'s code, nothing of its own.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import scipy.sparse as sp

from benchmarks.baselines import Fit, Fitted
from benchmarks.moments import point_in_time
from benchmarks.protocols import Task, without_text
from benchmarks.served import served
from recommender.ranker.log import Floats, Queries
from recommender.ranker.sources import Sources, fit_sources
from training.ranker import (
    Progress,
    RankerParams,
    batches,
    interval_examples,
    sequence_examples,
    sized,
)  # fmt: skip
from training.ranker_collector import Examples, NothingToLearn
from training.ranker_fitting import fit_listwise, rank_all

_GRAPHS = (
    "forward", "backward", "share", "together", "occasion", "damped", "lift", "next", "two_steps", "step_then_text",
    "text_then_step", "place", "small place", "directed place", "flow", "links",
    "brand step", "category step", "level2 step", "step", "two steps", "text then step",
)  # fmt: skip
_TIMED = ("popularity of 30", "popularity of 120", "popularity of 400", "age", "log rising", "lately")


_PARAMS = RankerParams()
_REPEATS: dict[str, Any] = {
    "queries_a_step": 32, "candidates": 700, "networks": 4, "list_weight": 0.3, "swaps_weight": 1.0,
    "new_items_weight": 1.0, "trees": 320,
}  # fmt: skip


def zhiyin(
    params: RankerParams = _PARAMS,
    change: Callable[[Task], Task] | None = None,
    trust_UU: sp.csr_matrix | None = None,
) -> Fit:
    def fit(task: Task, seed: int, progress: Progress = lambda _: None) -> Fitted:
        task = change(task) if change else task
        own_params = replace(_sized(params, task), seed=seed)
        examples = _examples(task, own_params, progress, trust_UU)
        mixture = examples.mixture if examples else None
        sources = fit_sources(task.facts, task.log, task.repeats, task.moment, seed, mixture, trust_UU)
        if examples:
            towers = examples.towers.on(task.log) if examples.towers else None
            fresh = own_params.cold_share > 0
            sources = replace(sources, sequence=examples.sequence, towers=towers, keeps_fresh=fresh)
        return _fitted(examples, sources, own_params, progress)

    return fit


def _fitted(examples: Examples | None, sources: Sources, params: RankerParams, progress: Progress) -> Fitted:
    """Without examples to learn from the mixture that finds candidates ranks them."""
    if examples is None:
        return Fitted(lambda queries: np.concatenate([batch.mixed for _, batch in batches(sources, queries)]))
    ranker = fit_listwise(examples, params, progress)

    def scores(queries: Queries) -> Floats:
        rows_QC, scores_QC = rank_all(sources, ranker, queries, params)
        total = np.full((len(queries), sources.items), -np.inf, dtype=np.float32)
        np.put_along_axis(total, rows_QC, scores_QC, axis=1)
        return total

    return Fitted(scores, ranker.parameters)


def _examples(task: Task, params: RankerParams, progress: Progress, trust_UU: sp.csr_matrix | None) -> Examples | None:
    try:
        if task.intervals:
            return interval_examples(task.facts, task.log, task.intervals, params, progress, task.repeats)
        return sequence_examples(task.facts, task.log, task.repeats, params, progress, trust_UU)
    except NothingToLearn:
        return None


def _sized(params: RankerParams, task: Task) -> RankerParams:
    """Shops of repeat products have few shoppers with many answers each: smaller steps, more candidates, LambdaLoss."""
    params = sized(params, task.log, task.items, task.repeats)
    return replace(params, **_REPEATS) if task.intervals and task.repeats else params


TEMPORAL_ONLY = ("zhiyin as served",)
SYSTEMS: dict[str, Fit] = {
    "zhiyin": zhiyin(),
    "zhiyin as served": served,
    "zhiyin without LLM text": zhiyin(change=without_text),
    "zhiyin without transitions": zhiyin(RankerParams(left_out=_GRAPHS)),
    "zhiyin without popularity over time": zhiyin(RankerParams(left_out=_TIMED)),
    "zhiyin without sequence model": zhiyin(RankerParams(sequence=False)),
    "zhiyin without fine-tuning": zhiyin(RankerParams(towers=False)),
    "zhiyin without multi-task": zhiyin(RankerParams(new_items_weight=0.0, groups_weight=0.0)),
    "zhiyin, point-in-time context": point_in_time,
}
