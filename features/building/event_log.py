"""The event log as day partitions: copied from the database, so that features are computed without touching it.

It knows the events table. A day is always copied whole, so that events which came late find their place.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

import orjson
import polars as pl
from sqlalchemy import String, select, type_coerce
from sqlalchemy.orm import Session

from features.partitions import SCHEMAS, midnight, path_of, write_day
from recommender.data.returns import as_confirmed
from recommender.db.tables import Event, Item
from recommender.store.consent import PERSONALISATION, refusing

COPIED_DAYS, READ_DAYS = 7, 16  # at once
FETCHED_ROWS = 500  # at once: few enough for the processor's cache, and to be gone before garbage is collected
_RAW_TIME = "%Y-%m-%d %H:%M:%S%.f"  # as SQLite keeps it
_LOG = Event.__table__
_TEXTS = ("event_type", "time")  # taken as they are stored: a frame parses a whole column faster
_NAMES = (*SCHEMAS["events"], "confirmed")
_COLUMNS = [type_coerce(_LOG.c[name], String) if name in _TEXTS else _LOG.c[name] for name in _NAMES]
_PLAIN = {name: kind for name, kind in SCHEMAS["events"].items() if name != "time"}


def export_events(session: Session, days: Sequence[date]) -> int:
    """Copies the events of these days, which follow each other, from the database; returns how many there are."""
    refused = list(refusing(session, PERSONALISATION))
    parts = (days[start : start + COPIED_DAYS] for start in range(0, len(days), COPIED_DAYS))
    return sum(_export(session, part, refused) for part in parts)


def _export(session: Session, days: Sequence[date], refused: list[str]) -> int:
    frame = _read(session, days[0], days[-1] + timedelta(days=1))
    if refused:  # what is made from the log is personalisation, all of it
        frame = frame.filter(~pl.col("user_id").is_in(refused).fill_null(False))
    ordered = frame.sort("time", "event_id").with_columns(pl.col("time").dt.date().alias("day"))
    parts = ordered.partition_by("day", as_dict=True, include_key=False)
    none = frame.clear()
    for day in days:
        write_day("events", day, parts.get((day,), none))
    return len(frame)


def _read(session: Session, first: date, after: date) -> pl.DataFrame:
    """The events of the days in [first, after), by the driver's own cursor: rows of SQLAlchemy take as long again."""
    query = select(*_COLUMNS).where(Event.time >= midnight(first), Event.time < midnight(after))
    cursor: Any = session.connection().execute(query).cursor
    columns: dict[str, list[Any]] = {name: [] for name in _NAMES}
    while rows := cursor.fetchmany(FETCHED_ROWS):
        for column, values in zip(columns.values(), zip(*rows, strict=True), strict=True):
            column.extend(values)
    frame = pl.DataFrame(columns, schema_overrides=_PLAIN).with_columns(pl.col("confirmed").cast(pl.Boolean))
    if frame.schema["time"] == pl.String:
        frame = frame.with_columns(pl.col("time").str.to_datetime(_RAW_TIME, time_unit="us", time_zone="UTC"))
    return as_confirmed(frame).cast(SCHEMAS["events"])


def scan_log(days: Iterable[date]) -> list[pl.LazyFrame]:
    """The partitions of these days, some of them at once, so that what is read of each part may be let go."""
    paths = [path_of("events", day) for day in days]
    parts = [paths[start : start + READ_DAYS] for start in range(0, len(paths), READ_DAYS)]
    return [pl.scan_parquet(part, hive_partitioning=False) for part in parts] or [SCHEMAS["events"].to_frame().lazy()]


def read_catalogue(session: Session) -> pl.DataFrame:
    """Of each item its brand and its category, the narrowest of its path; null where it has none."""
    cursor: Any = (
        session.connection().execute(select(Item.item_id, Item.brand, type_coerce(Item.categories, String))).cursor
    )
    plain = [(item_id, brand or None, _narrowest(path)) for item_id, brand, path in cursor.fetchall()]
    names = {"item_id": pl.String, "brand": pl.String, "category": pl.String}
    return pl.DataFrame(plain, schema=names, orient="row")


def _narrowest(path: str | list[str] | None) -> str | None:
    """Of a path as the driver hands it out: SQLite's as text."""
    names = orjson.loads(path) if isinstance(path, str) else path
    return names[-1] if names else None
