"""The recommender that `retrain` fits and the service asks, and its ablations, as rows of the comparison.

It knows how a task's arrays become a catalogue and a log of events, and nothing of how anything is learned or ranked:
`training.fit.trainer` fits and `recommender.ranking.pipeline.rank` answers, as in service. An ablation leaves sources
or columns out by name.

Shape suffixes: Q queries, N items.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from benchmarks.baselines.items import ItemFacts
from benchmarks.baselines.log import Floats, Log, Queries
from benchmarks.baselines.plain import Fit, Fitted
from benchmarks.common.logged_behaviours import LoggedBehaviours, logged_behaviours
from benchmarks.quality.protocols import Task, without_text
from recommender.data.catalog import SCHEMA, Catalogue
from recommender.data.event_weights import DAY, PURCHASE
from recommender.data.history import MAX_HISTORY, History
from recommender.models.bundle import ModelBundle
from recommender.models.counting.event_arrays import Events
from recommender.models.manifest import SEQUENCES
from recommender.models.new_items import with_items
from recommender.profiles.profile import profile_vectors
from recommender.profiles.user_state import Shopper, prepare_question
from recommender.ranking.pipeline import rank
from recommender.retrieval.sources.behaviour import reads_behaviour
from recommender.settings import get_settings
from training.config import TrainParams
from training.data import interactions as dataset
from training.data.side_info import NOTHING, SideInfo
from training.fit.model_parts import Origin, Texts
from training.fit.trainer import fit_bundle, learn

OPENED = datetime(1990, 1, 1, tzinfo=UTC)  # day 0 of a log whose days don't count from 1970
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LONG_AGO = 5_000  # days: a log that begins later counts them from 1970
MOST_DAYS = 3_660
HELD_OUT_DAYS = 14  # after the log's end, where nothing is
AT_ONCE = 256


def zhiyin(
    change: Callable[[Task], Task] | None = None,
    side_info: SideInfo = NOTHING,
    later_items: bool = False,
    **settings: Any,
) -> Fit:
    """`settings` are fields of `TrainParams`; what isn't named has the default that a shop gets.

    With `later_items` the model is trained on the items that were touched, and the others are added to it afterwards,
    as the service adds items that came after the training.
    """

    def fit(task: Task, seed: int) -> Fitted:
        task = change(task) if change else task
        params, vectors_NE = params_of(task, seed, **settings), task.facts.vectors_NE
        whole = catalogue_of(task.facts)
        kept = np.unique(task.log.items_L) if later_items else np.arange(task.items)
        catalogue, events = Catalogue(whole.frame[kept]), events_of(task.log, kept)
        texts = Texts("", vectors_NE[kept], np.arange(len(kept), dtype=np.int32))
        origin = Origin("measured", params.until, "", "")
        knowing = replace(side_info, behaviour=logged_behaviours(events, catalogue))
        if task.moment is None:
            bundle = learn(catalogue, texts, events, params, origin, {}, side_info=knowing)
        else:  # as `retrain` does it: the last days before the moment are held out for the gate, and counted then
            known = events.since(int(params.start.timestamp()))
            bundle = fit_bundle(catalogue, texts, known, params, origin, side_info=knowing)
        if later_items:
            bundle = with_items(bundle, whole, vectors_NE)
        return Fitted(lambda queries: scores_of(bundle, queries, task.items, events, knowing), parameters_of(bundle))

    return fit


def params_of(task: Task, seed: int, **settings: Any) -> TrainParams:
    """A shop's defaults at the moment that is asked about.

    Where each shopper's last event is asked for there is no such moment: questions lie all over the past, and so do
    examples, and everything in the log is learned from.
    """
    minutes = get_settings().train_minutes
    first, last = float(task.log.times_L.min(initial=0.0)), float(task.log.times_L.max(initial=0.0)) + 1 / DAY
    usual: dict[str, Any] = {"minutes": minutes, "seed": seed}
    if task.moment is not None:
        return TrainParams(**usual | {"until": opened(task.log) + timedelta(days=task.moment)} | settings)
    until = opened(task.log) + timedelta(days=last + HELD_OUT_DAYS)
    days = int(np.clip(np.ceil(last - first) + HELD_OUT_DAYS, 2 * HELD_OUT_DAYS + 1, MOST_DAYS))
    past = {"until": until, "days": days, "test_days": HELD_OUT_DAYS, "examples": SEQUENCES}
    return TrainParams(**usual | past | settings)


def opened(log: Log) -> datetime:
    """Day 0 of the log."""
    return EPOCH if float(log.times_L.min(initial=0.0)) > LONG_AGO else OPENED


def catalogue_of(facts: ItemFacts) -> Catalogue:
    """Items by their row numbers, with the titles, brands and paths that the task knows."""

    def names(kind: str) -> list[str]:
        unknown = facts.unknown[kind]
        return ["" if code == unknown else f"{kind}{code}" for code in facts.groups[kind].tolist()]

    levels = zip(names("level1"), names("level2"), names("category"), strict=True)
    empty: Sequence[Any] = [None] * len(facts)
    columns: dict[str, Sequence[Any]] = dict.fromkeys(SCHEMA, empty) | {
        "item_id": [str(row) for row in range(len(facts))],
        "title": list(facts.titles) or [""] * len(facts),
        "brand": names("brand"),
        "categories": [[name for name in path if name] for path in levels],
    }
    return Catalogue(pl.DataFrame({name: pl.Series(name, columns[name], SCHEMA[name]) for name in SCHEMA}))


def events_of(log: Log, kept_rows: NDArray[np.int64] | None = None) -> dataset.Log:
    """All events are purchases of one piece; items are rows among those kept, of which all events are."""
    count, start = len(log.items_L), int(opened(log).timestamp())
    events = Events(
        users=log.users_L.astype(np.int32),
        items=(log.items_L if kept_rows is None else np.searchsorted(kept_rows, log.items_L)).astype(np.int32),
        event_types=np.full(count, PURCHASE, dtype=np.int8),
        values=np.full(count, np.nan, dtype=np.float32),
        times=start + np.floor(log.times_L * DAY).astype(np.int64),
    )
    ids = np.array([str(place) for place in range(count)], dtype=object)
    return dataset.Log([str(user) for user in range(log.shoppers)], events, ids)


def scores_of(
    bundle: ModelBundle, queries: Queries, items: int, events: dataset.Log, side_info: SideInfo = NOTHING
) -> Floats:
    """The service's ranking of each shopper who asks; what it doesn't rank comes last."""
    total = np.full((len(queries), items), -np.inf, dtype=np.float32)
    everything = np.ones(items, dtype=bool)
    row_of = bundle.catalogue.ids.astype(np.int64)
    stored = store_of(bundle, queries) if reads_behaviour(bundle) else None
    with threadpool_limits(limits=1, user_api="blas"):
        for start in range(0, len(queries), AT_ONCE):
            part = queries.take(slice(start, start + AT_ONCE))
            shoppers = side_info.with_backgrounds(events, part.users_Q, bundle.catalogue, shoppers_of(bundle, part))
            shoppers = with_behaviour(part, shoppers, stored) if stored else shoppers
            vectors = profile_vectors(bundle, shoppers)
            for row, shopper, vector in zip(total[start:], shoppers, vectors, strict=False):
                _, rows, scores = rank(bundle, shopper, vector, everything)
                row[row_of[rows]] = scores
    return total


def store_of(bundle: ModelBundle, queries: Queries) -> LoggedBehaviours:
    """What the feature store would hold of those who ask."""
    rows = bundle.catalogue.rows_of(map(str, range(int(queries.log.items_L.max(initial=-1)) + 1)))
    known = rows[queries.log.items_L] >= 0
    whole = events_of(queries.log)
    events = whole.events.take(known)
    return logged_behaviours(
        dataset.Log(whole.shoppers, replace(events, items=rows[events.items].astype(np.int32)), whole.event_ids[known]),
        bundle.catalogue,
    )


def with_behaviour(queries: Queries, shoppers: list[Shopper], stored: LoggedBehaviours) -> list[Shopper]:
    """As it was at the last midnight before each question."""
    found, moments = list(shoppers), [shopper.asked_at for shopper in shoppers]
    for moment in set(moments):
        places = [place for place, one in enumerate(moments) if one == moment]
        done = stored.at([str(queries.users_Q[place]) for place in places], moment)
        for place, behaviour in zip(places, done, strict=True):
            found[place] = replace(found[place], behaviour=behaviour)
    return found


def shoppers_of(bundle: ModelBundle, queries: Queries) -> list[Shopper]:
    log, start = queries.log, int(opened(queries.log).timestamp())
    found = []
    for user, end, moment in zip(queries.users_Q, queries.ends_Q, queries.moments_Q, strict=True):
        span = np.arange(max(int(log.bounds_U[user]), int(end) - MAX_HISTORY), int(end))
        found.append(prepare_question(
            bundle.manifest, _history(log, span, start), bundle.catalogue, start + int(np.floor(moment * DAY))
        ))  # fmt: skip
    return found


def _history(log: Log, span: NDArray[np.int64], start: int) -> History:
    return History(
        np.array([str(place) for place in span.tolist()], dtype=object),
        np.array([str(row) for row in log.items_L[span].tolist()], dtype=object),
        np.full(len(span), PURCHASE, dtype=np.int8),
        np.full(len(span), np.nan, dtype=np.float32),
        start + np.floor(log.times_L[span] * DAY).astype(np.int64),
    )


def parameters_of(bundle: ModelBundle) -> int:
    return bundle.sequence.parameters + sum(array.size for array in bundle.ranker.tensors().values())


WALKED = ("transitions", "onward", "step_then_text", "text_then_step", "kind_steps", "places")
SOLD = ("sold in 7 days", "sold in 30 days", "sold in 120 days", "sold in 400 days", "idle", "rising", "age")
SYSTEMS: dict[str, Fit] = {
    "zhiyin": zhiyin(),
    "zhiyin without LLM text": zhiyin(change=without_text),
    "zhiyin without transitions": zhiyin(left_out=WALKED),
    "zhiyin without popularity over time": zhiyin(left_out=SOLD),
    "zhiyin without Feast's features": zhiyin(left_out=("behaviour",)),
    "zhiyin without sequence model": zhiyin(left_out=("sequence",)),
    "zhiyin without multi-task": zhiyin(task_weight=0.0),
}
