"""Posts of events into the database, in one transaction: each post whole or, with a `Problem`, not at all.

It knows tables and what came in; profiles and the online store are `ingest`'s affair.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from recommender.data.returns import PURCHASE
from recommender.db.engine import one_shopper_at_a_time
from recommender.db.tables import RETURN, User
from recommender.privacy.event_filter import ErasedShopper, Sieve, Sifted
from recommender.search.query_embedding import Vector
from recommender.store.identity.event_identity import KnownEvents, OtherContent, Row, Verdict, remove_claims
from recommender.store.identity.item_aliases import find_aliases
from recommender.store.identity.visit_claims import claim_visit, first_owners
from recommender.store.identity.visits import ErasedVisit, Visits, name_events
from recommender.store.queries import add_events
from services.core.errors import Problem
from services.events.attribution import AnswerOwner, Waiting, attributed, given_answers
from services.schemas.events import NewEvent

CONFLICT = 409


@dataclass(frozen=True, slots=True)
class Post:
    """Events that were sent together, checked; not `confirmed` where a shopper's token sent them."""

    events: Sequence[NewEvent]
    now: datetime
    read: Mapping[str, Vector]  # queries of searches among them, as the encoder reads them
    confirmed: bool = True

    @property
    def users(self) -> list[str]:
        """The shoppers whom its events name, each once and in order; a visit that names none adds nobody."""
        return sorted({event.user_id for event in self.events if event.user_id is not None})

    def rows(self) -> list[dict[str, Any]]:
        """As the table has them; `time` stays None where it isn't said."""
        constants = {"confirmed": self.confirmed}
        return [
            event.model_dump(exclude={"currency"})
            | as_return(event)
            | constants
            | {"time": event.time and min(event.time, self.now)}
            for event in self.events
        ]


@dataclass(frozen=True, slots=True)
class PostOutcome:
    """What became of a post in the database."""

    added: int
    withheld: int
    willing: list[str]  # who may have a profile
    changed: bool
    unconfirmed: int = 0  # purchases and returns that only a shopper's token told
    foreign: Sequence[str] = ()  # ids of answers that were not given to the events' shoppers or visits


def as_return(event: NewEvent) -> dict[str, Any]:
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


@dataclass(slots=True)
class _Known:
    """What the database knows of the visits, the shoppers and the events that come in."""

    visits: Visits
    written: dict[tuple[str, str], str]  # by visit and id, whose an event is that came before without a name
    sieve: Sieve
    events: KnownEvents
    answers: Mapping[str, AnswerOwner]


def keep_posts(
    session: Session, posts: Sequence[Post], waiting: Waiting = lambda ids: {}
) -> list[PostOutcome | Problem]:
    """A `Problem` for a post of an erased shopper or with an id that is another event's: nothing of it is written.

    `waiting` finds answers that are in no table yet.

    Takes the turns of the visits first, then those of their shoppers: in one order, so that nobody waits in a circle.
    """
    rows = _of_items(session, [post.rows() for post in posts])
    everything = list(chain.from_iterable(rows))
    sessions = {row["session_id"] for row in everything if row["session_id"] is not None}
    one_shopper_at_a_time(session, sorted(f"visit {one}" for one in sessions))
    visits = Visits.read(session, sessions)
    possible = list(_possible(everything, visits))
    one_shopper_at_a_time(session, sorted({row["user_id"] for row in possible if row["user_id"] is not None}))
    known = _Known(
        visits,
        first_owners(session, everything, visits),
        Sieve.read(session, possible),
        KnownEvents.read(session, possible),
        given_answers(session, everything, waiting),
    )
    return [_keep(session, post, theirs, known) for post, theirs in zip(posts, rows, strict=True)]


def _of_items(session: Session, posts: list[list[dict[str, Any]]]) -> list[list[dict[str, Any]]]:
    """The events, those of an item's former ids as the item's."""
    ids = {row["item_id"] for rows in posts for row in rows if row["item_id"] is not None}
    items = find_aliases(session.connection(), ids) if ids else {}
    if not items:
        return posts
    return [[{**row, "item_id": items.get(row["item_id"], row["item_id"])} for row in rows] for rows in posts]


