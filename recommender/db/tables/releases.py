"""Models on trial: canaries, what was counted of models' answers, and what guardrails decided."""

from datetime import datetime
from typing import Any

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from recommender.db.tables.base import CANARY_OUTCOMES, COUNTED_ROLES, ID_LENGTH, WIDE, Base, one_of


class Canary(Base):
    """A model that answers, or in the shadow only scores, for a share of the shoppers; of one at a time."""

    __tablename__ = "canaries"
    canary_id: Mapped[int] = mapped_column(WIDE, primary_key=True, autoincrement=True)
    running: Mapped[bool | None] = mapped_column(unique=True)  # of one at most; null once it has ended
    model_version: Mapped[str] = mapped_column(String(ID_LENGTH))
    incumbent: Mapped[str] = mapped_column("beside", String(ID_LENGTH))  # the model in service when it was started
    share: Mapped[float]
    shadow: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str] = mapped_column(Text)
    started_by: Mapped[str] = mapped_column(String(ID_LENGTH))
    started_at: Mapped[datetime]
    ended_by: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None] = mapped_column(Text)
    outcome: Mapped[str | None] = mapped_column(one_of("canary_outcome", *CANARY_OUTCOMES))
    sales: Mapped[dict[str, Any] | None]  # the newest comparison of what its shoppers bought


class ReleaseCount(Base):
    """What one worker counted of a model's answers in one minute."""

    __tablename__ = "release_counts"
    model_version: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    role: Mapped[str] = mapped_column(one_of("counted_role", *COUNTED_ROLES), primary_key=True)
    minute: Mapped[datetime] = mapped_column(primary_key=True)
    worker: Mapped[str] = mapped_column(String(32), primary_key=True)
    answers: Mapped[int]  # made, or tried
    errors: Mapped[int]
    degraded: Mapped[int]
    slow: Mapped[int]  # above the guardrail's bound
    dropped: Mapped[int]  # of the shadow: not scored, since it was busy
    overlap: Mapped[float]  # of the shadow: shares of the top ten that were shown, summed
    times: Mapped[list[Any]]  # answers within each of the bounds of `recommender.release.counts`, and above


class GuardrailDecision(Base):
    """A model that a guardrail took out, by which figure."""

    __tablename__ = "guardrail_decisions"
    id: Mapped[int] = mapped_column(WIDE, primary_key=True, autoincrement=True)
    decided_at: Mapped[datetime]
    model_version: Mapped[str] = mapped_column(String(ID_LENGTH))
    action: Mapped[str] = mapped_column(String(32))  # end_canary, rollback
    figure: Mapped[str] = mapped_column(String(32))
    value: Mapped[float]
    bound: Mapped[float]
    sizes: Mapped[dict[str, Any]]  # what was counted of this model, and of the one beside it
    reason: Mapped[str] = mapped_column(Text)
