"""The ranker's columns: what sources say of each candidate, and what is known of item, shopper and the two together.

It knows a batch of queries and their candidates; the same code makes them for training, measuring and serving.

Shape suffixes: Q queries, C candidates, F columns, N items, H latest items of a history.
"""

from collections.abc import Iterator

import numpy as np
import scipy.sparse as sp

from recommender.ranker.batch import Batch
from recommender.ranker.habits import habits
from recommender.ranker.log import Floats, Ints, Mask
from recommender.ranker.sources import SPAN
from recommender.ranker.standing import standing

LATEST = 10
WINDOWS_DAYS = (30, 120, 400)
HALF_LIVES_DAYS = (10.0, 25.0, 60.0, 120.0)
_LED = ("forward", "backward", "share", "together", "occasion")
_LED_MORE = (
    ("damped", "near"), ("lift", "near"), ("together_lift", "near"), ("next", "last"), ("two_steps", "near"),
    ("two_steps", "far"), ("step_then_text", "near"), ("step_then_text", "far"), ("text_then_step", "near"),
    ("text_then_step", "far"), ("links", "latest"),
)  # fmt: skip
_HISTORIES = ("last", "near", "far")
_STEPPED = ("brand", "category", "level2")
_NEVER, _LONG = 400.0, 4000.0  # days
_LEAST = 3e-4  # scores below it are alike

Column = tuple[str, Floats]


def columns(batch: Batch, rows_QC: Ints) -> tuple[list[str], Floats]:
    """(names, values of shape (Q, C, F))."""
    named = [
        *_sources(batch, rows_QC),
        *_towers(batch, rows_QC),
        *_latest(batch, rows_QC),
        *_items(batch, rows_QC),
        *_shopper(batch, rows_QC),
    ]
    if batch.sources.repeats:
        named += [*_own(batch, rows_QC), *_group_habits(batch, rows_QC), *_untried(batch, rows_QC)]
    else:
        named += standing(batch, rows_QC)
    if batch.sources.cycles is not None:
        named += habits(batch, rows_QC, batch.sources.cycles)
    shape = rows_QC.shape
    values = np.empty((*shape, len(named)), dtype=np.float32)
    for place, (_, column) in enumerate(named):
        values[:, :, place] = column
    return [name for name, _ in named], values


def _sources(batch: Batch, rows_QC: Ints) -> Iterator[Column]:
    def of(scores_QN: Floats) -> Floats:
        return np.take_along_axis(scores_QN, rows_QC, axis=1)

    yield "mixed", np.nan_to_num(of(batch.mixed), neginf=0)
    for graph, history in [(graph, history) for graph in _LED for history in _HISTORIES] + list(_LED_MORE):
        yield f"{graph} {history}", of(batch.led(graph, history))
    for history in ("near", "far"):
        yield f"text {history}", of(batch.near_text(history))
        yield f"place {history}", of(batch.near_place("all", history))
    yield "small place near", of(batch.near_place("small", "near"))
    for history in ("last", "near"):
        yield f"words {history}", of(batch.near_words(history))
    yield "directed place", of((batch.histories["near"] @ batch.sources.out_NR) @ batch.sources.in_NR.T)
    for name, scores_QN in batch.others.items():
        yield name, of(scores_QN)
    for name, scores_QN in [*batch.sequence.items(), *batch.trust.items()]:
        yield name, of(scores_QN)
    for name in _STEPPED:
        member, steps = batch.sources.members[name], batch.sources.group_steps[name]
        for history in ("last", "near"):
            led_QG = ((batch.histories[history] @ member) @ steps).toarray()
            groups_QC = batch.sources.facts.groups[name][rows_QC]
            yield f"{name} step {history}", np.take_along_axis(led_QG, groups_QC, axis=1)


def _towers(batch: Batch, rows_QC: Ints) -> Iterator[Column]:
    towers = batch.sources.towers
    if towers is None:
        return
    for name, scores_QN in batch.towers.items():
        yield name, np.take_along_axis(scores_QN, rows_QC, axis=1)
    for history in _HISTORIES:
        yield f"towers' cosine {history}", np.take_along_axis(batch.led_by(towers, history), rows_QC, axis=1)
    by_content = towers.content_cosines(batch.histories["near"])
    yield "towers by content", np.take_along_axis(by_content, rows_QC, axis=1)
    near_QHC = towers.nearest(*batch.queries.latest(LATEST), rows_QC)
    yield "towers nearest", near_QHC.max(axis=1)
    yield "towers nearest of 3", near_QHC[:, :3].max(axis=1)


