"""Erasing a shopper, as the database drives it: asked for, swept through every store, swept once more, done.

A row says who is to be erased until it is done, so that a killed process goes on where it stopped; after that only the
digest of the id is left, by which what comes late is refused. What the feature stores hold is `features.privacy`'s.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from recommender.db.tables import Audit, Erasure
from recommender.privacy.audit import note
from recommender.privacy.receipts import new_receipt, note_models
from recommender.store.identity.visits import forget_claims

# what was under way when the erasure began (an event being taken, a profile being pushed) has ended by then
STRAGGLERS = timedelta(seconds=5)
IDS_A_QUERY = 500
REQUESTED, ERASED = "ask_erase", "erase"  # in the audit log


@dataclass(frozen=True, slots=True)
class PendingErasure:
    """An erasure that is not done; `swept_at` is when every store was swept for the first time."""

    user_id: str
    swept_at: datetime | None


def digest(user_id: str) -> str:
    """What is kept of an erased shopper's id, and by what it is recognised: a SHA-256 in 64 hex digits."""
    return hashlib.sha256(f"zhiyin erased: {user_id}".encode()).hexdigest()


def request_erasure(session: Session, user_id: str, now: datetime, actor: str) -> None:
    """From here on the shopper's events are refused."""
    row = session.get(Erasure, digest(user_id))
    if row is None:
        row = Erasure(digest=digest(user_id), requested_at=now, removed={}, receipt=new_receipt())
        session.add(row)
    if row.user_id is None:  # asked for the first time, or once more after it was done
        row.user_id, row.swept_at, row.done_at = user_id, None, None
        row.models, row.log_cleared_at = None, None
        note(session, now, actor, REQUESTED, user_id, {})


def list_pending_erasures(session: Session) -> list[PendingErasure]:
    """Those that are not done, the oldest first."""
    query = select(Erasure.user_id, Erasure.swept_at).where(Erasure.user_id.is_not(None))
    rows = session.execute(query.order_by(Erasure.requested_at))
    return [PendingErasure(user_id, swept_at) for user_id, swept_at in rows if user_id is not None]


def note_learning(session: Session, user_id: str) -> None:
    """Before the first sweep: which models had learned from the shopper."""
    row = session.get(Erasure, digest(user_id))
    if row is not None:
        note_models(session, row, user_id)


def uncleared(session: Session) -> list[str]:
    """Digests of those who are erased, but may still stand in SQLite's write-ahead log."""
    done = (Erasure.done_at.is_not(None), Erasure.log_cleared_at.is_(None))
    return list(session.scalars(select(Erasure.digest).where(*done)))


def note_cleared(session: Session, digests: Iterable[str], now: datetime) -> None:
    """Notes that nothing of these is left in SQLite's write-ahead log either, from `now` on."""
    names = list(digests)
    for start in range(0, len(names), IDS_A_QUERY):
        part = update(Erasure).where(Erasure.digest.in_(names[start : start + IDS_A_QUERY]))
        session.execute(part.values(log_cleared_at=now))


def note_sweep(
    session: Session, user_id: str, removed: Mapping[str, int], now: datetime, actor: str, last: bool
) -> bool:
    """Keeps what a sweep removed; the last one, after the stragglers, ends the erasure. Answers whether it is done."""
    row = session.get(Erasure, digest(user_id))
    if row is None:
        raise LookupError("nobody asked for this erasure")
    if last:
        ended = {"database.visits": forget_claims(session, user_id)}
        removed = {**removed, **{name: count for name, count in ended.items() if count}}
    row.removed = {name: row.removed.get(name, 0) + removed.get(name, 0) for name in {*row.removed, *removed}}
    if row.swept_at is None:
        row.swept_at = now
    if not last:
        return False
    row.done_at, row.user_id = now, None
    query = select(Audit.actor).where(Audit.user_id == user_id, Audit.action == REQUESTED).order_by(Audit.id.desc())
    by = session.scalars(query.limit(1)).first() or actor
    session.execute(delete(Audit).where(Audit.user_id == user_id))
    note(session, now, by, ERASED, None, {"digest": row.digest, "removed": row.removed})
    return True


def erased(session: Session, user_ids: Iterable[str]) -> set[str]:
    """Those of these shoppers who are erased or about to be."""
    by_digest = {digest(user_id): user_id for user_id in user_ids}
    found: set[str] = set()
    names = list(by_digest)
    for start in range(0, len(names), IDS_A_QUERY):
        part = names[start : start + IDS_A_QUERY]
        found |= {by_digest[name] for name in session.scalars(select(Erasure.digest).where(Erasure.digest.in_(part)))}
    return found


def anybody_erased(session: Session) -> bool:
    """Whether any shopper is erased or about to be; if not, nobody has to be looked for."""
    return session.scalar(select(Erasure.digest).limit(1)) is not None
