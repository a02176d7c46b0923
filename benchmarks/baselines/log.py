"""Behaviour as arrays: every shopper's items in order of time, and the questions asked of it.

It knows rows and numbers, not ids. Nothing here looks past the end of a query's history. Events of one shopper at one
time are tied: they stand in some order, which the weights of histories (`by_place`, `by_age`) don't depend on, though
`latest` does.

Shape suffixes: L events, U shoppers, Q queries, N items.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Log:
    """Shopper u's events are `bounds_U[u]:bounds_U[u + 1]`, oldest first; times are in days."""

    items_L: Ints
    times_L: NDArray[np.float64]
    bounds_U: Ints  # one more than there are shoppers

    @property
    def shoppers(self) -> int:
        return len(self.bounds_U) - 1

    @cached_property
    def lengths_U(self) -> Ints:
        return np.diff(self.bounds_U)

    @cached_property
    def users_L(self) -> Ints:
        return np.repeat(np.arange(self.shoppers), self.lengths_U)

    @cached_property
    def firsts_L(self) -> Ints:
        """Where the events begin that are tied with each; itself where it has its time to itself."""
        if not len(self.items_L):
            return np.empty(0, dtype=np.int64)
        begins_L = np.ones(len(self.items_L), dtype=np.bool_)
        begins_L[1:] = (np.diff(self.times_L) != 0) | (np.diff(self.users_L) != 0)
        firsts_L: Ints = np.flatnonzero(begins_L)[np.cumsum(begins_L) - 1]
        return firsts_L

    @property
    def has_ties(self) -> bool:
        return bool((self.firsts_L != np.arange(len(self.items_L))).any())

    def reordered(self, seed: int) -> "Log":
        """The same with tied events in another order."""
        order = np.lexsort((np.random.default_rng(seed).random(len(self.items_L)), self.firsts_L))
        return Log(self.items_L[order], self.times_L, self.bounds_U)

    @cached_property
    def visit_size(self) -> float:
        """How many items a shopper's day holds: 1 where events come one by one, more where whole baskets do."""
        days_L = self.times_L.astype(np.int64)
        first = int(days_L.min(initial=0))
        span = int(days_L.max(initial=0)) - first + 1
        _, sizes = np.unique(self.users_L * span + days_L - first, return_counts=True)
        return max(1.0, float(np.median(sizes))) if len(sizes) else 1.0

    @cached_property
    def repeat_share(self) -> float:
        """The share of events that come back to an item of the shopper's own."""
        if not len(self.items_L):
            return 0.0
        pairs = np.unique(self.users_L * (int(self.items_L.max()) + 1) + self.items_L)
        return 1 - len(pairs) / len(self.items_L)

    def kept(self, kept_L: Mask) -> "Log":
        """The same shoppers with some of their events."""
        lengths = np.bincount(self.users_L[kept_L], minlength=self.shoppers)
        return Log(self.items_L[kept_L], self.times_L[kept_L], np.concatenate([[0], np.cumsum(lengths)]))

    def before(self, moment: float) -> "Log":
        return self.kept(self.times_L < moment)

    def without_last(self, count: int | Ints) -> "Log":
        """Without everybody's latest events: so many, or so many of each shopper."""
        lengths_U = self.lengths_U - count
        place_L = np.arange(len(self.items_L)) - self.bounds_U[self.users_L]
        return self.kept(place_L < lengths_U[self.users_L])

    @classmethod
    def of(cls, users: Ints, items: Ints, times: NDArray[np.float64], shoppers: int) -> "Log":
        """From events sorted by shopper, then time."""
        bounds = np.concatenate([[0], np.cumsum(np.bincount(users, minlength=shoppers))])
        return cls(items.astype(np.int64), times.astype(np.float64), bounds.astype(np.int64))


