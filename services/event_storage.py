"""Posts of events into the database, in one transaction: each post whole or, with a `Problem`, not at all.

It knows tables and what came in; profiles and the online store are `intake`'s affair.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from recommender.event_identity import KnownEvents, OtherContent, Row, Verdict, claim_visit, remove_claims
from recommender.privacy.sifting import ErasedShopper, Sieve
from recommender.queries import add_events
from recommender.query_embedding import Vector
from recommender.returns import PURCHASE
from recommender.tables import RETURN, User
from services.problems import Problem
from services.schemas import EventQuestion

CONFLICT = 409


@dataclass(frozen=True, slots=True)
class Post:
    """Events that were sent together, checked; not `confirmed` where a shopper's token sent them."""

    events: Sequence[EventQuestion]
    now: datetime
    read: Mapping[str, Vector]  # queries of searches among them, as the encoder reads them
    confirmed: bool = True

    @property
    def users(self) -> list[str]:
        return sorted({event.user_id for event in self.events if event.user_id is not None})

    def rows(self) -> list[dict[str, Any]]:
        """As the table has them; `time` stays None where it isn't said."""
        said = {"confirmed": self.confirmed}
        return [
            event.model_dump() | as_return(event) | said | {"time": event.time and min(event.time, self.now)}
            for event in self.events
        ]


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of a post in the database."""

    added: int
    withheld: int
    willing: list[str]  # who may have a profile
    changed: bool
    unconfirmed: int = 0  # purchases and returns that only a shopper's token told


def as_return(event: EventQuestion) -> dict[str, Any]:
    """What a return is stored as: its pieces and its money count up, whichever way they were told."""
    pieces, money = event.quantity, event.value
    negative = event.event_type == "purchase" and (min(pieces or 0, money or 0) < 0)
    if event.event_type not in ("return", "refund") and not negative:
        return {}
    return {
        "event_type": RETURN,
        "quantity": None if pieces is None else abs(pieces),
        "value": None if money is None else abs(money),
    }


def keep_posts(session: Session, posts: Sequence[Post]) -> list[Kept | Problem]:
    """A `Problem` for a post of an erased shopper or with an id that is another event's: nothing of it is written."""
    rows = [post.rows() for post in posts]
    everything = list(chain.from_iterable(rows))
    sieve, known = Sieve.read(session, everything), KnownEvents.read(session, everything)
    return [_keep(session, post, theirs, sieve, known) for post, theirs in zip(posts, rows, strict=True)]


def _keep(session: Session, post: Post, rows: Sequence[Row], sieve: Sieve, known: KnownEvents) -> Kept | Problem:
    try:
        sifted = sieve.sift(rows)
        verdicts = known.judge(sifted.rows)
    except ErasedShopper as gone:
        remedy = "Send no more of them; one who comes back has a new id."
        return Problem(f"events[{gone.place}].user_id", "this shopper was erased", remedy, 410)
    except OtherContent as other:
        place = next(place for place, row in enumerate(rows) if row is other.row)
        remedy = "Give each event an id of its own; send one that you repeat as it was."
        return Problem(f"events[{place}].event_id", "this id came before with other content", remedy, CONFLICT)
    new = [row for row, one in zip(sifted.rows, verdicts, strict=True) if one is not Verdict.KNOWN]
    remove_claims(session, [row for row, one in zip(sifted.rows, verdicts, strict=True) if one is Verdict.CONFIRMS])
    added = add_events(session, [{**row, "time": row["time"] or post.now} for row in new])[0]
    _know_users(session, post.users, sieve.known, post.now)
    claimed = _claim_visits(session, [event for event in post.events if event.user_id in sifted.willing])
    unconfirmed = sum(not row["confirmed"] and row["event_type"] in (PURCHASE, RETURN) for row in new)
    return Kept(added, sifted.withheld, sifted.willing, bool(added or claimed), unconfirmed)


def _know_users(session: Session, users: Iterable[str], known: set[str], now: datetime) -> None:
    """Gives those who are new a row, and adds them to the known."""
    new = [user for user in users if user not in known]
    if new:
        session.execute(
            insert(User), [{"user_id": user, "attributes": {}, "consent": True, "created_at": now} for user in new]
        )
        known.update(new)


def _claim_visits(session: Session, events: Iterable[EventQuestion]) -> int:
    """Visits that sign in: what they did before becomes the shopper's. Answers how many events that were."""
    pairs = {(event.session_id, event.user_id) for event in events}
    return sum(claim_visit(session, visit, user) for visit, user in sorted(pairs, key=str) if visit and user)
