"""The reads and writes that several stations share. Sessions are handed in; the caller commits.

It knows tables and histories, no pipeline and no service. A block that writes should write first: SQLite gives its
one write lock at once or after waiting, but never to a transaction whose reading has gone stale.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby, islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from sqlalchemy import ColumnElement, Integer, String, Table, cast, func, insert, select, type_coerce
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from recommender.behaviour import MAX_HISTORY, TYPE_CODES, History
from recommender.sentiment import stars_of
from recommender.tables import Base, Event, Model, ProfileVersion

if TYPE_CHECKING:  # what reads profiles need not wait seconds for torch
    from recommender.profiles import Profile

T = TypeVar("T")
IDS_A_QUERY = 500
ROWS_A_STATEMENT = 500
_EVENT_COLUMNS = tuple(column.name for column in Event.__table__.columns if column.name != "id")


def load_history(session: Session, user_id: str, until: datetime | None = None, limit: int = MAX_HISTORY) -> History:
    """The shopper's last `limit` events before `until`; empty for one who is unknown."""
    query = select(*_history_columns(session)).where(Event.user_id == user_id)
    if until is not None:
        query = query.where(Event.time < until)
    query = query.order_by(Event.time.desc(), Event.event_id.desc()).limit(limit)
    return _history(session.execute(query).all()[::-1])


def load_histories(
    session: Session, user_ids: Iterable[str], until: datetime | None = None, limit: int = MAX_HISTORY
) -> dict[str, History]:
    """As `load_history`, for many shoppers at once; the unknown are not in the answer."""
    histories: dict[str, History] = {}
    for ids in _chunks(user_ids, IDS_A_QUERY):
        query = select(*_history_columns(session), Event.user_id).where(Event.user_id.in_(ids))
        if until is not None:
            query = query.where(Event.time < until)
        rows = session.execute(query.order_by(Event.user_id, Event.time, Event.event_id)).all()
        for user_id, theirs in groupby(rows, key=itemgetter(-1)):
            histories[user_id] = _history(list(theirs)[-limit:])
    return histories


def add_events(session: Session, rows: Iterable[Mapping[str, Any] | Event]) -> tuple[int, int]:
    """Keeps events, each once by its `event_id`; returns how many were new and how many were here already.

    A review without stars gets those that its words amount to.
    """
    added = total = 0
    table = Base.metadata.tables["events"]
    for chunk in _chunks((_event_values(row) for row in rows), ROWS_A_STATEMENT):
        _add_stars(chunk)
        total += len(chunk)
        statement = _insert(session, table).values(_at_once(chunk)).on_conflict_do_nothing(index_elements=["event_id"])
        added += len(session.execute(statement.returning(table.c.event_id)).all())
    return added, total - added


def promoted_model(session: Session) -> Model | None:
    """The model in service."""
    query = select(Model).where(Model.status == "promoted").order_by(Model.promoted_at.desc()).limit(1)
    return session.scalars(query).first()


def next_versions(session: Session, user_ids: Iterable[str]) -> dict[str, int]:
    """The version that each shopper's next profile gets; a first profile is version 1."""
    versions: dict[str, int] = {}
    for ids in _chunks(user_ids, IDS_A_QUERY):
        query = select(ProfileVersion.user_id, func.max(ProfileVersion.version)).where(ProfileVersion.user_id.in_(ids))
        found = {user_id: version for user_id, version in session.execute(query.group_by(ProfileVersion.user_id))}
        versions.update({user_id: found.get(user_id, 0) + 1 for user_id in ids})
    return versions


def save_profiles(session: Session, profiles: "Sequence[Profile]", reason: str, now: datetime) -> int:
    """Keeps profiles under the versions they carry, and counts them; a version that is kept already stays as it is."""
    saved = 0
    table = Base.metadata.tables["profiles"]
    for chunk in _chunks((_profile_values(profile, reason, now) for profile in profiles), ROWS_A_STATEMENT):
        statement = _insert(session, table).values(_at_once(chunk))
        statement = statement.on_conflict_do_nothing(index_elements=["user_id", "version"])
        saved += len(session.execute(statement.returning(table.c.user_id)).all())
    return saved


