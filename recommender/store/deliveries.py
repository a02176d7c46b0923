"""What the loop's steps announced to each other and what each has taken, kept in the database.

An orchestrator's message only wakes a step, and may be lost or may come once for many. What there is to do is read
here: every announcement is a row, and each step keeps two marks in the order of these rows. `taken` is the newest
announcement that a run has begun to work on, `done` the newest one whose work has ended: what a failed run had taken
is part of the next run's work.

It knows the tables and nothing of the orchestrator.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from recommender.db.engine import session_scope
from recommender.db.tables import Announcement, Delivery, Event
from recommender.store.intervals import recorded_stretch

EVENTS, FEATURES, MODEL, DRIFT, QUESTION = "events", "features", "model", "drift", "question"
STEPS = {
    "features": EVENTS,
    "retrain": FEATURES,
    "check_drift": MODEL,
    "refresh_profiles": DRIFT,
    "decide_drift": QUESTION,
}  # and what each awaits
WRITER_SECONDS = 300.0
# writers of a table hold this lock until their transaction ends
_WRITERS = text(
    "SELECT virtualtransaction FROM pg_locks WHERE relation = 'events'::regclass AND mode = 'RowExclusiveLock' "
    "AND granted AND pid <> pg_backend_pid() "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


@dataclass(frozen=True, slots=True)
class Work:
    """What is due for a step: announcements up to `number`, the interval they cover, and what each of them said."""

    number: int
    start: datetime
    end: datetime
    details: tuple[dict[str, Any], ...]


def announce(session: Session, subject: str, start: datetime, end: datetime, details: Mapping[str, Any]) -> int:
    """Adds an announcement and returns its number; numbers grow in the order in which they become visible."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE announcements IN SHARE ROW EXCLUSIVE MODE"))
    row = Announcement(subject=subject, start=start, end=end, details=dict(details), announced_at=datetime.now(UTC))
    session.add(row)
    session.flush()
    return row.id


def due(session: Session, step: str) -> Work | None:
    """What was announced for the step and is not done."""
    return _since(session, STEPS[step], Delivery.done_id, step)


def take(session: Session, step: str) -> Work | None:
    """The same, noted as taken."""
    newest = select(func.coalesce(func.max(Announcement.id), 0)).where(Announcement.subject == STEPS[step])
    session.execute(update(Delivery).where(Delivery.step == step).values(taken_id=newest.scalar_subquery()))
    return due(session, step)


def finish(session: Session, step: str, number: int) -> None:
    """Notes that everything up to this number is done."""
    session.execute(update(Delivery).where(Delivery.step == step, Delivery.done_id < number).values(done_id=number))


def not_taken(session: Session, step: str, before: datetime | None = None) -> Work | None:
    """What was announced (before this moment) for the step and no run has taken."""
    found = _since(session, STEPS[step], Delivery.taken_id, step)
    if found is None or before is None:
        return found
    taken = select(Delivery.taken_id).where(Delivery.step == step).scalar_subquery()
    waiting = select(func.min(Announcement.announced_at)).where(
        Announcement.subject == STEPS[step], Announcement.id > taken
    )
    return found if session.scalars(waiting).one() < before else None


def announce_events(again: bool = False) -> Work | None:
    """Announces the events that arrived since the last announcement (`again`: all events); None when there are none."""
    with session_scope() as session:
        newest = session.execute(select(Event.id, Event.event_id).order_by(Event.id.desc()).limit(1)).first()
        writers = _writers(session)
    _wait_for(writers)
    with session_scope() as session:
        after = 0 if again else _announced_until(session)
        stretch = recorded_stretch(session, after) if newest is not None and newest.id > after else None
    if newest is None or stretch is None:
        return None
    details = {"last_event_id": newest.id, "last_event": _mark(newest.event_id)}
    with session_scope() as session:
        number = announce(session, EVENTS, stretch.start, stretch.end, details)
    return Work(number, stretch.start, stretch.end, (details,))


def announce_anew(session: Session, start: datetime) -> None:
    """Announces once more what was announced since `start`: the events say something else now."""
    newest = select(Announcement).where(Announcement.subject == EVENTS).order_by(Announcement.id.desc()).limit(1)
    last = session.scalars(newest).first()
    if last is not None and start < last.end:
        announce(session, EVENTS, start, last.end, last.details)


def _since(session: Session, subject: str, mark: Any, step: str) -> Work | None:
    after = select(mark).where(Delivery.step == step).scalar_subquery()
    query = select(Announcement).where(Announcement.subject == subject, Announcement.id > after)
    rows = session.scalars(query.order_by(Announcement.id)).all()
    if not rows:
        return None
    start, end = min(row.start for row in rows), max(row.end for row in rows)
    return Work(rows[-1].id, start, end, tuple(row.details for row in rows))


def _announced_until(session: Session) -> int:
    """The id up to which events were announced.

    When the newest events are deleted, SQLite gives their ids to those that come next; so an announcement counts only
    as long as the event it ended with is still there.
    """
    query = select(Announcement.details).where(Announcement.subject == EVENTS).order_by(Announcement.id.desc())
    for details in session.scalars(query):
        event_id = session.scalar(select(Event.event_id).where(Event.id == details["last_event_id"]))
        if event_id is not None and _mark(event_id) == details["last_event"]:
            return int(details["last_event_id"])
    return 0


def _mark(event_id: str) -> str:
    """Tells one event from another without keeping its id, which may name a shopper."""
    return sha256(event_id.encode()).hexdigest()[:16]


def _writers(session: Session) -> set[str]:
    """The transactions that are writing events: on PostgreSQL theirs may have lower ids than what is visible by now."""
    if session.get_bind().dialect.name != "postgresql":
        return set()
    return set(session.scalars(_WRITERS))


def _wait_for(writers: set[str]) -> None:
    deadline = time.monotonic() + WRITER_SECONDS
    while writers:
        if time.monotonic() > deadline:
            raise TimeoutError("events: an import is still writing; try again when it has ended")
        time.sleep(0.1)
        with session_scope() as session:
            writers &= _writers(session)
