"""What counting alone tells of items: popularity, repeat buying, and which item follows which.

Cheap to fit and free of learned weights, so it is brought up to any moment in seconds, while the learned parts stay.
It knows events as arrays in order of shopper and time; every event given is taken to lie before `until`.
"""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from recommender.signals import DAY, PURCHASE, decay, strengths

WINDOWS_DAYS = (7, 30, 90)
WINDOW_EVENTS = 8  # an item is followed by the next few of the same shopper
STEP_DECAY = 0.8
BACKWARD = 0.4  # the way back counts less
HALF_LIFE_DAYS = 120.0
NEIGHBOURS = 64  # kept an item
PRIOR_EVENTS = 10.0


@dataclass(frozen=True, slots=True)
class Events:
    """All shoppers' item events, sorted by shopper, then time; equal lengths; `times` are Unix seconds."""

    users: NDArray[np.int32]
    items: NDArray[np.int32]  # catalogue rows
    event_types: NDArray[np.int8]
    values: NDArray[np.float32]
    times: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.times)

    def take(self, which: NDArray[np.bool_] | NDArray[np.int64]) -> "Events":
        return Events(
            self.users[which], self.items[which], self.event_types[which], self.values[which], self.times[which]
        )

    def before(self, moment: int) -> "Events":
        return self.take(self.times < moment)


@dataclass(frozen=True, slots=True)
class Statistics:
    """Shapes: W windows, N items; the graph of transitions is CSR (indptr N+1)."""

    until: int
    popularity_NW: NDArray[np.float32]  # decayed strength of the events in each window
    total_N: NDArray[np.float32]  # of all time
    repeat_rate_N: NDArray[np.float32]  # how often a purchase was not the shopper's first of it
    first_seen_N: NDArray[np.int64]  # Unix seconds of the first event; `until` where there is none
    indptr: NDArray[np.int64]
    indices: NDArray[np.int32]
    weights: NDArray[np.float32]  # rows sum to at most 1

    def tensors(self) -> dict[str, NDArray[np.generic]]:
        return {name: getattr(self, name) for name in self.__slots__ if name != "until"}

    def grown(self, count: int, popularity_NW: NDArray[np.float32]) -> "Statistics":
        """With `count` items more, which borrow their popularity from elsewhere and pass for as old as most."""
        repeat = float(self.repeat_rate_N.mean()) if len(self.repeat_rate_N) else 0.0
        usual_age = int(np.median(self.first_seen_N)) if len(self.first_seen_N) else self.until
        return Statistics(
            self.until,
            np.concatenate([self.popularity_NW, popularity_NW]),
            np.concatenate([self.total_N, popularity_NW[:, -1]]),
            np.concatenate([self.repeat_rate_N, np.full(count, repeat, dtype=np.float32)]),
            np.concatenate([self.first_seen_N, np.full(count, usual_age, dtype=np.int64)]),
            np.concatenate([self.indptr, np.full(count, self.indptr[-1])]),
            self.indices,
            self.weights,
        )


def fit_statistics(events: Events, items: int, until: int) -> Statistics:
    weights = np.maximum(strengths(events.event_types, events.values), 0)
    windows = [np.where(events.times >= until - days * DAY, weights, 0) for days in WINDOWS_DAYS]
    popularity = np.stack([np.bincount(events.items, window, minlength=items) for window in windows], axis=1)
    first = np.full(items, until, dtype=np.int64)
    np.minimum.at(first, events.items, events.times)
    graph = fit_transitions(events, weights, items, until)
    return Statistics(
        until=until,
        popularity_NW=popularity.astype(np.float32),
        total_N=np.bincount(events.items, weights, minlength=items).astype(np.float32),
        repeat_rate_N=_repeat_rates(events, items),
        first_seen_N=first,
        indptr=graph.indptr.astype(np.int64),
        indices=graph.indices.astype(np.int32),
        weights=graph.data.astype(np.float32),
    )


def _repeat_rates(events: Events, items: int) -> NDArray[np.float32]:
    bought = events.event_types == PURCHASE
    pairs = events.users[bought].astype(np.int64) * items + events.items[bought]
    counts = np.bincount(events.items[bought], minlength=items)
    buyers = np.bincount(np.unique(pairs) % items, minlength=items) if len(pairs) else np.zeros(items)
    overall = 1 - buyers.sum() / max(counts.sum(), 1)
    rates: NDArray[np.float64] = (counts - buyers + PRIOR_EVENTS * overall) / (counts + PRIOR_EVENTS)
    return rates.astype(np.float32)


def fit_transitions(events: Events, weights: NDArray[np.float32], items: int, until: int) -> sp.csr_matrix:
    """Directed: from an item to those that came next, nearer and more recent ones weighing more."""
    aged = weights * decay(events.times, until, HALF_LIFE_DAYS)
    rooted = np.sqrt(weights)
    sources, targets, pair_weights = [], [], []
    for step in range(1, WINDOW_EVENTS + 1):
        here, there = slice(None, -step), slice(step, None)
        kept = (events.users[here] == events.users[there]) & (events.items[here] != events.items[there])
        sources.append(events.items[here][kept])
        targets.append(events.items[there][kept])
        pair_weights.append((aged[there] * rooted[here])[kept] * STEP_DECAY ** (step - 1))
    pairs = (np.concatenate(sources), np.concatenate(targets))
    total = sp.coo_matrix((np.concatenate(pair_weights), pairs), shape=(items, items), dtype=np.float32).tocsr()
    total = total + BACKWARD * total.T.tocsr()
    sums = np.asarray(total.sum(axis=1)).ravel() + 1.0  # the 1 keeps a single sighting from being a certainty
    return prune(sp.diags((1 / sums).astype(np.float32)) @ total, NEIGHBOURS)


def prune(graph: sp.csr_matrix, keep: int) -> sp.csr_matrix:
    """The `keep` heaviest entries of each row, heaviest first; no weight is negative."""
    graph = graph.tocsr()
    rows = np.repeat(np.arange(graph.shape[0]), np.diff(graph.indptr))
    # the bits of floats that aren't negative sort as the floats do, so that row and weight fit one key
    lightness = np.uint64(2**32 - 1) - graph.data.astype(np.float32).view(np.uint32).astype(np.uint64)
    order = np.argsort((rows.astype(np.uint64) << np.uint64(32)) | lightness, kind="stable")
    place = np.arange(len(order)) - graph.indptr[rows]
    chosen = order[place < keep]
    indptr = np.concatenate([[0], np.cumsum(np.minimum(np.diff(graph.indptr), keep))])
    return sp.csr_matrix((graph.data[chosen], graph.indices[chosen], indptr), shape=graph.shape)