def _latest(batch: Batch, rows_QC: Ints) -> Iterator[Column]:
    """Against each of the latest items: the nearest, the last, the one before."""
    latest_QH, there_QH = batch.queries.latest(LATEST)
    for name, vectors in (("text", batch.sources.facts.vectors_NE), ("place", batch.sources.places["all"])):
        near_QHC = np.empty((*latest_QH.shape, rows_QC.shape[1]), dtype=np.float32)
        for near_HC, latest_H, rows_C in zip(near_QHC, latest_QH, rows_QC, strict=True):
            np.matmul(vectors[latest_H], vectors[rows_C].T, out=near_HC)
        near_QHC[~there_QH] = -1
        yield f"{name} nearest", near_QHC.max(axis=1)
        yield f"{name} nearest of 3", near_QHC[:, :3].max(axis=1)
        yield f"{name} of the last", near_QHC[:, 0]
        yield f"{name} of the one before", near_QHC[:, 1]
    yield from _shares(batch, rows_QC, latest_QH, there_QH)


def _shares(batch: Batch, rows_QC: Ints, latest_QH: Ints, there_QH: Mask) -> Iterator[Column]:
    facts = batch.sources.facts
    weight_QH = 0.8 ** np.arange(LATEST) * there_QH
    weight_QH = (weight_QH / np.maximum(weight_QH.sum(axis=1, keepdims=True), 1e-9)).astype(np.float32)
    for name, group_N in facts.groups.items():
        same_QHC = (group_N[latest_QH][:, :, None] == group_N[rows_QC][:, None, :]) & there_QH[:, :, None]
        same_QHC &= (group_N[rows_QC] != facts.unknown[name])[:, None, :]
        yield f"{name} share", np.einsum("qhc,qh->qc", same_QHC.astype(np.float32), weight_QH)
        yield f"{name} of the last", same_QHC[:, 0].astype(np.float32)


def _items(batch: Batch, rows_QC: Ints) -> Iterator[Column]:
    sources, moments_Q = batch.sources, batch.queries.moments_Q
    yield "popularity", np.log1p(sources.counts_N)[rows_QC]
    yield "flow", np.log1p(sources.flow_N)[rows_QC]
    yield "repeat rate", sources.repeat_rate_N[rows_QC]
    yield "brand unknown", (sources.facts.groups["brand"] == sources.facts.unknown["brand"])[rows_QC]
    for days in WINDOWS_DAYS:
        yield f"popularity of {days} days", np.log1p(np.take_along_axis(batch.sold_within(days), rows_QC, axis=1))
    yield from _sales(batch, rows_QC)
    yield "age", np.clip(moments_Q[:, None] - sources.first_seen_N[rows_QC], -1, 4000)


def _sales(batch: Batch, rows_QC: Ints) -> Iterator[Column]:
    """How long ago the candidate last sold before the moment, and how often in the week before it."""
    sales_L, moments_Q1 = batch.sources.sales_L, batch.queries.moments_Q[:, None]
    first_QC = np.searchsorted(sales_L, rows_QC * SPAN)
    week_QC = np.searchsorted(sales_L, rows_QC * SPAN + (moments_Q1 - 7).clip(0))
    until_QC = np.searchsorted(sales_L, rows_QC * SPAN + moments_Q1, "right")
    sold_QC = until_QC > first_QC
    latest_QC = sales_L[(until_QC - 1).clip(0)] - rows_QC * SPAN
    yield "idle", np.where(sold_QC, (moments_Q1 - latest_QC).clip(0, _LONG), _LONG)
    yield "popularity of 7 days", np.log1p(until_QC - week_QC)


