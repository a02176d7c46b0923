"""What is removed when it is old: answers that were shown, versions of profiles that newer ones have replaced, claims
of visits; and vectors of encoders that are in use no more.

The newest version of a profile stays however old it is: it is the one in use. With the older ones go the sentences that
were written for them. What a visit does after its claim has gone is nobody's until its shopper is named again. Rows go
in small transactions, so that nobody who writes waits long.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import add
from typing import Any

from sqlalchemy import ColumnElement, Engine, LargeBinary, Text, cast, delete, exists, func, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from recommender.db.engine import session_scope, writing
from recommender.db.tables import Embedding, Explanation, ProfileVersion, Recommendation, Visit
from recommender.settings import Settings

ROWS_A_TRANSACTION = 2_000
Newer = aliased(ProfileVersion)


@dataclass(frozen=True, slots=True)
class Expired:
    """Rows of a table that are old enough, by its key."""

    table: str
    key: tuple[InstrumentedAttribute[Any], ...]
    condition: ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class Gone:
    """How much of a kind went, or would: rows, files or models, and about how many bytes."""

    count: int
    size: int

    def __add__(self, other: "Gone") -> "Gone":
        return Gone(self.count + other.count, self.size + other.size)


def expired(settings: Settings, now: datetime, encoders: Collection[str] | None = None) -> Iterator[Expired]:
    """By the settings' days, each counted from `now`; a setting of 0 keeps everything.

    `encoders` are those in use, whose vectors stay; None: all are.
    """
    if settings.keep_recommendations_days:
        before = now - timedelta(days=settings.keep_recommendations_days)
        yield Expired("recommendations", (Recommendation.recommendation_id,), Recommendation.time < before)
    if settings.keep_profiles_days:
        before = now - timedelta(days=settings.keep_profiles_days)
        written = Explanation.created_at < before
        key = (Explanation.user_id, Explanation.profile_version, Explanation.item_id, Explanation.language)
        yield Expired("explanations", key, written & _replaced(Explanation.user_id, Explanation.profile_version))
        made = ProfileVersion.created_at < before
        replaced = _replaced(ProfileVersion.user_id, ProfileVersion.version)
        yield Expired("profiles", (ProfileVersion.user_id, ProfileVersion.version), made & replaced)
    if settings.keep_visits_days:
        yield Expired("visits", (Visit.id,), Visit.since < now - timedelta(days=settings.keep_visits_days))
    if encoders is not None:
        named = (Embedding.encoder_id, Embedding.content_hash)
        yield Expired("embeddings", named, Embedding.encoder_id.not_in(encoders))


def _replaced(user_id: Any, version: Any) -> ColumnElement[bool]:
    return exists().where(Newer.user_id == user_id, Newer.version > version)


def count_expired(
    engine: Engine, settings: Settings, now: datetime, encoders: Collection[str] | None = None
) -> dict[str, Gone]:
    """What `remove_expired` would remove, by table."""
    with session_scope(engine) as session:
        return {one.table: _measure(session, one) for one in expired(settings, now, encoders)}


def _measure(session: Session, one: Expired) -> Gone:
    """Rows, and the length of what their columns hold as text; indexes are not in it."""
    table = one.key[0].class_.__table__
    lengths = [
        func.coalesce(func.length(column if isinstance(column.type, LargeBinary) else cast(column, Text)), 0)
        for column in table.columns
    ]
    total = func.coalesce(func.sum(reduce(add, lengths)), 0)
    count, size = session.execute(select(func.count(), total).select_from(table).where(one.condition)).one()
    return Gone(count, int(size))


def remove_expired(
    engine: Engine, settings: Settings, now: datetime, encoders: Collection[str] | None = None
) -> dict[str, Gone]:
    """Removes what is old enough; answers what went, by table. A second run finds nothing more."""
    return {one.table: _remove(engine, one) for one in expired(settings, now, encoders)}


def _remove(engine: Engine, one: Expired) -> Gone:
    with session_scope(engine) as session:
        size = _measure(session, one).size
    gone = 0
    while True:
        with writing(engine) as session:
            keys = session.execute(select(*one.key).where(one.condition).limit(ROWS_A_TRANSACTION)).all()
            if not keys:
                return Gone(gone, size)
            session.execute(delete(one.key[0].class_).where(tuple_(*one.key).in_([tuple(key) for key in keys])))
            gone += len(keys)
