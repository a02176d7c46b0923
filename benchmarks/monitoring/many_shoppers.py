"""More shoppers for a shop: copies of those there are, each with the last few events and a profile.

It knows the tables of events, users and profiles; it measures nothing.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Table, func, insert, select
from sqlalchemy.orm import Session

from recommender.db.engine import session_scope
from recommender.db.tables import Base

EVENTS = 5  # of a copy: the latest
COUNTED = "id"  # a column that the database fills
Rows = list[dict[str, Any]]


def clone_shoppers(count: int) -> None:
    """Adds so many shoppers to the settings' database, by turns of those there are."""
    with session_scope() as session:
        users, profiles, events = _originals(session)
    names = sorted(row["user_id"] for row in users)
    for turn in range(-(-count // len(names))):
        chosen = frozenset(names[: count - turn * len(names)])
        with session_scope() as session:
            for table, rows in (("users", users), ("profiles", profiles), ("events", events)):
                copied = [row | {"user_id": f"{row['user_id']}~{turn}"} for row in rows if row["user_id"] in chosen]
                if copied:
                    session.execute(insert(Base.metadata.tables[table]).execution_options(render_nulls=True), copied)


def _originals(session: Session) -> tuple[Rows, Rows, Rows]:
    events = Base.metadata.tables["events"]
    place = func.row_number().over(partition_by=events.c.user_id, order_by=events.c.id.desc()).label("place")
    ranked = select(events.c.id, place).where(events.c.user_id.is_not(None)).subquery()
    latest = session.scalars(select(ranked.c.id).where(ranked.c.place <= EVENTS)).all()
    return (
        _rows(session, Base.metadata.tables["users"]),
        _rows(session, Base.metadata.tables["profiles"]),
        _rows(session, events, latest),
    )


def _rows(session: Session, table: Table, ids: Sequence[int] | None = None) -> Rows:
    columns = [column for column in table.columns if column.name != COUNTED]
    query = select(*columns) if ids is None else select(*columns).where(table.c[COUNTED].in_(ids))
    return [dict(row) for row in session.execute(query).mappings()]
