"""The event log as day partitions: copied from the database, so that features are computed without touching it.

It knows the events table. A day is always copied whole, so that events which came late find their place.
"""

from collections.abc import Iterable
from datetime import date, timedelta

import polars as pl
from sqlalchemy import String, select, type_coerce
from sqlalchemy.orm import Session

from features.partitions import SCHEMAS, midnight, write_day
from recommender.data.returns import as_confirmed
from recommender.db.tables import Event, Item
from recommender.store.consent import PERSONALISATION, refusing

_RAW_TIME = "%Y-%m-%d %H:%M:%S%.f"  # as SQLite keeps it
_LOG = Event.__table__
_TEXTS = ("event_type", "time")  # taken as they are stored: a frame parses a whole column faster
_NAMES = (*SCHEMAS["events"], "confirmed")
_COLUMNS = [type_coerce(_LOG.c[name], String) if name in _TEXTS else _LOG.c[name] for name in _NAMES]
_PLAIN = {name: kind for name, kind in SCHEMAS["events"].items() if name != "time"} | {"confirmed": pl.Boolean()}


def export_events(session: Session, days: Iterable[date]) -> int:
    """Copies the events of these days from the database, each day its partition; returns how many there are."""
    refused = list(refusing(session, PERSONALISATION))
    return sum(_export_day(session, day, refused) for day in days)


def _export_day(session: Session, day: date, refused: list[str]) -> int:
    query = select(*_COLUMNS).where(Event.time >= midnight(day), Event.time < midnight(day + timedelta(days=1)))
    columns = list(zip(*session.connection().execute(query), strict=True)) or [()] * len(_NAMES)
    frame = as_confirmed(pl.DataFrame(dict(zip(_NAMES, columns, strict=True)), schema_overrides=_PLAIN))
    if frame.schema["time"] == pl.String:
        frame = frame.with_columns(pl.col("time").str.to_datetime(_RAW_TIME, time_unit="us", time_zone="UTC"))
    if refused:  # what is made from the log is personalisation, all of it
        frame = frame.filter(~pl.col("user_id").is_in(refused).fill_null(False))
    write_day("events", day, frame.sort("time", "event_id"))
    return len(frame)


def read_catalogue(session: Session) -> pl.DataFrame:
    """Of each item its brand and its category, the narrowest of its path; null where it has none."""
    rows = session.execute(select(Item.item_id, Item.brand, Item.categories))
    plain = [(item_id, brand or None, categories[-1] if categories else None) for item_id, brand, categories in rows]
    names = {"item_id": pl.String, "brand": pl.String, "category": pl.String}
    return pl.DataFrame(plain, schema=names, orient="row")
