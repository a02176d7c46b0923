"""Columns of shops where products seldom repeat: how a candidate stands among its kind, and how the shopper wanders.

It knows a batch of queries and their candidates. Shops of repeat products tell the same of the shopper's own purchases.

Shape suffixes: Q queries, C candidates, N items, H latest items of a history.
"""

from collections.abc import Iterator

import numpy as np

from recommender.ranker.batch import Batch
from recommender.ranker.log import Floats, Ints, Mask

KINDS = ("brand", "category", "level2")
_LATEST, _DAY_EVENTS, _DECAY = 10, 20, 0.8

Column = tuple[str, Floats]


def standing(batch: Batch, rows_QC: Ints) -> Iterator[Column]:
    yield from _among_their_kind(batch, rows_QC)
    latest_QH, there_QH = batch.queries.latest(_LATEST)
    yield from _seen_before(batch, rows_QC, latest_QH, there_QH)
    yield from _wandering(batch, rows_QC, latest_QH, there_QH)


def _among_their_kind(batch: Batch, rows_QC: Ints) -> Iterator[Column]:
    """The candidate's part of what its brand or category sells, and how much that is."""
    counts_N = batch.sources.counts_N
    for name, group_N in batch.sources.facts.groups.items():
        sold_N = np.bincount(group_N, counts_N)[group_N]
        yield f"part within {name}", np.log((counts_N + 0.5) / (sold_N + 3)).astype(np.float32)[rows_QC]
        yield f"sold within {name}", np.log1p(sold_N).astype(np.float32)[rows_QC]
    yield "length of its histories", batch.sources.history_N[rows_QC]


def _seen_before(batch: Batch, rows_QC: Ints, latest_QH: Ints, there_QH: Mask) -> Iterator[Column]:
    """How many of the latest items are of the candidate's kind, and how far back the nearest of them is."""
    same: dict[str, Mask] = {}
    for name in KINDS:
        group_N, unknown = batch.sources.facts.groups[name], batch.sources.facts.unknown[name]
        groups_QC = group_N[rows_QC]
        same[name] = (group_N[latest_QH][:, :, None] == groups_QC[:, None, :]) & there_QH[:, :, None]
        same[name] &= (groups_QC != unknown)[:, None, :]
        yield f"{name} how often", same[name].sum(axis=1, dtype=np.float32)
        first_QC = np.where(same[name].any(axis=1), same[name].argmax(axis=1), _LATEST)
        yield f"{name} how far back", first_QC.astype(np.float32)
    both_QHC = (same["brand"] & same["category"]).astype(np.float32)
    yield "brand and category", np.einsum("qhc,h->qc", both_QHC, _DECAY ** np.arange(_LATEST, dtype=np.float32))


def _wandering(batch: Batch, rows_QC: Ints, latest_QH: Ints, there_QH: Mask) -> Iterator[Column]:
    """How many brands the shopper lately touched for each item, and how much happened on the last day."""
    brands_QH = np.where(there_QH, batch.sources.facts.groups["brand"][latest_QH], -1)
    brands_QH.sort(axis=1)
    new_QH = np.diff(brands_QH, axis=1, prepend=-1) > 0
    spread_Q = new_QH.sum(axis=1) / np.maximum(there_QH.sum(axis=1), 1)
    queries = batch.queries
    query, _, place = queries.history(_DAY_EVENTS)
    times_L = queries.log.times_L
    same_day = np.floor(times_L[place]) == np.floor(times_L[queries.ends_Q[query] - 1])
    day_Q = np.bincount(query, same_day, minlength=len(queries))
    for name, value_Q in (("spread of brands", spread_Q), ("events of the last day", day_Q)):
        yield name, np.broadcast_to(value_Q[:, None].astype(np.float32), rows_QC.shape)
