"""The row "zhiyin, point-in-time context": it knows only what had happened before it is asked, as in production.

It knows a task whose queries carry the moment of the test event. Moments are cut into spans; whoever is asked within a
span is answered by sources that were fitted on what happened before it began, so graphs too end there. Popularity
looks up to the day before the moment itself. Examples are made in the same way of events that came earlier.

Shape suffixes: Q queries, C candidates, N items.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from benchmarks.baselines import Fitted
from benchmarks.protocols import Task
from recommender.ranker.log import Floats, Queries
from recommender.ranker.sources import Sources, fit_sources, with_sales
from training.ranker import Progress, RankerParams, moment_examples, sized, spans_of
from training.ranker_fitting import fit_listwise, rank_all

SPANS = 10


def point_in_time(task: Task, seed: int, progress: Progress = lambda _: None) -> Fitted:
    params = replace(sized(RankerParams(), task.log, task.items, task.repeats), seed=seed)
    if task.asked_at_Q is None:
        raise ValueError("protocol: the point-in-time row needs the moments of test events; it is for leave-one-out")
    examples = moment_examples(task.facts, task.log, task.repeats, params, SPANS, progress)
    ranker = fit_listwise(examples, params, progress)
    queries = replace(task.queries, moments_Q=np.floor(task.asked_at_Q) - 1e-3)
    best = np.full((task.log.shoppers, 2, params.candidates), -1.0, dtype=np.float32)
    for sources, part in _spans(task, queries, examples.mixture, seed):
        rows_QC, scores_QC = rank_all(sources, ranker, part, params)
        best[part.users_Q, 0, : rows_QC.shape[1]] = rows_QC
        best[part.users_Q, 1, : rows_QC.shape[1]] = scores_QC

    def scores(asked: Queries) -> Floats:
        total_QN = np.full((len(asked), task.items), -np.inf, dtype=np.float32)
        for total_N, user in zip(total_QN, asked.users_Q, strict=True):
            found = best[user, 0] >= 0
            total_N[best[user, 0, found].astype(np.int64)] = best[user, 1, found]
        return total_QN

    return Fitted(scores, ranker.parameters)


def _spans(
    task: Task, queries: Queries, mixture: dict[str, float] | None, seed: int
) -> Iterator[tuple[Sources, Queries]]:
    span_Q = spans_of(queries.moments_Q, SPANS)
    for span in range(SPANS):
        part = queries.take(span_Q == span)
        if len(part):
            past = task.log.before(float(part.moments_Q.min()))
            yield with_sales(fit_sources(task.facts, past, task.repeats, seed=seed, mixture=mixture), task.log), part
