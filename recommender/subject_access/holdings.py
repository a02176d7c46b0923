"""What the database holds of a shopper, table by table, and its removal.

Tables are found by their columns: each that names a shopper (`user_id`, `source_user_id` and the like) is covered, also
one that was added yesterday. A rejected import row is found by the column that names its shopper.
"""

import base64
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Table, and_, delete, or_, select, update
from sqlalchemy.orm import Session

from recommender.db.tables import Audit, Base, Erasure, Event, Reject, Visit
from recommender.importing.column_names import NAMES, Kind, same_name
from recommender.search.query_embedding import forget_queries
from recommender.subject_access.unnamed_rows import remove_unnamed, unnamed_rows

# an erasure ends these itself, as its last step
RETAINED_TABLES = frozenset({Erasure.__tablename__, Audit.__tablename__, Visit.__tablename__})
PEOPLE = {  # what a column of shoppers' ids is called, spelling aside
    same_name(name)
    for kind, field in (
        (Kind.EVENTS, "user_id"),
        (Kind.USERS, "user_id"),
        (Kind.LINKS, "source_user_id"),
        (Kind.LINKS, "target_user_id"),
    )
    for name in (*NAMES[kind][field], "household_id")
} - {"id"}
SECRET = frozenset({"secret_hash"})


def tables_about_shoppers() -> list[Table]:
    """Those that refer to others first, so that rows can be removed in this order."""
    tables = reversed(Base.metadata.sorted_tables)
    return [table for table in tables if table.name not in RETAINED_TABLES and _named_columns(table)]


def held(session: Session, user_id: str) -> dict[str, list[dict[str, Any]]]:
    """Every row about the shopper, as JSON can carry it; tables that hold none are left out."""
    found = {}
    ended = [Base.metadata.tables[one.__tablename__] for one in (Visit, Audit)]
    for table in [*tables_about_shoppers(), *ended]:
        rows = [_plain(row._mapping) for row in session.execute(select(table).where(_about(table, user_id)))]
        if rows:
            found[str(table.name)] = rows  # SQLAlchemy's kind of name is no key that orjson writes
    for table, row in unnamed_rows(session, user_id):
        found.setdefault(str(table.name), []).append(_plain(row._mapping))
    rejects = [{"file": one.file, "line": one.line, "raw": one.raw} for one in _rejects(session, user_id)]
    found |= {"rejects": rejects} if rejects else {}
    return found


def remove(session: Session, user_id: str) -> dict[str, int]:
    """Removes every row about the shopper; answers how many there were, by table."""
    removed, queries = remove_unnamed(session, user_id)
    for reject in list(_rejects(session, user_id)):
        session.delete(reject)
        removed["rejects"] = removed.get("rejects", 0) + 1
    _forget_unreadable(session)
    searches = select(Event.text).where(Event.user_id == user_id, Event.event_type == "search")
    queries += [text for text in session.scalars(searches.distinct()) if text is not None]
    for table in tables_about_shoppers():
        key = next(iter(table.primary_key.columns))
        gone = session.scalars(delete(table).where(_about(table, user_id)).returning(key)).all()
        removed[table.name] = removed.get(table.name, 0) + len(gone)
    forget_queries(session, queries)
    return {name: count for name, count in removed.items() if count}


def _named_columns(table: Table) -> list[Any]:
    return [column for column in table.columns if column.name.endswith("user_id")]


def _about(table: Table, user_id: str) -> ColumnElement[bool]:
    return or_(*(column == user_id for column in _named_columns(table)))


def _rejects(session: Session, user_id: str) -> Iterator[Reject]:
    """Rejected rows whose column of a shopper is this shopper's id, and nothing else that looks like it."""
    like = user_id.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    written = orjson.dumps(user_id).decode()[1:-1].replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    holds = or_(Reject.raw.like(f"%{like}%", escape="\\"), Reject.raw.like(f"%{written}%", escape="\\"))
    for row in session.scalars(select(Reject).where(holds)):
        if user_id in people_in(row.raw):
            yield row


def people_in(raw: str) -> set[str]:
    """The shoppers whom a rejected row names, by its columns; none where nobody could read it."""
    try:
        read = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return set()
    fields = read.items() if isinstance(read, dict) else ()
    return {str(value) for name, value in fields if same_name(name) in PEOPLE and value is not None}


def _forget_unreadable(session: Session) -> None:
    """Rows of imports that nobody could read may be anybody's: they keep their place and lose their text."""
    unreadable = and_(Reject.raw != "", or_(Reject.field == "*", ~Reject.raw.like("{%}")))
    session.execute(update(Reject).where(unreadable).values(raw=""))


def _plain(row: Any) -> dict[str, Any]:
    return {str(name): _value(value) for name, value in row.items() if name not in SECRET}


def _value(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value
