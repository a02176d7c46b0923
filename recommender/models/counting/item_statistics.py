"""What counting alone tells of items: popularity, repeat buying, what sold when, how long histories are.

Cheap to fit and free of learned weights, so it is brought up to any moment in seconds, while the learned parts stay.
It knows events as arrays in order of shopper and time; every event given is taken to lie before `until`.

Shape suffixes: N items, W windows of time, S spans of days before `until`, L events, U shoppers, C candidates.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from recommender.data.account_weights import DailyVisits
from recommender.data.event_weights import DAY, PURCHASE, decay, strengths
from recommender.models.counting.event_arrays import Events
from recommender.models.counting.item_graphs import HALF_LIFE_DAYS, fit_occasions, fit_transitions, number_visits
from recommender.models.counting.sparse_graph import Graph
from recommender.models.counting.user_knn import MOST_EVER, MOST_LATELY, RECENT_DAYS, UserKnn, fit_user_knn
from recommender.models.tensors import Tensors

WINDOWS_DAYS = (7, 30, 90)
SOLD_DAYS = (7, 30, 120, 400)
SPAN = 1e6  # days; no log is longer
NEVER_DAYS = 4000.0
PRIOR_EVENTS = 10.0
TASTE_DAYS = 90.0


@dataclass(frozen=True, slots=True)
class Statistics:
    """Shapes: W windows, N items."""

    until: int
    since: int  # Unix seconds of the first event
    visit_size: float  # events of a shopper's day, usually: a basket counts as one step back
    popularity_NW: NDArray[np.float32]  # shoppers who chose the item in each window (`account_weights`)
    total_N: NDArray[np.float32]  # of all time
    repeat_rate_N: NDArray[np.float32]  # how often a purchase was not the shopper's first of it
    first_seen_N: NDArray[np.int64]  # Unix seconds of the first event; `until` where there is none
    flow_N: NDArray[np.float32]  # all that leads away from an item
    history_N: NDArray[np.float32]  # how long the histories are that an item is part of, as a logarithm
    sold_NS: NDArray[np.float32]  # strength of the events in the days before `until`
    idle_N: NDArray[np.float32]  # days from an item's last event to `until`
    transitions: Graph  # what comes next; rows sum to at most 1
    occasions: Graph  # what is chosen on the same visit
    user_knn: UserKnn
    sales: "Sales | None" = None  # while training, which asks of moments long before `until`

    def sold_before(self, rows_C: NDArray[np.int64], moment: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """What rows sold in each of `SOLD_DAYS` before the moment, (S, C), and days since they last did, (C,)."""
        if moment >= self.until or self.sales is None:
            return self.sold_NS[rows_C].T, self.idle_N[rows_C]
        return self.sales.before(rows_C, moment)

    def tensors(self) -> Tensors:
        """Its arrays, from which `of` makes the same again but for `sales`; those of graphs under the graphs' names."""
        named: Tensors = {name: getattr(self, name) for name in ARRAYS}
        named["visit_size"] = np.array([self.visit_size], dtype=np.float32)
        named["since"] = np.array([self.since], dtype=np.int64)
        parts = {"transitions": self.transitions.tensors(), "occasions": self.occasions.tensors()}
        for part, tensors in (parts | {"crowd": self.user_knn.tensors()}).items():
            named |= {f"{part}.{name}": array for name, array in tensors.items()}
        return named

    @classmethod
    def of(cls, tensors: Tensors, until: int) -> "Statistics":
        """The statistics that `tensors` gave, as of `until`, in Unix seconds; KeyError names a missing tensor."""
        user_knn = UserKnn(
            Graph.read(tensors, "crowd.shoppers_of."), Graph.read(tensors, "crowd.recent_items."),
            tensors["crowd.rarity_N"],
        )  # fmt: skip
        return cls(
            until=until,
            since=int(tensors["since"][0]),
            visit_size=float(tensors["visit_size"][0]),
            transitions=Graph.read(tensors, "transitions."),
            occasions=Graph.read(tensors, "occasions."),
            user_knn=user_knn,
            popularity_NW=tensors["popularity_NW"],
            total_N=tensors["total_N"],
            repeat_rate_N=tensors["repeat_rate_N"],
            first_seen_N=tensors["first_seen_N"],
            flow_N=tensors["flow_N"],
            history_N=tensors["history_N"],
            sold_NS=tensors["sold_NS"],
            idle_N=tensors["idle_N"],
        )

    def grown(self, count: int, popularity_NW: NDArray[np.float32]) -> "Statistics":
        """The statistics with `count` items more.

        The new ones get the popularity `popularity_NW`, (count, W), and count as old as most items are.
        """
        repeat = float(self.repeat_rate_N.mean()) if len(self.repeat_rate_N) else 0.0
        usual_age = int(np.median(self.first_seen_N)) if len(self.first_seen_N) else self.until
        return replace(
            self,
            popularity_NW=np.concatenate([self.popularity_NW, popularity_NW]),
            total_N=np.concatenate([self.total_N, popularity_NW[:, -1]]),
            repeat_rate_N=np.concatenate([self.repeat_rate_N, np.full(count, repeat, dtype=np.float32)]),
            first_seen_N=np.concatenate([self.first_seen_N, np.full(count, usual_age, dtype=np.int64)]),
            flow_N=np.concatenate([self.flow_N, np.ones(count, dtype=np.float32)]),
            history_N=_extended(self.history_N, count),
            sold_NS=_extended(self.sold_NS, count),
            idle_N=_extended(self.idle_N, count),
            sales=None,
            transitions=self.transitions.grown(count),
            occasions=self.occasions.grown(count),
            user_knn=self.user_knn.grown(count),
        )


