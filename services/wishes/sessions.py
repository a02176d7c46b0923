"""What was wished for in visits, as it was understood: a row of the database each, kept in every worker's memory.

What this worker takes counts at once, what another takes within a second. A visit's wish is forgotten after a day.
"""

from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, delete, select
from sqlalchemy.orm import Session

from recommender.db.engine import writing
from recommender.db.tables import SessionWish
from recommender.privacy.erasure import erased
from recommender.steering.constraints import Constraint, Understood
from recommender.store.identity.visits import ErasedVisit, Visits
from services.core.circuit_breaker import Away, Breaker
from services.core.errors import Problem

RETENTION = timedelta(days=1)
OVERLAP = timedelta(seconds=30)  # a transaction may commit later than the time it wrote


@dataclass(frozen=True, slots=True)
class _Held:
    """A wish, when it was said and by whom, if they had signed in."""

    understood: Understood
    time: datetime
    user_id: str | None


@dataclass(slots=True)
class SessionWishes:
    """`refresh` is called by the watcher."""

    engine: Engine
    database: Breaker
    _held: dict[str, _Held] = field(default_factory=dict)
    _looked_at: datetime | None = None
    _forgotten: int = 0  # how often a look anew was asked for, maybe while one was under way

    def get(self, session_id: str | None) -> Understood | None:
        """What is wished for in a visit; None for no visit, for nothing wished, and for a wish older than a day."""
        held = self._held.get(session_id) if session_id is not None else None
        if held is None or held.time <= datetime.now(UTC) - RETENTION:
            return None
        return held.understood or None

    def keep(self, session_id: str, user_id: str | None, understood: Understood, now: datetime) -> None:
        """Takes the place of what was wished before; an empty wish ends it."""
        row = {"session_id": session_id, "user_id": user_id, "understood": _to_row(understood), "time": now}
        try:
            with self.database.guard(), writing(self.engine) as session:
                _refuse_erased(session, session_id, user_id, now)
                session.execute(delete(SessionWish).where(SessionWish.time < now - RETENTION))
                session.merge(SessionWish(**row))
        except Away:
            raise Problem("wish_scope", "the database is away; nothing was kept", "Send it again.", 503) from None
        self._held[session_id] = _Held(understood, now, user_id)

    def refresh(self, session: Session) -> None:
        """Takes in what other workers took since the last look."""
        now, forgotten = datetime.now(UTC), self._forgotten
        anew = self._looked_at is None
        since = now - RETENTION if self._looked_at is None else self._looked_at - OVERLAP
        taken = {} if anew else self._held
        for row in session.scalars(select(SessionWish).where(SessionWish.time > since)):
            held = taken.get(row.session_id)
            if held is None or held.time < row.time:
                taken[row.session_id] = _Held(_of_row(row.understood), row.time, row.user_id)
        if anew or any(held.time < now - RETENTION for held in list(taken.values())):
            self._held = {name: held for name, held in list(taken.items()) if held.time >= now - RETENTION}
        self._looked_at = now if forgotten == self._forgotten else None

    def users(self) -> set[str]:
        """Of whom a wish is held."""
        return {held.user_id for held in list(self._held.values()) if held.user_id is not None}

    def forget(self, user_id: str) -> None:
        """Drops what is held of an erased shopper; a wish of one who is there comes back with the next look."""
        self._held = {name: held for name, held in list(self._held.items()) if held.user_id != user_id}
        self.look_anew()

    def look_anew(self) -> None:
        """The next look holds what is in the database and nothing else: a wish of one who is erased may name nobody."""
        self._forgotten += 1
        self._looked_at = None


def _refuse_erased(session: Session, session_id: str, user_id: str | None, now: datetime) -> None:
    """A `Problem` where the wish is an erased shopper's, by its name or by its visit."""
    if user_id is not None and erased(session, [user_id]):
        raise Problem("user_id", "this shopper was erased", "A shopper who comes back has a new id.", 410)
    try:
        Visits.read(session, [session_id]).owner(session_id, now)
    except ErasedVisit:
        remedy = "A shopper who comes back begins a new visit."
        raise Problem("session_id", "the shopper of this visit was erased", remedy, 410) from None


def _to_row(understood: Understood) -> dict[str, object]:
    constraints = [asdict(one) | {"values": list(one.values)} for one in understood.constraints]
    for one in constraints:
        one["said"] = one.pop("quote")  # as rows have always called it
    return {"constraints": constraints, "about": understood.about, "not_understood": list(understood.not_understood)}


def _of_row(row: dict[str, object]) -> Understood:
    stored = row["constraints"]
    assert isinstance(stored, list)  # noqa: S101
    constraints = tuple(_constraint_of(one) for one in stored)
    lost = row["not_understood"]
    return Understood(constraints, str(row["about"]), tuple(lost) if isinstance(lost, list) else ())


def _constraint_of(stored: dict[str, Any]) -> Constraint:
    fields = {name: value for name, value in stored.items() if name != "said"}
    return Constraint(**{**fields, "values": tuple(stored["values"]), "quote": stored["said"]})
