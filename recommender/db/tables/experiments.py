"""Experiments, which answer shoppers in different ways, and what answers led to."""

from datetime import datetime
from typing import Any

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from recommender.db.tables.base import ID_LENGTH, WIDE, Base


class Experiment(Base):
    """A comparison of ways to answer. Its arms never change: another experiment takes its place."""

    __tablename__ = "experiments"
    experiment_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    running: Mapped[bool | None] = mapped_column(unique=True)  # of one at most; null once it has ended
    arms: Mapped[list[Any]]  # [{name, share, changes}]
    reason: Mapped[str] = mapped_column(Text)
    started_by: Mapped[str] = mapped_column(String(ID_LENGTH))
    started_at: Mapped[datetime]
    ended_by: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None] = mapped_column(Text)


class SalesReport(Base):
    """What the answers of an interval led to, as it was counted at `made_at`."""

    __tablename__ = "sales_reports"
    id: Mapped[int] = mapped_column(WIDE, primary_key=True, autoincrement=True)
    made_at: Mapped[datetime]
    since: Mapped[datetime]
    until: Mapped[datetime]
    content: Mapped[dict[str, Any]]
