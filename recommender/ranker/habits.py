"""Columns of repeat buying: when the shopper bought each candidate, by days and by trips, and whether it is due.

It knows a batch of queries, their candidates and the cycles of items; nothing after a query's moment.

Shape suffixes: Q queries, C candidates, H events of all histories, N items.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from recommender.ranker.batch import Batch
from recommender.ranker.cycles import Cycles
from recommender.ranker.log import Floats, Ints, Mask

EDGES_DAYS = (0, 7, 14, 21, 28, 42, 56, 91, 182, 400)
TRIPS, TRIP_HALF_LIVES = (3, 8, 20), (4, 12)
_ALL, _NEVER, _MONTH = 4000, 400.0, 30.0
_GAPS_TRUSTED = 2.0  # own gaps that count as much as everybody's

Column = tuple[str, Floats]


@dataclass(frozen=True)
class Purchases:
    """The histories' events; those of candidates with the cell, query by candidate, that they belong to."""

    batch: Batch
    rows_QC: Ints

    @cached_property
    def events(self) -> tuple[Ints, Ints, NDArray[np.float64]]:
        """(query, item, time) of each, the latest of a query first."""
        log = self.batch.queries.log
        query_H, _, place_H = self.batch.queries.history(_ALL)
        return query_H, log.items_L[place_H], log.times_L[place_H]

    @cached_property
    def age_H(self) -> NDArray[np.float64]:
        """In days before the query's moment."""
        query_H, _, time_H = self.events
        return self.batch.queries.moments_Q[query_H] - time_H

    @cached_property
    def trip_H(self) -> Ints:
        """How many trips back each event was; the latest is 1."""
        query_H, _, time_H = self.events
        day_H = np.floor(time_H)
        new_H = np.ones(len(day_H), dtype=np.bool_)
        new_H[1:] = (day_H[1:] != day_H[:-1]) | (query_H[1:] != query_H[:-1])
        number_H = np.cumsum(new_H)
        first_Q = np.full(len(self.batch.queries), len(number_H) + 1)
        np.minimum.at(first_Q, query_H, number_H)
        back_H: Ints = number_H - first_Q[query_H] + 1
        return back_H

    @cached_property
    def cells(self) -> tuple[Ints, Ints]:
        """(event, cell) of the events that are a candidate's."""
        query_H, item_H, _ = self.events
        place_QN = np.full((len(self.batch.queries), self.batch.sources.items), -1, dtype=np.int32)
        np.put_along_axis(place_QN, self.rows_QC, np.arange(self.rows_QC.shape[1], dtype=np.int32)[None], axis=1)
        place_H = place_QN[query_H, item_H]
        event = np.flatnonzero(place_H >= 0)
        return event, query_H[event] * self.rows_QC.shape[1] + place_H[event]

    def summed(self, weight_H: NDArray[np.generic]) -> Floats:
        event, cell = self.cells
        return self._in_cells(cell, np.asarray(weight_H, dtype=np.float64)[event])

    def least(self, value_H: NDArray[np.generic], never: float) -> Floats:
        event, cell = self.cells
        found = np.full(self.rows_QC.size, never, dtype=np.float32)
        np.minimum.at(found, cell, np.asarray(value_H, dtype=np.float32)[event])
        return found.reshape(self.rows_QC.shape)

    def gaps(self) -> tuple[Floats, Floats, Floats]:
        """How many gaps between days of purchase, their sum and the sum of their squares."""
        event, cell = self.cells
        day = np.floor(self.events[2][event])
        order = np.lexsort((day, cell))
        cell, gap = cell[order][1:], np.diff(day[order])
        apart = (np.diff(self.cells[1][order]) == 0) & (gap > 0)
        powers = (np.ones(apart.sum()), gap[apart], gap[apart] ** 2)
        return tuple(self._in_cells(cell[apart], power) for power in powers)  # type: ignore[return-value]

    def _in_cells(self, cell: Ints, weights: NDArray[np.float64]) -> Floats:
        found = np.bincount(cell, weights, minlength=self.rows_QC.size)
        return found.reshape(self.rows_QC.shape).astype(np.float32)


def habits(batch: Batch, rows_QC: Ints, cycles: Cycles) -> Iterator[Column]:
    bought = Purchases(batch, rows_QC)
    yield from _when(bought)
    yield from _due(bought, cycles)
    yield from _ways(bought)


def _when(bought: Purchases) -> Iterator[Column]:
    age_H = bought.age_H
    for low, high in pairwise(EDGES_DAYS):
        yield f"own of {low} to {high} days", bought.summed((age_H >= low) & (age_H < high))
    yield "own trips since", np.log(bought.least(bought.trip_H, _NEVER / 2))
    for trips in TRIPS:
        yield f"own of {trips} trips", bought.summed(bought.trip_H <= trips) / np.float32(trips)
    for half_life in TRIP_HALF_LIVES:
        yield f"own by trips {half_life}", bought.summed(np.exp2(-bought.trip_H / half_life))


def _due(bought: Purchases, cycles: Cycles) -> Iterator[Column]:
    """Time since the last purchase beside the shopper's own gaps, drawn to everybody's where those are few."""
    since = bought.least(bought.age_H, _NEVER)
    usual = cycles.gap_N[bought.rows_QC]
    count, total, squares = bought.gaps()
    gap = (total + _GAPS_TRUSTED * usual) / (count + _GAPS_TRUSTED)
    mean = total / np.maximum(count, 1)
    spread = np.sqrt((squares / np.maximum(count, 1) - mean**2).clip(0)) / np.maximum(mean, 1)
    has = since < _NEVER
    yield "usual gap", np.log1p(usual)
    yield "gap", np.log1p(gap)
    yield "due by gap", np.where(has, np.log((since + 1) / (gap + 1)), -4)
    yield "gap spread", np.where(count > 1, spread, -1)
    yield "back", np.where(has, cycles.back(since, bought.rows_QC), 0)


def _ways(bought: Purchases) -> Iterator[Column]:
    """The same for all candidates of a query: how much is bought in a month, how much of it again."""
    query_H, item_H, _ = bought.events
    age_H = bought.age_H
    shape = (len(bought.batch.queries), bought.batch.sources.items)

    def items(chosen_H: Mask) -> sp.csr_matrix:
        entries = (np.ones(int(chosen_H.sum()), dtype=np.float32), (query_H[chosen_H], item_H[chosen_H]))
        found = sp.csr_matrix(entries, shape=shape)
        found.data[:] = 1
        return found

    def size(matrix: sp.csr_matrix) -> Floats:
        return np.asarray(matrix.sum(axis=1), dtype=np.float32)

    now, last = items(age_H < _MONTH), items((age_H >= _MONTH) & (age_H < 2 * _MONTH))
    again, kept = now.multiply(items(age_H >= _MONTH)), now.multiply(last)
    for name, value_Q1 in {
        "items of a month": np.log1p(size(now)),
        "share bought again": (size(again) + 2) / (size(now) + 4),
        "share kept": (size(kept) + 1) / (size(last) + 5),
    }.items():
        yield name, np.broadcast_to(value_Q1, bought.rows_QC.shape)
