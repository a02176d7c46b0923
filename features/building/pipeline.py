"""Builds the offline features of an interval from the event log, day partition by day partition.

The only writer of `events` and `user_behaviour`. It is a function of what the database holds and of the interval, never
of the clock: building an interval twice writes the same bytes, and a row stamped T has seen no event of T or later.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from features.building.behaviour import EPOCH, VIEW, build_behaviour, list_changes
from features.building.daily_totals import HORIZON_DAYS
from features.building.event_log import export_events, read_catalogue, scan_log
from features.building.windows import CHANGES
from features.partitions import (
    STAMP,
    days_of,
    existing_days,
    midnight,
    only_one,
    quiet_since,
    seed_views,
    write_day,
)
from recommender.db.engine import session_scope
from recommender.settings import get_settings
from recommender.store.rating_scale import sync_scale
from recommender.tracing import traced_step

STRETCH_DAYS = 720  # that are held in memory at once
ROWS = 50_000  # that are made at once


@dataclass(frozen=True, slots=True)
class BuildSummary:
    """What a build wrote, in rows."""

    days: int
    events: int
    user_behaviour: int


@traced_step("build features")
def build_features(start: datetime, end: datetime) -> BuildSummary:
    """Builds all days that [start, end) touches, and replaces their partitions.

    The quiet days before them get their rows, too: those on which windows emptied. After events came late, build from
    the first late day on: windows reach 180 days back.
    """
    days = days_of(start, end)
    if not days:
        return BuildSummary(0, 0, 0)
    with only_one("build"):
        seed_views()
        with session_scope() as session:
            sync_scale(session, get_settings().wanted_scale)
            events = export_events(session, days)
            catalogue = read_catalogue(session)
        first, after = (quiet_since(days[0]) - EPOCH).days, (days[-1] - EPOCH).days + 1
        starts = range(first, after, STRETCH_DAYS)
        rows = sum(_build(catalogue, one, min(one + STRETCH_DAYS, after)) for one in starts)
    return BuildSummary(len(days), events, rows)


def _build(catalogue: pl.DataFrame, first: int, after: int) -> int:
    """Replaces the rows of the days in [first, after); costs what happened that changes them."""
    known = existing_days("events")
    needed = {day - later for later in CHANGES for day in range(first, after)}
    users, requested = list_changes(scan_log(day for day in known if (day - EPOCH).days in needed), first, after)
    log = scan_log(day for day in known if first - HORIZON_DAYS <= (day - EPOCH).days < after)
    behaviour = build_behaviour(log, catalogue, users)
    for begin, end in _in_parts(requested, first, after):
        rows = behaviour.at(requested.filter(pl.col("day").is_between(begin, end, closed="left")))
        _write(rows, begin, end)
    return len(requested)


def _in_parts(requested: pl.DataFrame, first: int, after: int) -> Iterator[tuple[int, int]]:
    """Spans of whole days with some `ROWS` rows each, which are all days in [first, after)."""
    begin, held = first, 0
    for day, rows in requested.group_by("day").len().sort("day").iter_rows():
        if held and held + rows > ROWS:
            yield begin, day
            begin, held = day, 0
        held += rows
    yield begin, after


def _write(rows: pl.DataFrame, begin: int, end: int) -> None:
    """Replaces the partition of each day in [begin, end), also of those that have no row any more."""
    parts, none = rows.partition_by(STAMP, as_dict=True, maintain_order=True), rows.clear()
    for number in range(begin, end):
        day = EPOCH + timedelta(days=number)
        write_day(VIEW, day, parts.get((midnight(day + timedelta(days=1)),), none))
