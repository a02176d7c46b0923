"""What a model learns from: the log of events up to a moment, in a catalogue's terms, and what followed it.

It knows frames and moments. Nothing here looks past the moment it is given: examples at a moment are made of
`before(moment)`, their labels of the events from it on.

Shape suffixes: U shoppers.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recommender.data.catalog import Catalogue
from recommender.data.event_weights import PURCHASE, strengths
from recommender.data.history import MAX_HISTORY, History
from recommender.models.counting.event_arrays import Events, as_arrays
from recommender.profiles.user_state import Shopper, prepare


@dataclass(frozen=True)
class Log:
    """All known shoppers' events of known items, in order of shopper, time and event id."""

    shoppers: list[str]
    events: Events
    event_ids: NDArray[np.object_]

    def before(self, moment: int) -> "Log":
        """The events before `moment`, a Unix time in seconds."""
        kept = self.events.times < moment
        return Log(self.shoppers, self.events.take(kept), self.event_ids[kept])

    def since(self, moment: int) -> "Log":
        """The events at `moment`, a Unix time in seconds, and later."""
        kept = self.events.times >= moment
        return Log(self.shoppers, self.events.take(kept), self.event_ids[kept])

    @cached_property
    def bounds_U(self) -> NDArray[np.int64]:
        """Where each shopper's events begin; one entry more than there are shoppers."""
        return np.searchsorted(self.events.users, np.arange(len(self.shoppers) + 1))

    def history(self, places: slice | NDArray[np.int64], catalogue: Catalogue) -> History:
        """The events at these places, all of one shopper, as that shopper's history."""
        events = self.events
        return History.of_columns(
            self.event_ids[places],
            catalogue.ids[events.items[places]],
            events.event_types[places],
            events.values[places],
            events.times[places],
        )


def make_log(frame: pl.DataFrame, catalogue: Catalogue) -> Log:
    """Of a frame with the columns of `event_arrays`; events of nobody, searches and unknown items are left out."""
    return Log(*as_arrays(frame, catalogue))


@dataclass(frozen=True)
class Actions:
    """All that a shopper did with items in a window, oldest first."""

    rows: NDArray[np.int64]
    kinds: NDArray[np.int8]
    values: NDArray[np.float32]

    @classmethod
    def of(cls, events: Events, span: NDArray[np.int64]) -> "Actions":
        """The actions at these places of a log."""
        return cls(events.items[span].astype(np.int64), events.event_types[span], events.values[span])


@dataclass(frozen=True)
class Window:
    """The shoppers known at `moment` who did something in the time after it that counts, and what."""

    moment: int
    users_U: NDArray[np.int64]
    wanted: list[NDArray[np.int64]]  # rows, distinct, one array a shopper
    actions: list[Actions] = field(default_factory=list)  # all they did, where further tasks are to be learned
    weights: list[NDArray[np.float64]] = field(default_factory=list)  # of what is wanted; empty: all alike

    def joined(self, other: "Window") -> "Window":
        """Both, one after the other; neither has weights."""
        return Window(self.moment, np.concatenate([self.users_U, other.users_U]), self.wanted + other.wanted,
                      self.actions + other.actions)  # fmt: skip


def counting(events: Events) -> NDArray[np.bool_]:
    """Which events are what a shopper came for: purchases where the shop has any, else whatever speaks for an item."""
    counts: NDArray[np.bool_] = strengths(events.event_types, events.values) > 0
    if (events.event_types == PURCHASE).any():
        counts &= events.event_types == PURCHASE
    return counts


def window(log: Log, moment: int, end: int, most: int, seed: int) -> Window:
    """What shoppers came for from `moment` until `end`."""
    events = log.events
    later = counting(events) & (events.times >= moment) & (events.times < end)
    known = np.unique(events.users[events.times < moment])
    users = np.intersect1d(np.unique(events.users[later]), known)
    if len(users) > most:
        users = np.sort(np.random.default_rng(seed).choice(users, most, replace=False))
    rows, owners = events.items[later], events.users[later]
    starts, ends = np.searchsorted(owners, users), np.searchsorted(owners, users, side="right")
    wanted = [np.unique(rows[start:end]).astype(np.int64) for start, end in zip(starts, ends, strict=True)]
    return Window(moment, users.astype(np.int64), wanted, _actions(log, users, moment, end))


def _actions(log: Log, users: NDArray[np.integer[Any]], moment: int, end: int) -> list[Actions]:
    within = log.events.take((log.events.times >= moment) & (log.events.times < end))
    starts, ends = np.searchsorted(within.users, users), np.searchsorted(within.users, users, side="right")
    return [Actions.of(within, np.arange(start, end)) for start, end in zip(starts, ends, strict=True)]


def histories(log: Log, users: NDArray[np.int64], catalogue: Catalogue) -> Iterator[History]:
    """Each shopper's latest events of a log that has been cut with `before`."""
    bounds = log.bounds_U
    for user in users:
        span = slice(max(int(bounds[user]), int(bounds[user + 1]) - MAX_HISTORY), int(bounds[user + 1]))
        yield log.history(span, catalogue)


def shoppers_at(log: Log, users: NDArray[np.int64], catalogue: Catalogue, moment: int) -> list[Shopper]:
    """The shoppers as the service would see them at `moment`."""
    earlier = log.before(moment)
    return [prepare(history, catalogue, moment) for history in histories(earlier, users, catalogue)]
