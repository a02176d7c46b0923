"""Judges the model on trial, and one promoted lately, by what the service counted, and takes out what breaches.

Called often, by every worker: the database lets one of them do it. It knows counts and rows, no request.
"""

from datetime import datetime, timedelta

import structlog
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from recommender.db.engine import session_scope, writing
from recommender.db.tables import Model
from recommender.models.bundle import BundleError
from recommender.release.canary import BREACH, Canary, end_canary
from recommender.release.counts import Counts, sum_counts
from recommender.release.guardrails import (
    BY,
    END_CANARY,
    FALSE_ALARM,
    RECENT,
    RECENT_FALSE_ALARM,
    Breach,
    find_breach,
    note_breach,
)
from recommender.release.model_lookup import ReleaseError
from recommender.release.promotion import former_model, rollback
from recommender.settings import Settings
from recommender.store.queries import promoted_model

log = structlog.get_logger(__name__)
NOBODY = Counts()


def judge(engine: Engine, settings: Settings, canary: Canary | None, now: datetime) -> Breach | None:
    """Takes out what breaches a bound; says by which figure, if this call did it."""
    with session_scope(engine) as session:
        promoted = promoted_model(session)
        if promoted is None:
            return None
        found = of_canary(session, settings, canary, promoted.model_version, now) if canary is not None else None
        lately = watched_until(session, settings, promoted) > now
        worse = of_promoted(session, settings, promoted, now) if found is None and lately else None
    if found is not None and canary is not None:
        return found if take_out_canary(engine, canary.model_version, found, now) else None
    if worse is not None:
        return worse if _roll_back(engine, promoted.model_version, worse) else None
    return None


def watched_until(session: Session, settings: Settings, promoted: Model) -> datetime:
    """Until when a guardrail may put the model before it back; a moment that is over where there is none."""
    since = promoted.promoted_at or promoted.created_at
    former = former_model(session)
    there = former is not None and settings.placed(former.path).exists()
    return since + timedelta(hours=settings.guardrail_hours) if there else since


def of_canary(session: Session, settings: Settings, canary: Canary, promoted: str, now: datetime) -> Breach | None:
    """By all that was counted since its start, and by the last minutes; a shadow answers nobody."""
    if canary.shadow:
        return None
    for since, false_alarm in _spans(canary.started_at, now):
        judged, others = (sum_counts(session, one, since) for one in (canary.model_version, promoted))
        breach = find_breach(settings, judged, others, false_alarm)
        if breach is not None:
            return breach
    return None


def of_promoted(session: Session, settings: Settings, promoted: Model, now: datetime) -> Breach | None:
    """Of a model that everybody is answered by: nothing stands beside it."""
    for since, false_alarm in _spans(promoted.promoted_at or promoted.created_at, now):
        judged = sum_counts(session, promoted.model_version, since)
        breach = find_breach(settings, judged, NOBODY, false_alarm)
        if breach is not None:
            return breach
    return None


def take_out_canary(engine: Engine, model_version: str, breach: Breach, now: datetime) -> bool:
    """Ends the canary for good and rejects its model.

    Returns whether it was still running; False where somebody else had ended it.
    """
    try:
        with writing(engine) as session:
            end_canary(session, BY, breach.reason, now, BREACH, model_version)
            note_breach(session, model_version, END_CANARY, breach, now)
            model = session.get(Model, model_version)
            if model is not None:
                model.status, model.reason = "rejected", f"ended as a canary by {BY}: {breach.reason}"
    except ReleaseError:  # somebody else ended it
        return False
    log.error("a guardrail ended the canary", model_version=model_version, reason=breach.reason)
    return True


def _roll_back(engine: Engine, model_version: str, breach: Breach) -> bool:
    try:
        rollback(BY, engine, of=model_version, breach=breach)
    except (ReleaseError, BundleError, OSError) as why:  # another worker did, or there is no way back
        log.warning("a guardrail does not roll back", model_version=model_version, reason=str(why))
        return False
    return True


def _spans(since: datetime, now: datetime) -> tuple[tuple[datetime, float], ...]:
    return (since, FALSE_ALARM), (max(since, now - RECENT), RECENT_FALSE_ALARM)
