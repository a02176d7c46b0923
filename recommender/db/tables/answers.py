"""What shoppers were shown: profiles, recommendations, and why."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from recommender.db.tables.base import ANONYMOUS, ID_LENGTH, Base


class ProfileVersion(Base):
    """A profile as it was built at `as_of`, by which model and why; the newest version is the one in use."""

    __tablename__ = "profiles"
    user_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    model_version: Mapped[str] = mapped_column(String(ID_LENGTH))
    as_of: Mapped[datetime]
    vector: Mapped[bytes]  # float32, little endian
    affinities: Mapped[list[Any]]
    summary: Mapped[str] = mapped_column(Text, default="")
    reason: Mapped[str] = mapped_column(String(64))  # retrain, event, drift:<run>
    created_at: Mapped[datetime]


class Recommendation(Base):
    """One answer as it was shown; events carry its id back."""

    __tablename__ = "recommendations"
    __table_args__ = (
        Index("ix_recommendations_session_id", "session_id", sqlite_where=ANONYMOUS, postgresql_where=ANONYMOUS),
    )
    recommendation_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    user_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), index=True)
    session_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    scenario: Mapped[str] = mapped_column(String(32))
    model_version: Mapped[str] = mapped_column(String(ID_LENGTH))
    profile_version: Mapped[int | None]
    items: Mapped[list[Any]]  # [{item_id, score}], in the order shown
    evidence_id: Mapped[str | None] = mapped_column(String(32))  # why, in `impression_evidence`
    experiment_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))  # with `arm`: how it was answered
    arm: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    time: Mapped[datetime] = mapped_column(index=True)


class ImpressionEvidence(Base):
    """Why the items of an answer were shown, in the very words; answers made of one ranked list share a row.

    Nobody's where the answers said nothing of whoever got them.
    """

    __tablename__ = "impression_evidence"
    __table_args__ = (Index("ix_impression_evidence_time_size", "time", "size"),)
    evidence_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    user_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), index=True)
    session_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), index=True)  # of a visit without a shopper
    language: Mapped[str] = mapped_column(String(16))  # of the reasons
    items: Mapped[list[Any]]  # [{item_id, score, reason, explained_by, evidence, rules}]
    size: Mapped[int]  # bytes of `items`
    time: Mapped[datetime]


class Explanation(Base):
    """A sentence on why an item was shown, as it was written and checked; `evidence` tells what it was made from."""

    __tablename__ = "explanations"
    user_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    profile_version: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    language: Mapped[str] = mapped_column(String(16), primary_key=True)
    evidence: Mapped[str] = mapped_column(String(32))
    sentence: Mapped[str] = mapped_column(Text)
    explained_by: Mapped[str] = mapped_column(String(16))  # llm | template
    created_at: Mapped[datetime] = mapped_column(index=True)
