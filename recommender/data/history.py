"""What a shopper did, as arrays: the input of the profile.

It knows event types and times; where events come from (the database, Feast's online store, a data set) is the
caller's affair, so that the same history gives the same profile everywhere.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from recommender.data.returns import kept_places
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
        return History(
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

    @classmethod
    def of(cls, events: Iterable[Event]) -> "History":
        """The history of these events, put in order of time (ties: in order of their ids), without what came back."""
        known = sorted(events, key=lambda event: (event.time, event.event_id))
        deals = [(row.event_type, row.item_id, row.quantity, row.value, row.time) for row in known]
        rows = [known[place] for place in kept_places(*zip(*deals, strict=True))] if known else []
        return cls(
            np.array([row.event_id for row in rows], dtype=object),
            np.array([row.item_id or "" for row in rows], dtype=object),
            np.array([TYPE_CODES[row.event_type] for row in rows], dtype=np.int8),
            np.array([np.nan if row.value is None else row.value for row in rows], dtype=np.float32),
            np.array([int(row.time.timestamp()) for row in rows], dtype=np.int64),
        )
