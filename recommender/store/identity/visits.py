"""Whose a visit is: the shopper who signed in in it, from the moment they did.

A claim says that from `since` on what a visit does is this shopper's, also where an event or an answer doesn't name
them; what lies before the first claim is the first claimer's. On a device that several people share the next one who
signs in claims what follows, and gets nothing of what lies before. The claim of an erased shopper stays without the
shopper and without the visit's id (of it a digest), so that what comes late is refused instead of becoming somebody
else's. Sessions are handed in; the caller holds the visits' and the shoppers' turns and commits.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session

from recommender.db.tables import Visit

IDS_A_QUERY = 400  # each is looked for in two forms
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Claim:
    """From `since` on the visit is `user_id`'s; None: of one who is erased."""

    since: datetime
    user_id: str | None


class ErasedVisit(Exception):
    """What happened in a visit while it was an erased shopper's."""


@dataclass(slots=True)
class Visits:
    """The claims of some visits, each visit's in order of time."""

    claims: dict[str, list[Claim]] = field(default_factory=dict)

    @classmethod
    def read(cls, session: Session, session_ids: Iterable[str | None]) -> "Visits":
        """The claims of these visits, also those of erased shoppers; ids that are None are passed over."""
        names = sorted({one for one in session_ids if one is not None})
        found: dict[str, list[Claim]] = {}
        for start in range(0, len(names), IDS_A_QUERY):
            forms = {form: name for name in names[start : start + IDS_A_QUERY] for form in (name, visit_digest(name))}
            query = select(Visit.session_id, Visit.since, Visit.user_id).where(Visit.session_id.in_(forms))
            for form, since, user_id in session.execute(query.order_by(Visit.since, Visit.id)):
                found.setdefault(forms[form], []).append(Claim(since, user_id))
        return cls(found)

    def owner(self, session_id: str | None, moment: datetime) -> str | None:
        """Whose the visit was at that moment; None: nobody's. Raises `ErasedVisit`."""
        claims = self.claims.get(session_id or "")
        if not claims:
            return None
        before = [claim for claim in claims if claim.since <= moment]
        claim = before[-1] if before else claims[0]
        if claim.user_id is None:
            raise ErasedVisit
        return claim.user_id

    def was_of(self, row: Any, user_id: str) -> bool:
        """Whether the visit was the shopper's when it did that, or was shown that."""
        try:
            return self.owner(row.session_id, row.time) == user_id
        except ErasedVisit:
            return False

    def claimers(self, session_id: str | None) -> set[str]:
        """All shoppers who ever claimed the visit."""
        return {claim.user_id for claim in self.claims.get(session_id or "", ()) if claim.user_id is not None}

    def claim(self, session: Session, session_id: str, user_id: str, moment: datetime) -> bool:
        """From that moment on the visit is the shopper's; answers whether it wasn't already."""
        if not self._claim(session_id, user_id, moment):
            return False
        session.add(Visit(session_id=session_id, since=moment, user_id=user_id))
        return True

    def with_claims(self, more: Iterable[tuple[str, str, datetime]]) -> "Visits":
        """These and more claims, of which the database knows nothing yet: visit, shopper, moment."""
        both = Visits({visit: list(claims) for visit, claims in self.claims.items()})
        for one in more:
            both._claim(*one)
        return both

    def _claim(self, session_id: str, user_id: str, moment: datetime) -> bool:
        claims = self.claims.setdefault(session_id, [])
        before = [claim for claim in claims if claim.since <= moment]
        if before and before[-1].user_id == user_id:
            return False
        claims.append(Claim(moment, user_id))
        claims.sort(key=lambda claim: claim.since)  # stable: of two at one moment the later to come
        return True


def visit_digest(session_id: str) -> str:
    """What stays of a visit's id when its shopper is erased."""
    return sha256(f"zhiyin erased visit: {session_id}".encode()).hexdigest()


def visits_of(session: Session, user_ids: Iterable[str]) -> Visits:
    """All claims of the visits that these shoppers ever claimed."""
    names, found = sorted(set(user_ids)), set[str]()
    for start in range(0, len(names), IDS_A_QUERY):
        part = names[start : start + IDS_A_QUERY]
        found |= set(session.scalars(select(Visit.session_id).where(Visit.user_id.in_(part)).distinct()))
    return Visits.read(session, found)


def is_any_claimed(session: Session) -> bool:
    """Whether there is any claim; if not, no visit has to be looked for."""
    return session.scalar(select(Visit.id).limit(1)) is not None


def forget_claims(session: Session, user_id: str) -> int:
    """Takes the shopper and the visits' ids out of the shopper's claims; answers how many claims that were."""
    theirs = session.scalars(select(Visit.session_id).where(Visit.user_id == user_id).distinct()).all()
    gone = 0
    for session_id in theirs:
        statement = update(Visit).where(Visit.session_id == session_id, Visit.user_id == user_id)
        result = session.execute(statement.values(session_id=visit_digest(session_id), user_id=None))
        gone += result.rowcount if isinstance(result, CursorResult) else 0
    return gone


def name_events(
    rows: Sequence[Row], visits: Visits, written: Mapping[tuple[str, str], str], now: datetime
) -> Iterator[Row]:
    """Events that name nobody, with the shopper whose the visit is; `written` as `first_owners` reads it.

    `now` is the time of those that don't say theirs. Raises `ErasedVisit`.
    """
    for row in rows:
        session_id = row["session_id"]
        if row["user_id"] is not None or session_id not in visits.claims:
            yield row
            continue
        owner = written.get((session_id, row["event_id"])) or visits.owner(session_id, row["time"] or now)
        yield {**row, "user_id": owner}
