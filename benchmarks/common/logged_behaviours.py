"""What the feature store would say of a log's shoppers, for measurements of shops that have no store.

It gives what the newest row of `user_behaviour` said at a moment, by the functions that build that view.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from features.building.behaviour import Behaviour as Built
from features.building.behaviour import build_behaviour
from features.partitions import SCHEMAS
from recommender.data.behaviour import NOTHING_DONE, Behaviour
from recommender.data.catalog import Catalogue
from recommender.data.history import TYPE_CODES
from training.data.interactions import Log

DAY = 86_400


@dataclass(frozen=True)
class LoggedBehaviours:
    """Of a log with the columns of the view `events`, and a catalogue with `item_id`, `category` and `brand`."""

    events: pl.DataFrame
    catalogue: pl.DataFrame

    @cached_property
    def _built(self) -> Built:
        users = pl.Enum(self.events["user_id"].drop_nulls().unique().sort())
        return build_behaviour([self.events.lazy()], self.catalogue, users)

    def at(self, user_ids: Sequence[str], moment: int) -> list[Behaviour]:
        users = self._built.daily.users
        known = sorted(set(user_ids) & set(users.categories))
        asked = pl.DataFrame({"user_id": pl.Series(known, dtype=users)})
        rows = self._built.at(asked.with_columns(pl.lit(moment // DAY - 1, pl.Int64).alias("day")))
        found = {row["user_id"]: Behaviour.of_row(row) for row in rows.iter_rows(named=True)}
        return [found.get(user_id, NOTHING_DONE) for user_id in user_ids]


def logged_behaviours(log: Log, catalogue: Catalogue) -> LoggedBehaviours:
    """Of a log of this catalogue's items; it knows no searches and no pieces of a purchase."""
    events, schema = log.events, SCHEMAS["events"]
    frame = pl.DataFrame({
        "event_id": pl.Series(log.event_ids.tolist(), dtype=pl.String),
        "user_id": pl.Series(log.shoppers, dtype=pl.String).gather(events.users),
        "item_id": catalogue.frame["item_id"].gather(events.items),
        "event_type": pl.Series(list(TYPE_CODES), dtype=pl.String).gather(events.event_types.astype(np.uint32)),
        "value": pl.Series(events.values, dtype=pl.Float64).fill_nan(None),
        "time": pl.from_epoch(pl.Series(events.times), "s").dt.cast_time_unit("us").dt.replace_time_zone("UTC"),
    })  # fmt: skip
    missing = [pl.lit(None, kind).alias(name) for name, kind in schema.items() if name not in frame.columns]
    return LoggedBehaviours(frame.with_columns(missing).select(schema.names()), _kinds_of(catalogue))


def _kinds_of(catalogue: Catalogue) -> pl.DataFrame:
    """Of each item its brand and its narrowest category, as the features' build reads them; null where it has none."""
    category = pl.col("categories").list.last()
    return catalogue.frame.select("item_id", pl.col("brand").replace("", None), category.alias("category"))
