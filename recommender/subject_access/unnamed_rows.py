"""Rows of a shopper's visits that don't name the shopper: from before they signed in, or kept for want of consent.

Whose a visit was when, its claims say. Visits of which there is no claim (imported ones) are the shopper's where theirs
is the only name in them.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Table, delete, select
from sqlalchemy.orm import Session

from recommender.db.tables import Base, Event
from recommender.store.identity.visits import Visits, visits_of

# what a visit did, was shown, and why; what was wished for in it
OF_VISITS = ("events", "recommendations", "impression_evidence", "session_wishes")


def unnamed_rows(session: Session, user_id: str) -> Iterator[tuple[Table, Any]]:
    """Each such row with its table."""
    claimed = visits_of(session, [user_id])
    for name in OF_VISITS:
        table = Base.metadata.tables[name]
        rows = [
            *session.execute(_unnamed(table).where(table.c.session_id.in_(claimed.claims))),
            *session.execute(_unnamed(table).where(table.c.session_id.in_(_named_by_events(user_id)))),
        ]
        alone = _alone(session, user_id, {row.session_id for row in rows} - claimed.claims.keys())
        kept = {row[0]: row for row in rows if row.session_id in alone or claimed.was_of(row, user_id)}
        yield from ((table, row) for row in kept.values())


def remove_unnamed(session: Session, user_id: str) -> tuple[dict[str, int], list[str]]:
    """Answers how many there were, by table, and the queries of the searches among them."""
    removed: dict[str, int] = {}
    queries: list[str] = []
    for table, row in list(unnamed_rows(session, user_id)):
        [key] = table.primary_key.columns
        session.execute(delete(table).where(key == row._mapping[key]))
        removed[table.name] = removed.get(table.name, 0) + 1
        if table.name == Event.__tablename__ and row.event_type == "search":
            queries.append(row.text)
    return removed, queries


def _unnamed(table: Table) -> Any:
    return select(table).where(table.c.user_id.is_(None))


def _named_by_events(user_id: str) -> Any:
    return select(Event.session_id).where(Event.user_id == user_id, Event.session_id.is_not(None)).distinct()


def _alone(session: Session, user_id: str, session_ids: set[str]) -> set[str]:
    """Those of these visits without a claim, and without an event of another shopper."""
    left = session_ids - Visits.read(session, session_ids).claims.keys()
    others = select(Event.session_id).where(Event.session_id.in_(left), Event.user_id != user_id)
    return left - set(session.scalars(others.distinct())) if left else left
