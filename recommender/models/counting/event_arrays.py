"""A frame of events as arrays in a catalogue's terms: the input of everything that counts.

It knows frames and a catalogue; where the events come from (the offline store, the database) is the caller's affair.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recommender.data.catalog import Catalogue
from recommender.data.history import TYPE_CODES

LOG_COLUMNS = ("event_id", "user_id", "item_id", "event_type", "value", "time")


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
        """The events at these places, or of these marks (one for each event)."""
        return Events(
            self.users[which], self.items[which], self.event_types[which], self.values[which], self.times[which]
        )

    def before(self, moment: int) -> "Events":
        """The events earlier than `moment`, in Unix seconds."""
        return self.take(self.times < moment)


def as_arrays(frame: pl.DataFrame, catalogue: Catalogue) -> tuple[list[str], Events, NDArray[np.object_]]:
    """The shoppers, their events of known items in order of shopper, time and event id, and the events' ids.

    The frame holds `LOG_COLUMNS`. Events of nobody, searches and events of unknown items are left out.
    """
    frame = frame.cast({"user_id": pl.String, "item_id": pl.String})  # an empty one has no types
    items = pl.DataFrame({"item_id": catalogue.frame["item_id"], "row": np.arange(len(catalogue), dtype=np.int32)})
    known = (
        frame.select(LOG_COLUMNS)
        .filter(pl.col("user_id").is_not_null() & pl.col("item_id").is_not_null())
        .join(items, on="item_id", how="inner")
        .with_columns(pl.col("time").dt.epoch("s").alias("second"))
        .sort("user_id", "time", "event_id")
    )
    shoppers = known["user_id"].unique(maintain_order=True).to_list()
    codes = pl.DataFrame(
        {"user_id": shoppers, "code": np.arange(len(shoppers), dtype=np.int32)}, schema_overrides={"user_id": pl.String}
    )
    known = known.join(codes, on="user_id", how="left", maintain_order="left")
    kinds = known["event_type"].cast(pl.String).replace_strict(TYPE_CODES, return_dtype=pl.Int8)
    events = Events(
        users=known["code"].to_numpy(),
        items=known["row"].to_numpy(),
        event_types=kinds.to_numpy(),
        values=known["value"].cast(pl.Float32).fill_null(float("nan")).to_numpy(),
        times=known["second"].to_numpy(),
    )
    return shoppers, events, np.array(known["event_id"].to_list(), dtype=object)
