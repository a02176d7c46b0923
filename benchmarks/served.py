"""The model that `retrain` fits and the service asks, as a row of the comparison: the very functions of both.

It knows how a task's arrays become a catalogue and a log of events, and nothing of how anything is learned.

Shape suffixes: Q queries, N items.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from benchmarks.baselines import Fitted
from benchmarks.protocols import Task
from recommender.artifacts import ModelBundle
from recommender.catalogue import SCHEMA, Catalogue
from recommender.profiles import profile_vectors
from recommender.ranker.items import ItemFacts
from recommender.ranker.log import Floats, Log, Queries
from recommender.ranking import rank
from recommender.signals import DAY, PURCHASE
from recommender.statistics import Events
from training import dataset
from training.dataset import shoppers_at
from training.fitting import Origin, Texts, learn
from training.params import TrainParams

OPENED = datetime(2000, 1, 1, tzinfo=UTC)  # day 0 of a log
EPOCHS = 6  # of so many windows
_AT_ONCE = 256


def served(task: Task, seed: int) -> Fitted:
    """Only for tasks that ask what follows one moment, as the service does."""
    if task.moment is None or not task.intervals:
        raise ValueError("zhiyin as served: answers at one moment only; use --protocol temporal")
    catalogue, events = catalogue_of(task.facts), events_of(task.log)
    params = _params(task, seed)
    origin = Origin("measured", params.until, "", "")
    vectors = task.facts.vectors_NE
    texts = Texts("", vectors, np.arange(len(vectors), dtype=np.int32))
    bundle = learn(catalogue, texts, events, params, origin, {})
    return Fitted(lambda queries: _scores(bundle, events, queries, task.items), _parameters(bundle))


def _params(task: Task, seed: int) -> TrainParams:
    """The ranker learns from the intervals that "zhiyin" learns from: `retrain` does so with the same two settings."""
    start, end = task.intervals[-1]
    length = max(1, round(end - start))
    until = OPENED + timedelta(days=float(task.moment or 0)) + timedelta(days=length)
    first = float(task.log.times_L.min(initial=0.0))
    days = min(max(2 * length + 1, int(np.ceil(float(task.moment or 0) - first)) + length), 3_660)
    most = int(np.ceil(2 * (days - 2 * length) / length))  # half a window apart, all of them after the start
    windows = min(len(task.intervals), most)
    return TrainParams(
        until=until, days=days, test_days=length, ranker_windows=windows, ranker_epochs=EPOCHS, seed=seed
    )


def catalogue_of(facts: ItemFacts) -> Catalogue:
    def names(kind: str) -> list[str]:
        unknown = facts.unknown[kind]
        return ["" if code == unknown else f"{kind}{code}" for code in facts.groups[kind].tolist()]

    levels = zip(names("level1"), names("level2"), names("category"), strict=True)
    empty: Sequence[Any] = [None] * len(facts)
    columns: dict[str, Sequence[Any]] = dict.fromkeys(SCHEMA, empty) | {
        "item_id": [str(row) for row in range(len(facts))],
        "brand": names("brand"),
        "categories": [[name for name in path if name] for path in levels],
    }
    return Catalogue(pl.DataFrame({name: pl.Series(name, columns[name], SCHEMA[name]) for name in SCHEMA}))


def events_of(log: Log) -> dataset.Log:
    count, opened = len(log.items_L), int(OPENED.timestamp())
    events = Events(
        users=log.users_L.astype(np.int32),
        items=log.items_L.astype(np.int32),
        event_types=np.full(count, PURCHASE, dtype=np.int8),
        values=np.full(count, np.nan, dtype=np.float32),
        times=opened + np.floor(log.times_L * DAY).astype(np.int64),
    )
    ids = np.array([str(place) for place in range(count)], dtype=object)
    return dataset.Log([str(user) for user in range(log.shoppers)], events, ids)


def _scores(bundle: ModelBundle, events: dataset.Log, queries: Queries, items: int) -> Floats:
    """The service's ranking of each shopper who asks; what it doesn't rank comes last."""
    moments = np.unique(queries.moments_Q)
    total = np.full((len(queries), items), -np.inf, dtype=np.float32)
    everything = np.ones(items, dtype=bool)
    for moment in moments:
        asked = np.flatnonzero(queries.moments_Q == moment)
        second = int(OPENED.timestamp()) + int(np.floor(moment * DAY))
        shoppers = shoppers_at(events, queries.users_Q[asked], bundle.catalogue, second)
        for start in range(0, len(asked), _AT_ONCE):
            batch = shoppers[start : start + _AT_ONCE]
            for row, shopper, vector in zip(asked[start:], batch, profile_vectors(bundle, batch), strict=False):
                _, rows, scores = rank(bundle, shopper, vector, everything)
                total[row, rows] = scores
    return total


def _parameters(bundle: ModelBundle) -> int:
    learned = sum(parameter.numel() for parameter in bundle.sequence.parameters())
    return learned + sum(array.size for array in bundle.ranker.tensors().values())