def _shopper(batch: Batch, rows_QC: Ints) -> Iterator[Column]:
    """The same for all candidates of a query: the ranker reads them as context."""
    queries, log = batch.queries, batch.queries.log
    last_QH, there_QH = queries.latest(2)
    last_popularity = np.where(there_QH[:, 0], np.log1p(batch.sources.counts_N)[last_QH[:, 0]], 0)
    last_time = log.times_L[np.maximum(queries.ends_Q - 1, 0)]
    before = log.times_L[np.maximum(queries.ends_Q - 2, queries.starts_Q)]
    for name, value_Q in {
        "history": np.log1p(queries.lengths_Q),
        "popularity of the last": last_popularity,
        "days between the last": last_time - before,
        "days since the last": queries.moments_Q - last_time,
    }.items():
        yield name, np.broadcast_to(value_Q[:, None].astype(np.float32), rows_QC.shape)


def _own(batch: Batch, rows_QC: Ints) -> Iterator[Column]:
    """The shopper's own purchases of the candidate: how often, how lately, and whether it's time again."""
    queries, items = batch.queries, batch.sources.items
    count = _taken(batch.own, rows_QC)
    for half_life in HALF_LIVES_DAYS:
        taken, trips_Q1 = _taken(queries.by_age(items, half_life), rows_QC), queries.trips(half_life)[:, None]
        yield f"own {half_life:.0f}", taken
        yield f"own a trip {half_life:.0f}", taken / (trips_Q1 + np.float32(0.5))
        yield f"trips {half_life:.0f}", np.broadcast_to(trips_Q1, rows_QC.shape)
    query, _, place = queries.history(4000)
    age_L = (queries.moments_Q[query] - queries.log.times_L[place]).astype(np.float32)
    entries = (query, queries.log.items_L[place])
    since_QN = np.full((len(queries), items), _NEVER, dtype=np.float32)
    np.minimum.at(since_QN, entries, age_L)
    first_QN = np.zeros((len(queries), items), dtype=np.float32)
    np.maximum.at(first_QN, entries, age_L)
    since, first = (np.take_along_axis(extreme_QN, rows_QC, axis=1) for extreme_QN in (since_QN, first_QN))
    gap = np.where(count > 1, (first - since) / np.maximum(count - 1, 1), 0)
    yield "own", count
    yield "own since", since
    yield "own first", first
    yield "own gap", gap
    yield "due", np.where(count > 1, since / np.maximum(gap, 1), -1).clip(-1, 8)
    yield "new to the shopper", (count == 0).astype(np.float32)


def _group_habits(batch: Batch, rows_QC: Ints) -> Iterator[Column]:
    """How much of the candidate's category and brand the shopper buys, and the candidate's part of it."""
    facts, items = batch.sources.facts, batch.sources.items
    recent, lasting = batch.queries.by_age(items, 25.0), batch.queries.by_age(items, 120.0)
    sold_N = np.bincount(batch.sources.sorted_items_L, minlength=items).astype(np.float32)
    for name, group_N in facts.groups.items():
        member = sp.csr_matrix((np.ones(items, dtype=np.float32), (np.arange(items), group_N)))
        groups_QC = group_N[rows_QC]
        for length, history in (("recent", recent), ("lasting", lasting)):
            total = (history @ member).toarray()
            within: Floats = np.take_along_axis(total, groups_QC, axis=1)
            yield f"{length} {name}", within
            yield f"{length} {name} share", within / (total.sum(axis=1, keepdims=True) + np.float32(0.5))
            yield f"{length} part of {name}", (_taken(history, rows_QC) + np.float32(0.02)) / (within + np.float32(0.1))
        part_N: Floats = np.log((sold_N + 0.5) / ((sold_N @ member)[group_N] + 1)).astype(np.float32)
        yield f"part of {name} sold", part_N[rows_QC]


def _untried(batch: Batch, rows_QC: Ints) -> Iterator[Column]:
    """What whole histories say as logarithms, which tell apart the many small ones; and what sells more than it did."""
    for name, scores_QN in {
        "ease": batch.others.get("ease"),
        "ease ever": batch.others.get("ease ever"),
        "untried": batch.untried,
        "alike": batch.others["alike_wide"],
        "rising": batch.rising,
    }.items():
        if scores_QN is not None:
            yield f"log {name}", np.log(np.take_along_axis(scores_QN, rows_QC, axis=1).clip(0) + np.float32(_LEAST))


def _taken(history: sp.csr_matrix, rows_QC: Ints) -> Floats:
    return np.take_along_axis(history.toarray(), rows_QC, axis=1)
