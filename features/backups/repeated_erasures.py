"""What was erased after a backup was made, erased again from what was restored of it.

Of those who are erased only digests are left; whose they are is found by hashing the ids that the backup holds.
"""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import structlog
from sqlalchemy import Engine, inspect, make_url, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from features.backups.revocations import Revocations, read_revocations
from features.partitions import Busy
from features.privacy import erase, finish_erasures
from recommender.db.engine import first_line, get_engine, session_scope
from recommender.db.tables import Base, Erasure
from recommender.privacy.erasure import digest, list_pending_erasures
from recommender.settings import get_settings

log = structlog.get_logger(__name__)
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class ErasedShopper:
    """One who is erased, or about to be."""

    digest: str
    requested_at: datetime


def erased_by_now(engine: Engine) -> list[ErasedShopper]:
    """All whom this database knows as erased; none where there are no tables yet."""
    if not inspect(engine).has_table(Erasure.__tablename__):
        return []
    with session_scope(engine) as session:
        rows = session.execute(select(Erasure.digest, Erasure.requested_at).order_by(Erasure.requested_at))
        return [ErasedShopper(*row) for row in rows]


def read_list(path: Path) -> list[ErasedShopper]:
    """A list that was kept elsewhere: a digest a line."""
    lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    for number, line in enumerate(lines, 1):
        if not _DIGEST.fullmatch(line):
            raise ValueError(f"{path}:{number}: no digest of an erasure; `zhiyin erasures` writes them")
    return [ErasedShopper(line, datetime.now(UTC)) for line in lines]


def erase_again(gone: list[ErasedShopper], actor: str) -> int:
    """Erases, to the end, those of them whom the restored stores hold; their late events are refused again."""
    engine = get_engine()
    with session_scope(engine) as session:
        known = set(session.scalars(select(Erasure.digest)))
        missing = {one.digest: one for one in gone if one.digest not in known}
        found = [user for user in _users(session) if digest(user) in missing]
        _remember(session, missing, {digest(user) for user in found})
    for user in found:
        _until_free(partial(erase, engine, user, datetime.now(UTC), actor))
    while _wanted(engine):
        _until_free(partial(finish_erasures, engine, datetime.now(UTC), actor))
        time.sleep(0.5 if _wanted(engine) else 0)
    return len(found)


def _wanted(engine: Engine) -> bool:
    with session_scope(engine) as session:
        return bool(list_pending_erasures(session))


def _until_free(step: Callable[[], object]) -> None:
    while True:
        try:
            step()
        except Busy:
            time.sleep(0.5)
        else:
            return


def _remember(session: Session, missing: Mapping[str, ErasedShopper], held: set[str]) -> None:
    """Of those whom the backup doesn't hold only the digest is kept: they came after it, and are gone."""
    now = datetime.now(UTC)
    for one in missing.values():
        if one.digest not in held:
            session.add(
                Erasure(digest=one.digest, requested_at=one.requested_at, swept_at=now, done_at=now, removed={})
            )


def _users(session: Session) -> Iterator[str]:
    """Every shopper's id in any table."""
    seen: set[str] = set()
    for table in Base.metadata.sorted_tables:
        if "user_id" in table.columns and table.name != Erasure.__tablename__:
            column = table.columns["user_id"]
            fresh = set(session.scalars(select(column).distinct().where(column.is_not(None)))) - seen
            seen |= fresh
            yield from fresh


def read_erasures() -> tuple[list[ErasedShopper], Revocations]:
    """What the settings' database knows; nothing where there is no such database, or one that can't be read."""
    url = make_url(get_settings().sqlalchemy_url)
    if url.get_backend_name() == "sqlite" and not Path(str(url.database)).is_file():
        return [], Revocations()  # to look for it would make it
    try:
        gone = erased_by_now(get_engine())
        with session_scope() as session:
            return gone, read_revocations(session)
    except SQLAlchemyError as failure:
        log.warning("the present database can't be read: its erasures are unknown", reason=first_line(failure))
        return [], Revocations()
