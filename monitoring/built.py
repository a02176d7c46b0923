"""Whether the features of the days that are compared were built: what only the database knows would be missing."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from features.partitions import days_of, existing_days, midnight
from monitoring.params import DriftError, DriftParams
from recommender.database import session_scope
from recommender.privacy.consent import PERSONALISATION, consents_to
from recommender.tables import Event


def require_built(params: DriftParams, end: datetime) -> None:
    """Raises `DriftError` for a day before `end` with events that no build has seen, from the reference on."""
    built = set(existing_days("events"))
    with session_scope() as session:
        for day in days_of(params.reference_from, end):
            if day not in built and _has_events(session, midnight(day)):
                field = "current_until" if midnight(day) >= params.current_from else "reference_from"
                raise DriftError(
                    f"{field}: {day} has events but no features; run `features` for it first, or choose other days"
                )


def _has_events(session: Session, start: datetime) -> bool:
    theirs = consents_to(Event.user_id, PERSONALISATION)  # type: ignore[arg-type]  # visitors have no id
    query = select(Event.id).where(Event.time >= start, Event.time < start + timedelta(days=1), theirs)
    return session.scalar(query.limit(1)) is not None