ARRAYS = (
    "popularity_NW", "total_N", "repeat_rate_N", "first_seen_N", "flow_N", "history_N", "sold_NS", "idle_N",
)  # fmt: skip


def _extended(array: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """With the mean of all for each of `count` new items."""
    usual = array.mean(axis=0, keepdims=True) if len(array) else np.zeros((1, *array.shape[1:]), dtype=np.float32)
    return np.concatenate([array, np.repeat(usual, count, axis=0)]).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Sales:
    """All events that speak for an item, in order of item and time, with what they add up to."""

    start: int
    keys_L: NDArray[np.float64]  # item * SPAN + days since `start`, ascending
    summed_L: NDArray[np.float64]  # strength of all before each, one more than there are events

    @classmethod
    def of(cls, events: Events, weights: NDArray[np.float32]) -> "Sales":
        """What sold when, of events with a weight each, (L,)."""
        start = int(events.times.min(initial=2**62)) if len(events) else 0
        counted = weights > 0
        keys_L = events.items[counted] * SPAN + (events.times[counted] - start) / DAY
        order = np.argsort(keys_L, kind="stable")
        summed_L = np.concatenate([[0.0], np.cumsum(weights[counted][order], dtype=np.float64)])
        return cls(start, keys_L[order], summed_L)

    def before(self, rows_C: NDArray[np.int64], moment: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """As `Statistics.sold_before`."""
        day, first_C = max((moment - self.start) / DAY, 0.0), rows_C * SPAN
        end_C = np.searchsorted(self.keys_L, first_C + day, "right")
        sold = [
            self.summed_L[end_C] - self.summed_L[np.searchsorted(self.keys_L, first_C + max(day - days, 0.0))]
            for days in SOLD_DAYS
        ]
        begin_C = np.searchsorted(self.keys_L, first_C)
        last_C = np.append(self.keys_L, 0)[end_C - 1] - first_C
        idle_C = np.where(end_C > begin_C, np.minimum(day - last_C, NEVER_DAYS), NEVER_DAYS)
        return np.stack(sold).astype(np.float32), idle_C.astype(np.float32)


def fit_statistics(
    events: Events, items: int, until: int, half_life_days: float = HALF_LIFE_DAYS, lately: bool = True
) -> Statistics:
    """Everything counted from events before `until`; `half_life_days` is of transitions and shared visits.

    `lately`: shoppers alike are those of like choices now, and what they choose now counts; else whenever it was.
    """
    visits = DailyVisits.of(events.users, events.items, events.times)
    weights = visits.once_a_day(np.maximum(strengths(events.event_types, events.values), 0))
    windows = [np.where(events.times >= until - days * DAY, weights, np.float32(0)) for days in WINDOWS_DAYS]
    popularity = np.stack([visits.shoppers(window, events.items, items) for window in windows], axis=1)
    shares = visits.shares(weights)
    first = np.full(items, until, dtype=np.int64)
    np.minimum.at(first, events.items, events.times)
    with ThreadPoolExecutor(2) as pool:  # sparse products leave the interpreter to others
        walked = pool.submit(fit_transitions, events, weights * shares, items, until, half_life_days)
        # a pair's weight is their product
        met = pool.submit(fit_occasions, events, weights * np.sqrt(shares), items, until, half_life_days)
    transitions, flow_N = walked.result()
    taste = weights * decay(events.times, until, TASTE_DAYS) if lately else weights
    recent = (weights > 0) & ((events.times >= until - RECENT_DAYS * DAY) | (not lately))
    sales = Sales.of(events, weights * shares)
    sold_SN, idle_N = sales.before(np.arange(items), until)
    return Statistics(
        until=until,
        since=int(events.times.min()) if len(events) else until,
        visit_size=_visit_size(events),
        popularity_NW=popularity,
        total_N=visits.shoppers(weights, events.items, items),
        repeat_rate_N=_repeat_rates(events, items),
        first_seen_N=first,
        flow_N=flow_N,
        history_N=_history_lengths(events, items),
        sold_NS=np.ascontiguousarray(sold_SN.T),
        idle_N=idle_N,
        transitions=transitions,
        occasions=met.result(),
        user_knn=fit_user_knn(events.users, events.items, taste, recent, items, MOST_LATELY if lately else MOST_EVER),
        sales=sales,
    )


def _history_lengths(events: Events, items: int) -> NDArray[np.float32]:
    """Of items that few touched, near the mean of all."""
    lengths_U = np.bincount(events.users)
    counts_N = np.bincount(events.items, minlength=items)
    total_N = np.bincount(events.items, lengths_U[events.users], minlength=items)
    mean = total_N.sum() / max(counts_N.sum(), 1)
    lengths_N: NDArray[np.float32] = np.log((total_N + mean + 1) / (counts_N + 1)).astype(np.float32)
    return lengths_N


def _visit_size(events: Events) -> float:
    return max(1.0, float(np.median(np.bincount(number_visits(events))))) if len(events) else 1.0


def _repeat_rates(events: Events, items: int) -> NDArray[np.float32]:
    bought = events.event_types == PURCHASE
    pairs = np.sort(events.users[bought].astype(np.int64) * items + events.items[bought])
    pairs = pairs[np.diff(pairs, prepend=-1) != 0]  # each once
    counts = np.bincount(events.items[bought], minlength=items)
    buyers = np.bincount(pairs % items, minlength=items) if len(pairs) else np.zeros(items)
    overall = 1 - buyers.sum() / max(counts.sum(), 1)
    rates: NDArray[np.float64] = (counts - buyers + PRIOR_EVENTS * overall) / (counts + PRIOR_EVENTS)
    return rates.astype(np.float32)
