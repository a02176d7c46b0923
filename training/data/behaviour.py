"""A training log as what the feature store would say of its shoppers, for measurements of shops that have no store."""

import numpy as np
import polars as pl

from features.behaviour import LoggedBehaviours
from features.partitions import SCHEMAS
from recommender.data.catalog import Catalogue
from recommender.data.history import TYPE_CODES
from training.data.interactions import Log


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
