"""Data that ended long ago: its times can be moved by whole days, so that a trial looks as if the shop were open today.

Ids of events are made before, so they don't depend on the shift.
"""

from datetime import datetime, timedelta

import polars as pl

from recommender.importing.reading.rows import UnreadableFile

OLD = timedelta(days=60)
WEEK, A_DAY = 7, timedelta(days=1)
TIMES = ("time", "returned_at", "created_at", "consent_time", "available_from", "available_until")
OFFER = (
    "the newest event is of {newest:%Y-%m-%d}, {age} days ago; for a trial as if it were today, --shift-days {shift} "
    "moves all times, by whole weeks, into an empty ZHIYIN_HOME"
)


def offer_shift(newest: datetime | None, now: datetime) -> str | None:
    """How to move data whose newest event is old; None where it isn't."""
    if newest is None or now - newest < OLD:
        return None
    age = (now - newest).days
    return OFFER.format(newest=newest, age=age, shift=age // WEEK * WEEK)


def shift_times(rows: pl.DataFrame, days: int, now: datetime) -> pl.DataFrame:
    """The rows, all their times later by so many days; refuses what that would put into the future."""
    if not days or rows.is_empty():
        return rows
    there = [name for name in TIMES if name in rows.columns]
    moved = rows.with_columns(pl.col(name) + timedelta(days=days) for name in there)
    newest = moved["time"].max() if "time" in there else None
    if isinstance(newest, datetime) and newest > now + A_DAY:
        most = days - (newest - now).days - 1
        raise UnreadableFile(f"--shift-days {days}: events would lie ahead, on {newest:%Y-%m-%d}; give {most} at most")
    return moved
