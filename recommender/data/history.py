"""What a shopper did, as arrays: the input of the profile.

It knows event types and times; where events come from (the database, Feast's online store, a data set) is the
caller's affair, so that the same history gives the same profile everywhere.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import ArrayLike, NDArray

from recommender.data.returns import find_unreturned
from recommender.db.tables import EVENT_TYPES, Event

TYPE_CODES = {name: code for code, name in enumerate(EVENT_TYPES)}
MAX_HISTORY = 500  # a profile is built from a shopper's most recent events, at most this many


@dataclass(frozen=True, slots=True)
class History:
    """One shopper's events, oldest first; all arrays have the same length N.

    `item_ids` holds "" where an event has no item (a search); `event_types` are indices into `EVENT_TYPES`;
    `values` are money, stars or NaN; `times` are Unix seconds, UTC.
    """

    event_ids: NDArray[np.object_]
    item_ids: NDArray[np.object_]
    event_types: NDArray[np.int8]
    values: NDArray[np.float32]
    times: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.times)

    def until(self, moment: datetime) -> "History":
        """The part of it that had happened before `moment`."""
        return self.take(self.times < int(moment.timestamp()))

    def latest(self, count: int = MAX_HISTORY) -> "History":
        """Its last `count` events."""
        return self.take(slice(max(0, len(self) - count), None))

    def take(self, which: slice | NDArray[np.bool_]) -> "History":
        """The events at these places, or of these marks (one for each event)."""
        return History.of_columns(
            self.event_ids[which],
            self.item_ids[which],
            self.event_types[which],
            self.values[which],
            self.times[which],
        )

    @property
    def last_event_time(self) -> datetime | None:
        """When the last event happened, in UTC; None where there is none."""
        return datetime.fromtimestamp(int(self.times[-1]), UTC) if len(self) else None

    def with_views(self, item_ids: Sequence[str], moment: int) -> "History":
        """It, and after it views of these items at `moment` (Unix seconds), which have no event id."""
        count = len(item_ids)
        return History.of_columns(
            np.concatenate([self.event_ids, np.full(count, "", dtype=object)]),
            np.concatenate([self.item_ids, np.array(item_ids, dtype=object)]),
            np.concatenate([self.event_types, np.zeros(count, dtype=np.int8)]),
            np.concatenate([self.values, np.full(count, np.nan, dtype=np.float32)]),
            np.concatenate([self.times, np.full(count, moment, dtype=np.int64)]),
        )

    @classmethod
    def of(cls, events: Iterable[Event]) -> "History":
        """The history of these events, put in order of time (ties: in order of their ids), without what came back."""
        rows = sorted(events, key=lambda event: (event.time, event.event_id))
        return cls.of_log(
            [row.event_id for row in rows],
            [row.item_id for row in rows],
            [row.event_type for row in rows],
            [row.value for row in rows],
            [int(row.time.timestamp()) for row in rows],
            [row.quantity for row in rows],
        )

    @classmethod
    def of_log(
        cls,
        event_ids: Sequence[str],
        item_ids: Sequence[str | None],
        event_types: Sequence[str],
        values: Sequence[float | None],
        times: Sequence[int],
        quantities: Sequence[float | None],
    ) -> "History":
        """The history of one shopper's rows of the event log, a column each and oldest first, without what came back.

        Event types are given by their names, or as `returns.NOTHING` for an event that doesn't count.
        """
        kept = find_unreturned(event_types, item_ids, quantities, values, times)
        return cls.of_columns(
            [event_ids[place] for place in kept],
            [item_ids[place] or "" for place in kept],
            [TYPE_CODES[event_types[place]] for place in kept],
            [values[place] for place in kept],
            [times[place] for place in kept],
        )

    @classmethod
    def of_columns(
        cls,
        event_ids: ArrayLike,
        item_ids: ArrayLike,
        event_types: ArrayLike,
        values: ArrayLike | Sequence[float | None],
        times: ArrayLike,
    ) -> "History":
        """The history of these columns, N long and oldest first; they mean what the fields mean, None is NaN.

        An array that has its field's type already is not copied.
        """
        return cls(
            np.asarray(event_ids, dtype=object),
            np.asarray(item_ids, dtype=object),
            np.asarray(event_types, dtype=np.int8),
            np.asarray(values, dtype=np.float32),
            np.asarray(times, dtype=np.int64),
        )
