"""Examples for the listwise ranker: questions of the past whose answers are known, asked of honest sources.

Two ways to ask. Where sequences are split by place, shoppers are folded: the sources that a shopper's examples are
read from were fitted without any of that shopper's events. Where they are split by time, the sources end before the
answers begin. Either way no example sees its own answer.

Shape suffixes: Q queries, C candidates, F columns, U shoppers, L events.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.ranker.batch import Batch
from recommender.ranker.features import columns
from recommender.ranker.items import ItemFacts
from recommender.ranker.log import Floats, Ints, Log, Mask, Queries, at_moment
from recommender.ranker.network import Halves, Scaler
from recommender.ranker.sources import Sources, fit_sources

Progress = Callable[[str], None]


@dataclass(frozen=True)
class RankerParams:
    """Chosen on validation; `targets` is how many of a shopper's last events become answers."""

    candidates: int = 400
    folds: int = 6
    targets: int = 2
    later_weight: float = 0.5  # an answer one event further away counts this much less
    epochs: int = 6
    hidden: int = 64
    queries_a_step: int = 64
    learning_rate: float = 3e-3
    weight_decay: float = 1e-3
    new_items_weight: float = 0.5  # shops of repeat products: the list of products new to the shopper, besides all
    left_out: tuple[str, ...] = ()  # columns whose names start so are done without
    seed: int = 0


@dataclass(frozen=True)
class Examples:
    """Queries with at least one answer among their candidates."""

    names: tuple[str, ...]
    scaler: Scaler
    scaled_QCF: Halves
    wanted_QC: Floats  # how much each candidate is the answer; 0 for most
    new_QC: Mask  # the shopper didn't have it before


def batches(sources: Sources, queries: Queries, size: int = 250) -> Iterator[tuple[slice, Batch]]:
    for start in range(0, len(queries), size):
        part = slice(start, start + size)
        yield part, Batch(sources, queries.take(part))


def kept_columns(names: list[str], values_QCF: Floats, params: RankerParams) -> tuple[list[str], Floats]:
    kept = [place for place, name in enumerate(names) if not name.startswith(params.left_out or ("\0",))]
    if len(kept) == len(names):
        return names, values_QCF
    return [names[place] for place in kept], values_QCF[:, :, kept]


class _Collector:
    """Batches of columns and labels, scaled as they come."""

    def __init__(self, params: RankerParams) -> None:
        self.params = params
        self.names: tuple[str, ...] = ()
        self.scaler: Scaler | None = None
        self.parts: list[tuple[Halves, Floats, Mask]] = []

    def add(self, batch: Batch, wanted: Callable[[Ints], Floats]) -> None:
        rows_QC = batch.candidates(self.params.candidates)
        wanted_QC = wanted(rows_QC)
        names, values_QCF = kept_columns(*columns(batch, rows_QC), self.params)
        if self.scaler is None:
            self.names, self.scaler = tuple(names), Scaler.fit(values_QCF, self.params.seed)
        useful_Q = wanted_QC.any(axis=1)
        new_QC = np.take_along_axis(batch.own.toarray(), rows_QC, axis=1) == 0
        self.parts.append((self.scaler.apply(values_QCF[useful_Q]), wanted_QC[useful_Q], new_QC[useful_Q]))

    def examples(self) -> Examples:
        if self.scaler is None or not any(len(part[0]) for part in self.parts):
            raise ValueError("interactions: no shopper's next item is among the candidates; nothing to learn from")
        scaled, wanted, new = (np.concatenate(column) for column in zip(*self.parts, strict=True))
        return Examples(self.names, self.scaler, scaled, wanted, new)


def sequence_examples(
    facts: ItemFacts, log: Log, repeats: bool, params: RankerParams, progress: Progress = lambda _: None
) -> Examples:
    """Each shopper's last events as answers; sources are fitted on the other folds of shoppers."""
    fold_U = np.random.default_rng(params.seed).integers(0, params.folds, log.shoppers)
    collector = _Collector(params)
    for fold in range(params.folds):
        progress(f"examples, fold {fold + 1} of {params.folds}")
        sources = fit_sources(facts, log.of_shoppers(fold_U != fold), repeats, seed=params.seed)
        for later in range(params.targets):
            users = np.flatnonzero((fold_U == fold) & (log.lengths_U > later + 1))
            ends = log.bounds_U[users + 1] - 1 - later
            queries = Queries(log, users, ends, log.times_L[ends - 1])
            for part, batch in batches(sources, queries):
                collector.add(batch, _next_events(log, ends[part], later, params.later_weight))
    return collector.examples()


def _next_events(log: Log, ends_Q: Ints, later: int, weight: float) -> Callable[[Ints], Floats]:
    def wanted(rows_QC: Ints) -> Floats:
        wanted_QC = np.zeros(rows_QC.shape, dtype=np.float32)
        for step in range(later, -1, -1):
            wanted_QC[rows_QC == log.items_L[ends_Q + step][:, None]] = weight**step
        return wanted_QC

    return wanted


def interval_examples(
    facts: ItemFacts,
    log: Log,
    intervals: list[tuple[float, float]],
    params: RankerParams,
    progress: Progress = lambda _: None,
) -> Examples:
    """All that shoppers bought in each interval of days as answers; sources end where the interval begins."""
    collector = _Collector(params)
    for start, end in intervals:
        progress(f"examples, days {start:.0f} to {end:.0f}")
        past = log.before(start)
        bought = log.kept((log.times_L >= start) & (log.times_L < end))
        sources = fit_sources(facts, past, repeats=True, moment=start, seed=params.seed)
        users = np.flatnonzero((past.lengths_U > 0) & (bought.lengths_U > 0))
        for _, batch in batches(sources, at_moment(past, users, start)):
            collector.add(batch, _bought(bought, batch.queries.users_Q, len(facts)))
    return collector.examples()


def _bought(log: Log, users_Q: Ints, items: int) -> Callable[[Ints], Floats]:
    table: NDArray[np.float32] = np.zeros((len(users_Q), items), dtype=np.float32)
    for row, user in enumerate(users_Q):
        table[row, log.items_L[log.bounds_U[user] : log.bounds_U[user + 1]]] = 1
    return lambda rows_QC: np.take_along_axis(table, rows_QC, axis=1)
