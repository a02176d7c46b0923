"""Builds the offline features of an interval from the event log, day partition by day partition.

The only writer of `events`, `user_behaviour` and `item_statistics`. It is a function of what the database holds and of
the interval, never of the clock: building an interval twice writes the same bytes, and a row stamped T has seen no
event of T or later.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import duckdb
import polars as pl

from features.event_log import export_events, read_catalogue
from features.leanings import WEIGHTS, strongest
from features.partitions import (
    SCHEMAS,
    STAMP,
    days_of,
    existing_days,
    midnight,
    only_one,
    path_of,
    seed_views,
    write_day,
)
from features.windows import (
    EPOCH,
    HORIZON_DAYS,
    WEEK,
    hold_log,
    item_windows,
    leaning_amounts,
    logs_by_returns,
    user_windows,
)
from recommender.db.engine import session_scope
from recommender.settings import get_settings
from recommender.store.rating_scale import sync_scale

LEANING_COLUMNS = {
    "category": ("top_categories", "top_category_weights"),
    "brand": ("top_brands", "top_brand_weights"),
}


@dataclass(frozen=True, slots=True)
class BuildSummary:
    """What a build wrote, in rows."""

    days: int
    events: int
    user_behaviour: int
    item_statistics: int


def build_features(start: datetime, end: datetime) -> BuildSummary:
    """Builds all days that [start, end) touches and replaces their partitions; other days are left alone.

    After events came late, build from the first late day on: windows reach 180 days back.
    """
    days = days_of(start, end)
    if not days:
        return BuildSummary(0, 0, 0, 0)
    with only_one("build"):
        seed_views()
        with session_scope() as session:
            sync_scale(session, get_settings().wanted_scale)
            events = export_events(session, days)
            catalogue = read_catalogue(session)
        behaviour, statistics = compute(catalogue, days[0], days[-1] + timedelta(days=1))
        for view, frame in (("user_behaviour", behaviour), ("item_statistics", statistics)):
            _write(view, frame, days)
    return BuildSummary(len(days), events, len(behaviour), len(statistics))


def compute(catalogue: pl.DataFrame, first: date, after: date) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows of user_behaviour and item_statistics for the days in [first, after), from the log's partitions."""
    oldest = first - timedelta(days=HORIZON_DAYS)
    paths = [path_of("events", day) for day in existing_days("events") if oldest <= day < after]
    if not paths:
        paths = [path_of("events", EPOCH)]  # the empty one
    span = ((first - EPOCH).days, (after - EPOCH).days)
    parts = [_compute(catalogue, log, one) for log, one in logs_by_returns(paths, span)]
    behaviour, statistics = (pl.concat(frames) for frames in zip(*parts, strict=True))
    return behaviour, statistics


def _compute(
    catalogue: pl.DataFrame, log: duckdb.DuckDBPyConnection, span: tuple[int, int]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    behaviour, statistics = _behaviour(log, catalogue, *span), item_windows(log, *span)
    log.close()
    return behaviour, _stamped(statistics, "item_statistics", "item_id")


def behaviour_at(events: pl.DataFrame, catalogue: pl.DataFrame, moment: datetime) -> pl.DataFrame:
    """The row of user_behaviour of everybody who was active lately, as these events give it at `moment`.

    A day that `moment` cuts counts as far as it had come.
    """
    log = hold_log(events.filter(pl.col("time") < moment))
    day = days_of(moment - timedelta(microseconds=1), moment)[-1]
    rows = _behaviour(log, catalogue, (day - EPOCH).days, (day - EPOCH).days + 1, every=1)
    log.close()
    return rows


def _behaviour(
    log: duckdb.DuckDBPyConnection, catalogue: pl.DataFrame, first: int, after: int, every: int = WEEK
) -> pl.DataFrame:
    behaviour = user_windows(log, first, after, every).sort("entity", "day")
    for key, (keys, shares) in LEANING_COLUMNS.items():
        found = strongest(leaning_amounts(log, catalogue, key, WEIGHTS), behaviour)
        behaviour = behaviour.with_columns(found.keys.alias(keys), found.shares.alias(shares))
    return _stamped(behaviour, "user_behaviour", "user_id")


def _stamped(frame: pl.DataFrame, view: str, entity: str) -> pl.DataFrame:
    """The view's own columns, stamped with the end of the day each row describes."""
    end_of_day = (pl.col("day").cast(pl.Int64) + 1) * 86_400_000_000
    stamped = frame.rename({"entity": entity}).with_columns(
        pl.from_epoch(end_of_day, "us").dt.replace_time_zone("UTC").alias(STAMP)
    )
    return stamped.select(SCHEMAS[view].names()).cast(SCHEMAS[view]).sort(STAMP, entity)


def _write(view: str, frame: pl.DataFrame, days: list[date]) -> None:
    """Replaces the partition of each of these days, also those that have no row any more."""
    parts = frame.partition_by(STAMP, as_dict=True, maintain_order=True)
    for day in days:
        write_day(view, day, parts.get((midnight(day + timedelta(days=1)),), frame.clear()))
