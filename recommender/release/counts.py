"""What is counted of models' answers while one of them is on trial: by model, minute and worker, in the database.

So the figures are of all workers and outlive them. It knows the table and sums; who counts is the service.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from recommender.db.engine import one_writer_at_a_time
from recommender.db.tables import ReleaseCount

BOUNDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0)  # seconds of making an answer
RETENTION = timedelta(days=30)
Key = tuple[str, str, datetime]  # model, role, minute


@dataclass(slots=True)
class Counts:
    """Sums; `times` are the answers within each bound, and above the last."""

    answers: int = 0
    errors: int = 0
    degraded: int = 0
    slow: int = 0
    dropped: int = 0
    overlap: float = 0.0
    times: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))

    def took(self, seconds: float) -> None:
        """Counts an answer that took so long."""
        self.times[sum(seconds > bound for bound in BOUNDS)] += 1

    def add(self, other: "Counts | ReleaseCount") -> None:
        """Adds what another has counted."""
        for name in NUMBERS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.times = [own + its for own, its in zip(self.times, other.times, strict=True)]

    @property
    def scored(self) -> int:
        """Answers that were made to their end."""
        return self.answers - self.errors

    @property
    def p99(self) -> float | None:
        """The bound that 99 of 100 answers are within; None of none, and the last bound where they are above it."""
        total, within = sum(self.times), 0
        for bound, count in zip((*BOUNDS, BOUNDS[-1]), self.times, strict=True):
            within += count
            if total and within >= 0.99 * total:
                return bound
        return None


NUMBERS = tuple(one.name for one in fields(Counts) if one.name != "times")


def keep_counts(session: Session, worker: str, counted: Iterable[tuple[Key, Counts]]) -> None:
    """Writes what a worker has counted of these minutes so far, in place of what it had before."""
    one_writer_at_a_time(session.connection(), ReleaseCount.__tablename__)
    for (model_version, role, minute), counts in counted:
        numbers = {name: getattr(counts, name) for name in NUMBERS}
        row = ReleaseCount(model_version=model_version, role=role, minute=minute, worker=worker, **numbers)
        row.times = list(counts.times)
        session.merge(row)


def sum_counts(session: Session, model_version: str, since: datetime, role: str | None = None) -> Counts:
    """Of a model from the minute of `since` on, all workers together."""
    minute = since.replace(second=0, microsecond=0)
    query = select(ReleaseCount).where(ReleaseCount.model_version == model_version, ReleaseCount.minute >= minute)
    query = query.where(ReleaseCount.role == role) if role else query.where(ReleaseCount.role != "shadow")
    total = Counts()
    for row in session.scalars(query):
        total.add(row)
    return total


def trim_counts(session: Session, now: datetime) -> None:
    """Removes what was counted more than `RETENTION` ago."""
    session.execute(delete(ReleaseCount).where(ReleaseCount.minute < now - RETENTION))
