"""The full system and its ablations, as a row of the comparison like any other.

It knows a task; what it fits is `training`'s and `recommender.ranker`'s code, nothing of its own.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from benchmarks.baselines import Fit, Fitted
from benchmarks.moments import point_in_time
from benchmarks.protocols import Task, without_text
from benchmarks.served import served
from recommender.ranker.log import Floats, Queries
from recommender.ranker.sources import fit_sources
from training.ranker import Progress, RankerParams, interval_examples, sequence_examples
from training.ranker_fitting import fit_listwise, rank_all

_GRAPHS = (
    "forward", "backward", "share", "together", "occasion", "damped", "lift", "next", "two_steps", "step_then_text",
    "text_then_step", "place", "small place", "directed place", "flow", "links",
    "brand step", "category step", "level2 step",
)  # fmt: skip
_TIMED = ("popularity of 30", "popularity of 120", "popularity of 400", "age")


_PARAMS = RankerParams()


def zhiyin(
    params: RankerParams = _PARAMS,
    change: Callable[[Task], Task] | None = None,
    trust_UU: sp.csr_matrix | None = None,
) -> Fit:
    def fit(task: Task, seed: int, progress: Progress = lambda _: None) -> Fitted:
        own_params = replace(_sized(params, task), seed=seed)
        task = change(task) if change else task
        if task.intervals:
            examples = interval_examples(task.facts, task.log, task.intervals, own_params, progress, task.repeats)
        else:
            examples = sequence_examples(task.facts, task.log, task.repeats, own_params, progress, trust_UU)
        ranker = fit_listwise(examples, own_params, progress)
        seed = own_params.seed
        sources = fit_sources(task.facts, task.log, task.repeats, task.moment, seed, examples.mixture, trust_UU)

        def scores(queries: Queries) -> Floats:
            rows_QC, scores_QC = rank_all(sources, ranker, queries, own_params)
            total = np.full((len(queries), task.items), -np.inf, dtype=np.float32)
            np.put_along_axis(total, rows_QC, scores_QC, axis=1)
            return total

        return Fitted(scores, ranker.parameters)

    return fit


def _sized(params: RankerParams, task: Task) -> RankerParams:
    """Shops of repeat products have few shoppers with many answers each: smaller steps, more candidates."""
    return replace(params, queries_a_step=32, candidates=700) if task.intervals else params


TEMPORAL_ONLY = ("zhiyin as served",)
SYSTEMS: dict[str, Fit] = {
    "zhiyin": zhiyin(),
    "zhiyin as served": served,
    "zhiyin without LLM text": zhiyin(change=without_text),
    "zhiyin without transitions": zhiyin(RankerParams(left_out=_GRAPHS)),
    "zhiyin without popularity over time": zhiyin(RankerParams(left_out=_TIMED)),
    "zhiyin without multi-task": zhiyin(RankerParams(new_items_weight=0.0, groups_weight=0.0)),
    "zhiyin, point-in-time context": point_in_time,
}