def latest_profiles(session: Session, user_ids: Iterable[str]) -> dict[str, ProfileVersion]:
    """Each shopper's newest profile as it is kept; those without one are not in the answer."""
    found: dict[str, ProfileVersion] = {}
    for ids in _chunks(user_ids, IDS_A_QUERY):
        query = select(ProfileVersion).where(ProfileVersion.user_id.in_(ids)).order_by(ProfileVersion.version)
        found.update({row.user_id: row for row in session.scalars(query)})
    return found


def time_span(session: Session) -> tuple[datetime, datetime] | None:
    """When the first and the last event happened; None for an empty log."""
    first, last = session.execute(select(func.min(Event.time), func.max(Event.time))).one()
    return (first, last) if first is not None else None


def _seconds(session: Session) -> ColumnElement[int]:
    """An event's time in whole Unix seconds, reckoned by the database."""
    if session.get_bind().dialect.name == "sqlite":
        whole = func.substr(type_coerce(Event.time, String), 1, 19)  # strftime alone rounds the fraction
        return cast(func.strftime("%s", whole), Integer).label("time")
    return cast(func.floor(func.extract("epoch", Event.time)), postgresql.BIGINT).label("time")


def _history_columns(session: Session) -> tuple[ColumnElement[Any], ...]:
    """What a history holds of an event, as the database keeps it."""
    event_type = type_coerce(Event.event_type, String)
    return Event.event_id.expression, Event.item_id.expression, event_type, Event.value.expression, _seconds(session)


def _at_once(chunk: list[dict[str, Any]]) -> Any:
    """One row alone is told as such: its statement is then compiled once and not each time."""
    return chunk[0] if len(chunk) == 1 else chunk


def _history(rows: Sequence[Any]) -> History:
    """The arrays of rows that are in order of time."""
    event_ids, item_ids, types, values, times = list(zip(*rows, strict=True))[:5] if rows else ((),) * 5
    return History(
        np.array(event_ids, dtype=object),
        np.array([item or "" for item in item_ids], dtype=object),
        np.array([TYPE_CODES[name] for name in types], dtype=np.int8),
        np.array(values, dtype=np.float32),
        np.array(times, dtype=np.int64),
    )


def _insert(session: Session, table: Table) -> Any:
    """An INSERT that knows ON CONFLICT, in the dialect of the session's database."""
    dialect = session.get_bind().dialect.name
    return {"sqlite": sqlite.insert, "postgresql": postgresql.insert}.get(dialect, insert)(table)


def _event_values(row: Mapping[str, Any] | Event) -> dict[str, Any]:
    if isinstance(row, Event):
        return {name: getattr(row, name) for name in _EVENT_COLUMNS}
    unknown = row.keys() - set(_EVENT_COLUMNS)
    if unknown:
        raise ValueError(f"an event has no {', '.join(sorted(unknown))}; it has {', '.join(_EVENT_COLUMNS)}")
    return {name: row.get(name) for name in _EVENT_COLUMNS}


def _add_stars(chunk: list[dict[str, Any]]) -> None:
    silent = [row for row in chunk if row["event_type"] == "review" and row["value"] is None and row["text"]]
    for row, stars in zip(silent, stars_of([row["text"] for row in silent]).tolist(), strict=True):
        row["value"] = None if np.isnan(stars) else stars


def _profile_values(profile: "Profile", reason: str, now: datetime) -> dict[str, Any]:
    return {
        "user_id": profile.user_id,
        "version": profile.version,
        "model_version": profile.model_version,
        "as_of": profile.as_of,
        "vector": profile.vector.astype("<f4").tobytes(),
        "affinities": [
            {"kind": a.kind, "key": a.key, "weight": float(a.weight), "evidence": list(a.evidence)}
            for a in profile.affinities
        ],
        "summary": profile.summary,
        "reason": reason,
        "created_at": now,
    }


def _chunks(values: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(values)
    while chunk := list(islice(iterator, size)):
        yield chunk
