"""The reads and writes that several stations share. Sessions are handed in; the caller commits.

It knows tables and histories, no pipeline and no service. A block that writes should write first: SQLite gives its
one write lock at once or after waiting, but never to a transaction whose reading has gone stale.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import orjson
from sqlalchemy import ColumnElement, Integer, Select, String, bindparam, case, cast, func, select, tuple_, type_coerce
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningInsert

from recommender.data.history import MAX_HISTORY, History
from recommender.data.returns import CART, NOTHING, PURCHASE
from recommender.db.tables import RETURN, Base, Event, Model, ProfileVersion
from recommender.encoders.sentiment import stars_of
from recommender.store.rating_scale import rating_scale, stars_column

if TYPE_CHECKING:  # what reads profiles need not wait seconds for torch
    from recommender.profiles.profile import Profile

T = TypeVar("T")
IDS_A_QUERY = 500
ROWS_A_STATEMENT = 500
_EVENT_COLUMNS = tuple(column.name for column in Event.__table__.columns if column.name != "id")


def load_history(session: Session, user_id: str, until: datetime | None = None, limit: int = MAX_HISTORY) -> History:
    """The shopper's last `limit` events before `until`; empty for one who is unknown."""
    return load_histories(session, [user_id], until, limit).get(user_id) or History.of([])


def load_histories(
    session: Session, user_ids: Iterable[str], until: datetime | None = None, limit: int = MAX_HISTORY
) -> dict[str, History]:
    """As `load_history`, for many shoppers at once; the unknown are not in the answer."""
    histories, connection = dict[str, History](), session.connection()
    query = _history_query(_dialect(session), until is not None)
    for user_id in user_ids:  # one row each, which is read twice as fast as all their events are
        row = connection.execute(query, {"user_id": user_id, "until": until, "limit": limit}).one()
        columns = [orjson.loads(column)[::-1] if column is not None else [] for column in row]
        if columns[0]:
            histories[user_id] = History.of_log(*columns)
    return histories


def add_events(session: Session, rows: Iterable[Mapping[str, Any] | Event]) -> tuple[int, int]:
    """Keeps events, each once by its owner and `event_id`; returns how many were new and how many were here already.

    A review without a number gets the one that its words amount to, on the shop's scale.
    """
    added = total = 0
    for chunk in _chunks((_event_values(row) for row in rows), ROWS_A_STATEMENT):
        _add_stars(session, chunk)
        total += len(chunk)
        added += _insert_new(session, "events", chunk)
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
    values = (_profile_values(profile, reason, now) for profile in profiles)
    return sum(_insert_new(session, "profiles", chunk) for chunk in _chunks(values, ROWS_A_STATEMENT))


def latest_profiles(session: Session, user_ids: Iterable[str]) -> dict[str, ProfileVersion]:
    """Each shopper's newest profile as it is kept; those without one are not in the answer.

    The number of earlier versions costs nothing: the newest is found by the table's key.
    """
    found: dict[str, ProfileVersion] = {}
    key = tuple_(ProfileVersion.user_id, ProfileVersion.version)
    for ids in _chunks(user_ids, IDS_A_QUERY):
        newest = select(ProfileVersion.user_id, func.max(ProfileVersion.version))
        newest = newest.where(ProfileVersion.user_id.in_(ids)).group_by(ProfileVersion.user_id)
        found.update({row.user_id: row for row in session.scalars(select(ProfileVersion).where(key.in_(newest)))})
    return found


def time_span(session: Session) -> tuple[datetime, datetime] | None:
    """When the first and the last event happened; None for an empty log."""
    first, last = session.execute(select(func.min(Event.time), func.max(Event.time))).one()
    return (first, last) if first is not None else None


def _dialect(session: Session) -> str:
    return session.get_bind().dialect.name


@cache
def _history_query(dialect: str, cut: bool) -> Select[*tuple[Any, ...]]:
    """A shopper's latest events first, in one row: a list in JSON for each column.

    The database puts the lists together while other threads of this process go on; rows would each wait for a turn.
    The query is made once, since making it takes as long as running it.
    """
    query = select(*_history_columns(dialect)).where(Event.user_id == bindparam("user_id"))
    if cut:
        query = query.where(Event.time < bindparam("until"))
    latest = query.order_by(Event.time.desc(), Event.event_id.desc()).limit(bindparam("limit", type_=Integer))
    gathered = func.json_group_array if dialect == "sqlite" else func.json_agg
    columns: list[ColumnElement[Any]] = [cast(gathered(column), String) for column in latest.subquery().columns]
    return select(*columns)


def _seconds(dialect: str) -> ColumnElement[int]:
    """An event's time in whole Unix seconds, reckoned by the database."""
    if dialect == "sqlite":
        whole = func.substr(type_coerce(Event.time, String), 1, 19)  # strftime alone rounds the fraction
        return cast(func.strftime("%s", whole), Integer).label("time")
    return cast(func.floor(func.extract("epoch", Event.time)), postgresql.BIGINT).label("time")


def _history_columns(dialect: str) -> tuple[ColumnElement[Any], ...]:
    """What `History.of_log` takes of an event, in its order."""
    event_type = type_coerce(Event.event_type, String)
    claimed = Event.confirmed.is_(False) & (Event.event_type == PURCHASE)
    unconfirmed_return = Event.confirmed.is_(False) & (Event.event_type == RETURN)
    return (
        Event.event_id.expression,
        Event.item_id.expression,
        case((claimed, CART), (unconfirmed_return, NOTHING), else_=event_type).label("event_type"),
        case((claimed, None), else_=stars_column()).label("value"),
        _seconds(dialect),
        Event.quantity.expression,
    )


def _insert_new(session: Session, table: str, rows: list[dict[str, Any]]) -> int:
    """Inserts the rows that aren't there yet, by the table's keys; answers how many those were."""
    if not rows:
        return 0
    inserted = session.connection().execute(_insertion(_dialect(session), table), rows if len(rows) > 1 else rows[0])
    return len(inserted.all())


@cache
def _insertion(dialect: str, name: str) -> ReturningInsert[Any]:
    table = Base.metadata.tables[name]
    insert: Any = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}[dialect]
    statement: ReturningInsert[Any] = insert(table).on_conflict_do_nothing().returning(*table.primary_key)
    return statement


def _event_values(row: Mapping[str, Any] | Event) -> dict[str, Any]:
    if isinstance(row, Event):
        return {name: getattr(row, name) for name in _EVENT_COLUMNS} | {"confirmed": row.confirmed is not False}
    unknown = row.keys() - set(_EVENT_COLUMNS)
    if unknown:
        raise ValueError(f"an event has no {', '.join(sorted(unknown))}; it has {', '.join(_EVENT_COLUMNS)}")
    return {name: row.get(name) for name in _EVENT_COLUMNS} | {"confirmed": row.get("confirmed", True)}


def _add_stars(session: Session, chunk: list[dict[str, Any]]) -> None:
    silent = [row for row in chunk if row["event_type"] == "review" and row["value"] is None and row["text"]]
    if not silent:
        return
    scale = rating_scale(session)
    for row, stars in zip(silent, stars_of([row["text"] for row in silent]).tolist(), strict=True):
        row["value"] = None if np.isnan(stars) else scale.from_stars(stars)


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