@dataclass(frozen=True)
class Queries:
    """Shoppers at moments: query q knows the events `log.bounds_U[users_Q[q]]:ends_Q[q]` and nothing later."""

    log: Log
    users_Q: Ints
    ends_Q: Ints
    moments_Q: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.users_Q)

    @cached_property
    def starts_Q(self) -> Ints:
        return self.log.bounds_U[self.users_Q]

    @cached_property
    def lengths_Q(self) -> Ints:
        return self.ends_Q - self.starts_Q

    def take(self, which: slice | Ints | Mask) -> "Queries":
        return Queries(self.log, self.users_Q[which], self.ends_Q[which], self.moments_Q[which])

    def history(self, last: int) -> tuple[Ints, Ints, Ints]:
        """The latest events of each query: (query, places back from the end, place in the log) of every one."""
        return self._history(np.minimum(self.lengths_Q, last))

    def _history(self, lengths: Ints) -> tuple[Ints, Ints, Ints]:
        query = np.repeat(np.arange(len(self)), lengths)
        back = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        return query, back, self.ends_Q[query] - 1 - back

    def latest(self, count: int) -> tuple[Ints, Mask]:
        """(items, which places hold one), each of shape (Q, count), the latest first."""
        place = self.ends_Q[:, None] - 1 - np.arange(count)
        there = place >= self.starts_Q[:, None]
        if not len(self.log.items_L):
            return np.zeros(place.shape, dtype=np.int64), there
        return self.log.items_L[np.where(there, place, 0)], there

    def by_place(self, items: int, decay: float, last: int = 50) -> sp.csr_matrix:
        """Histories as weights of shape (Q, N): `last` events, each step back weighing `decay` as much, ties alike."""
        query, back, place = self._history(self._lengths_with_ties(last))
        weights = np.where(back < last, decay ** back.astype(np.float64), 0.0)
        first = self.log.firsts_L[place]
        begins = np.ones(len(place), dtype=np.bool_)
        begins[1:] = (first[1:] != first[:-1]) | (query[1:] != query[:-1])
        tied = np.cumsum(begins) - 1
        mean = np.bincount(tied, weights) / np.maximum(np.bincount(tied), 1)
        return _matrix(mean[tied], query, self.log.items_L[place], (len(self), items))

    def _lengths_with_ties(self, last: int) -> Ints:
        """So many of the latest events of each query, and those that are tied with the earliest of them."""
        lengths_Q = np.minimum(self.lengths_Q, last)
        some_Q = lengths_Q > 0
        lengths_Q[some_Q] = self.ends_Q[some_Q] - self.log.firsts_L[self.ends_Q[some_Q] - lengths_Q[some_Q]]
        return lengths_Q

    def trips(self, half_life_days: float) -> Floats:
        """Days with events, halved with each half-life before the query's moment; of shape (Q,)."""
        query, _, place = self.history(4000)
        day = np.floor(self.log.times_L[place])
        new = np.ones(len(day), dtype=np.bool_)
        new[1:] = (day[1:] != day[:-1]) | (query[1:] != query[:-1])
        weights = np.exp2(-(self.moments_Q[query] - self.log.times_L[place]) / half_life_days) * new
        return np.bincount(query, weights, minlength=len(self)).astype(np.float32)

    def by_age(self, items: int, half_life_days: float, last: int = 4000) -> sp.csr_matrix:
        """Histories as weights of shape (Q, N), halved with each half-life before the query's moment."""
        query, _, place = self.history(last)
        weights = np.exp2(-(self.moments_Q[query] - self.log.times_L[place]) / half_life_days)
        return _matrix(weights, query, self.log.items_L[place], (len(self), items))


def at_end(log: Log, users: Ints) -> Queries:
    """Shoppers at their own last event."""
    ends = log.bounds_U[users + 1]
    return Queries(log, users, ends, log.times_L[ends - 1])


def at_moment(log: Log, users: Ints, moment: float) -> Queries:
    """Shoppers at one moment that is the same for all; the log holds nothing later."""
    return Queries(log, users, log.bounds_U[users + 1], np.full(len(users), moment))


def _matrix(weights: NDArray[np.float64], rows: Ints, columns: Ints, shape: tuple[int, int]) -> sp.csr_matrix:
    return sp.csr_matrix((weights.astype(np.float32), (rows, columns)), shape=shape)
