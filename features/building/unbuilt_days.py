"""Whether the features of an interval were built: what only the database knows would be missing."""

from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from features.partitions import days_of, existing_days, midnight
from recommender.db.engine import session_scope
from recommender.db.tables import Event
from recommender.store.consent import PERSONALISATION, consents_to


def unbuilt_days(start: datetime, end: datetime) -> list[date]:
    """The days that [start, end) touches, have events of somebody who consents, and were never built."""
    built = set(existing_days("events"))
    with session_scope() as session:
        return [day for day in days_of(start, end) if day not in built and _has_events(session, midnight(day))]


def _has_events(session: Session, start: datetime) -> bool:
    theirs = consents_to(Event.user_id, PERSONALISATION)  # type: ignore[arg-type]  # visitors have no id
    query = select(Event.id).where(Event.time >= start, Event.time < start + timedelta(days=1), theirs)
    return session.scalar(query.limit(1)) is not None
