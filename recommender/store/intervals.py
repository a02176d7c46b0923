"""Which stretch of time the recorded events cover: where "the latest data" ends, without asking any clock.

It knows the events table; what is done with the interval is the caller's affair.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from recommender.db.tables import Event

TICK = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Events lie in [start, end); `last_event_id` marks how far the log had been read."""

    start: datetime
    end: datetime
    last_event_id: int


def recorded_stretch(session: Session, after_id: int = 0) -> Stretch | None:
    """From the earliest event that arrived after `after_id` to just past the latest event of all; None: nothing new.

    A late event reaches far back, and every window since then changes with it: so the end is always that of all data.
    """
    last_id, end = session.execute(select(func.max(Event.id), func.max(Event.time))).one()
    if last_id is None or last_id <= after_id:
        return None
    earliest = select(func.min(Event.time))
    start = session.scalars(earliest.where(Event.id > after_id) if after_id else earliest).one()
    return Stretch(start, end.replace(microsecond=0) + TICK, last_id)


def day_start(moment: datetime) -> datetime:
    """Midnight (UTC) at or before `moment`."""
    return datetime.combine(moment.astimezone(UTC).date(), time(), UTC)


def day_end(moment: datetime) -> datetime:
    """Midnight (UTC) at or after `moment`: the end of the days that an interval up to `moment` touches."""
    start = day_start(moment)
    return start if start == moment else start + timedelta(days=1)