def _possible(rows: Sequence[Row], visits: Visits) -> Iterator[Row]:
    """The events, each that names nobody also as of everybody whose it may turn out to be."""
    signing_in = {(row["session_id"], row["user_id"]) for row in rows if row["user_id"] and row["session_id"]}
    for row in rows:
        yield row
        if row["user_id"] is None:
            visit = row["session_id"]
            for user in visits.claimers(visit) | {user for one, user in signing_in if one == visit}:
                yield {**row, "user_id": user}


def _keep(session: Session, post: Post, rows: Sequence[Row], known: _Known) -> PostOutcome | Problem:
    try:
        rows, foreign = attributed(_named(post, rows, known), known.answers)
        sifted = known.sieve.sift(rows)
        verdicts = known.events.judge(sifted.rows)
    except ErasedShopper as gone:
        remedy = "Send no more of them; one who comes back has a new id."
        return Problem(f"events[{gone.place}].user_id", "this shopper was erased", remedy, 410)
    except _InErasedVisit as gone:
        remedy = "Begin a new visit, with a session_id of its own."
        return Problem(f"events[{gone.place}].session_id", "the shopper of this visit was erased", remedy, 410)
    except OtherContent as other:
        place = next(place for place, row in enumerate(rows) if row is other.row)
        remedy = "Give each event an id of its own; send one that you repeat as it was."
        return Problem(f"events[{place}].event_id", "this id came before with other content", remedy, CONFLICT)
    new = [row for row, one in zip(sifted.rows, verdicts, strict=True) if one is not Verdict.KNOWN]
    remove_claims(session, [row for row, one in zip(sifted.rows, verdicts, strict=True) if one is Verdict.CONFIRMS])
    added = add_events(session, [{**row, "time": row["time"] or post.now} for row in new])[0]
    _know_users(session, post.users, known.sieve.known, post.now)
    claimed = _claim_visits(session, post, sifted, known.visits)
    unconfirmed = sum(not row["confirmed"] and row["event_type"] in (PURCHASE, RETURN) for row in new)
    return PostOutcome(added, sifted.withheld, sifted.willing, bool(added or claimed), unconfirmed, foreign)


class _InErasedVisit(Exception):
    """An event without a name of a visit that was an erased shopper's; `place` is where it stands."""

    def __init__(self, place: int) -> None:
        super().__init__(place)
        self.place = place


def _named(post: Post, rows: Sequence[Row], known: _Known) -> list[Row]:
    """The events, with the shoppers of the visits as they are claimed by now and by this post."""
    visits = known.visits.with_claims(_signing_in(post))
    found: list[Row] = []
    for place, row in enumerate(rows):
        try:
            found.extend(name_events([row], visits, known.written, post.now))
        except ErasedVisit:
            raise _InErasedVisit(place) from None
    return found


def _signing_in(post: Post) -> list[tuple[str, str, datetime]]:
    """Visit, shopper and moment of each event that names both."""
    return [
        (event.session_id, event.user_id, min(event.time or post.now, post.now))
        for event in post.events
        if event.session_id is not None and event.user_id is not None
    ]


def _know_users(session: Session, users: Iterable[str], known: set[str], now: datetime) -> None:
    """Gives those who are new a row, and adds them to the known."""
    new = [user for user in users if user not in known]
    if new:
        session.execute(
            insert(User), [{"user_id": user, "attributes": {}, "consent": True, "created_at": now} for user in new]
        )
        known.update(new)


def _claim_visits(session: Session, post: Post, sifted: Sifted, visits: Visits) -> int:
    """Visits that sign in: what they did before becomes the shopper's, and what they do from now on.

    Of one who wants no profile it stays nobody's. Answers how many events changed hands.
    """
    signing_in = _signing_in(post)
    for visit, user, moment in signing_in:
        visits.claim(session, visit, user, moment)
    willing = sorted({(visit, user) for visit, user, _ in signing_in if user in sifted.willing})
    return sum(claim_visit(session, visits, visit, user) for visit, user in willing)
