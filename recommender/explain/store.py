"""Sentences kept in the database, by shopper, profile version, item and language; bounded, and erased with the shopper.

Sessions are handed in; the caller commits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Table, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from recommender.db.tables import Base, Explanation, ProfileVersion
from recommender.explain.writer import ExplainedBy

MAX_SENTENCES = 200_000


@dataclass(frozen=True, slots=True)
class KeptSentence:
    """A sentence that passed its check, and what it was made from."""

    evidence: str
    text: str
    explained_by: ExplainedBy


def load(session: Session, user_id: str, version: int, language: str) -> dict[str, KeptSentence]:
    """The shopper's sentences for this version of the profile, by item."""
    rows = select(Explanation).where(
        Explanation.user_id == user_id, Explanation.profile_version == version, Explanation.language == language
    )
    return {
        row.item_id: KeptSentence(row.evidence, row.sentence, _by(row.explained_by)) for row in session.scalars(rows)
    }


def save(
    session: Session, user_id: str, version: int, language: str, kept: Mapping[str, KeptSentence], now: datetime
) -> None:
    """Keeps sentences, and lets go of those of the shopper's earlier profiles.

    For a profile that is kept only: what comes late for a shopper who was erased meanwhile is not kept.
    """
    this = select(ProfileVersion.user_id).where(ProfileVersion.user_id == user_id, ProfileVersion.version == version)
    if session.scalar(this.with_for_update(read=True)) is None:
        return
    earlier = delete(Explanation).where(Explanation.user_id == user_id, Explanation.profile_version < version)
    session.execute(earlier)
    key = {"user_id": user_id, "profile_version": version, "language": language}
    rows = [
        {**key, "item_id": item_id, "created_at": now}
        | {"evidence": one.evidence, "sentence": one.text, "explained_by": one.explained_by}
        for item_id, one in kept.items()
    ]
    if rows:
        _upsert(session, rows)


def forget(session: Session, user_id: str) -> int:
    """Erases what was written for a shopper; answers how many sentences that were."""
    gone = session.execute(delete(Explanation).where(Explanation.user_id == user_id).returning(Explanation.item_id))
    return len(gone.all())


def trim(session: Session, most: int = MAX_SENTENCES) -> None:
    """Lets go of the oldest sentences above `most`."""
    over = (session.scalar(select(func.count()).select_from(Explanation)) or 0) - most
    if over > 0:
        oldest = select(Explanation.created_at).order_by(Explanation.created_at).offset(over - 1).limit(1)
        session.execute(delete(Explanation).where(Explanation.created_at <= oldest.scalar_subquery()))


def _by(name: str) -> ExplainedBy:
    return "llm" if name == "llm" else "template"


def _upsert(session: Session, rows: Sequence[Mapping[str, object]]) -> None:
    table: Table = Base.metadata.tables["explanations"]
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    statement = insert(table).values(rows)
    fresh = {name: statement.excluded[name] for name in ("evidence", "sentence", "explained_by", "created_at")}
    session.execute(statement.on_conflict_do_update(index_elements=list(table.primary_key.columns), set_=fresh))
