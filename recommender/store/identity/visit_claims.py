"""A visit that is claimed: what it did and was shown without a name gets its shopper's.

It knows the tables that hold visits' ids; whose a visit is when, `visits` knows. Sessions are handed in.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any

import polars as pl
from sqlalchemy import ColumnElement, Connection, select
from sqlalchemy.orm import Session

from recommender.db.tables import ID_LENGTH, Event, ImpressionEvidence, Recommendation
from recommender.store.consent import PERSONALISATION, consents_of
from recommender.store.identity.event_identity import Verdict, compare
from recommender.store.identity.visits import ErasedVisit, Visits, is_any_claimed

Row = Mapping[str, Any]


def claim_visit(session: Session, visits: Visits, session_id: str, user_id: str) -> int:
    """What a visit did and was shown while it was the shopper's becomes theirs; answers how many events that were."""
    unnamed = session.scalars(select(Event).where(*_unnamed(Event, session_id)))
    events = [one for one in unnamed if visits.was_of(one, user_id)]
    claimed = _settle_clashes(session, events, session_id, user_id)
    shown = [
        *session.scalars(select(Recommendation).where(*_unnamed(Recommendation, session_id))),
        *session.scalars(select(ImpressionEvidence).where(*_unnamed(ImpressionEvidence, session_id))),
    ]
    for one in shown:
        if visits.was_of(one, user_id):
            one.user_id = user_id
    session.flush()
    return claimed


def first_owners(session: Session, events: Iterable[Row], visits: Visits) -> dict[tuple[str, str], str]:
    """By visit and event id, who an event without a name went to when it came before.

    Of visits that several shoppers claimed: a repeat of what the first one did is not what the second one does.
    """
    shared = {
        row["session_id"]: visits.claimers(row["session_id"])
        for row in events
        if row["user_id"] is None and len(visits.claimers(row["session_id"])) > 1
    }
    if not shared:
        return {}
    ids = {row["event_id"] for row in events if row["session_id"] in shared}
    owners = {user for users in shared.values() for user in users}
    query = select(Event.session_id, Event.event_id, Event.user_id).where(
        Event.event_id.in_(ids), Event.user_id.in_(owners), Event.session_id.in_(shared)
    )
    rows = session.execute(query.order_by(Event.id.desc()))
    return {(visit, event_id): user for visit, event_id, user in rows if visit is not None and user is not None}


def name_visitors(connection: Connection, frame: pl.DataFrame) -> pl.DataFrame:
    """Imported events of visits that were claimed, with their shoppers; without those of an erased one's visit."""
    with Session(bind=connection, join_transaction_mode="rollback_only") as session:
        if not is_any_claimed(session):
            return frame
        unnamed = frame.filter(pl.col("user_id").is_null() & pl.col("session_id").is_not_null())
        visits = Visits.read(session, unnamed["session_id"].unique())
        if not visits.claims:
            return frame
        rows = unnamed.select("line", "session_id", "event_id", "user_id", "time").to_dicts()
        written = first_owners(session, rows, visits)
    names, erased = dict[int, str](), list[int]()
    for row in rows:
        try:
            owner = written.get((row["session_id"], row["event_id"])) or visits.owner(row["session_id"], row["time"])
        except ErasedVisit:
            erased.append(row["line"])
        else:
            names |= {row["line"]: owner} if owner else {}
    named = pl.col("line").replace_strict(names, default=None, return_dtype=pl.String)
    return frame.filter(~pl.col("line").is_in(erased)).with_columns(user_id=pl.coalesce("user_id", named))


class Visitors:
    """Whose an answer is that was given to a visit: looked up once for many answers."""

    def __init__(self, session: Session, session_ids: Iterable[str | None]) -> None:
        self._session, self._visits = session, Visits.read(session, session_ids)
        self._willing: dict[str, bool] = {}

    def named(self, row: dict[str, Any], moment: datetime) -> dict[str, Any]:
        """A row with `user_id` and `session_id`, with the shopper whose the visit is; nobody's if they want no profile.

        Raises `ErasedVisit`.
        """
        owner = self._visits.owner(row["session_id"], moment) if row["user_id"] is None else None
        if owner is None:
            return row
        if owner not in self._willing:
            self._willing[owner] = consents_of(self._session, owner)[PERSONALISATION]
        return row | ({"user_id": owner} if self._willing[owner] else {"session_id": None})


def _unnamed(table: type[Event | Recommendation | ImpressionEvidence], session_id: str) -> list[ColumnElement[bool]]:
    return [table.session_id == session_id, table.user_id.is_(None)]


def _settle_clashes(session: Session, events: Sequence[Event], session_id: str, user_id: str) -> int:
    """Gives the events to the shopper; answers how many.

    Of those under ids that the shopper has used the same are dropped, others get ids of their own.
    """
    if not events:
        return 0
    ids, claimed = {event.event_id for event in events}, 0
    used = session.scalars(select(Event).where(Event.user_id == user_id, Event.event_id.in_(ids)))
    known = {one.event_id: one for one in used}
    for event in events:
        stored = known.get(event.event_id)
        if stored is not None and compare(event.__dict__, stored.__dict__) is Verdict.KNOWN:
            session.delete(event)
            continue
        if stored is not None:
            digest = blake2b(session_id.encode(), digest_size=8).hexdigest()
            event.event_id = f"{event.event_id[: ID_LENGTH - 17]}~{digest}"
        event.user_id = user_id
        claimed += 1
    return claimed
