"""What the commands report of the database: how much is there, what was rejected.

It knows queries; how they are shown is the commands' affair.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, delete, func, select, true
from sqlalchemy.orm import Session

from recommender.db.tables import Base, Reject


@dataclass(frozen=True, slots=True)
class RejectFilter:
    """Which rejects: of files whose name holds `file`, of a field, for reasons that hold `reason`."""

    file: str | None = None
    field: str | None = None
    reason: str | None = None

    def condition(self) -> ColumnElement[bool]:
        """The condition of a query for these rejects; what is None or blank asks for nothing."""
        parts: list[Any] = [true()]
        if self.file:
            parts.append(Reject.file.contains(self.file, autoescape=True))
        if self.field:
            parts.append(Reject.field == self.field)
        if self.reason:
            parts.append(Reject.reason.contains(self.reason, autoescape=True))
        return and_(*parts)


class RejectCount(NamedTuple):
    """How many rows of a file were rejected in one field for one reason."""

    file: str
    field: str
    reason: str
    rows: int


def list_rejects(session: Session, chosen: RejectFilter, limit: int) -> Sequence[Reject]:
    """The first `limit` of these rejects, in order of file and line."""
    query = select(Reject).where(chosen.condition()).order_by(Reject.file, Reject.line, Reject.field).limit(limit)
    return session.scalars(query).all()


def count_rejects(session: Session, chosen: RejectFilter) -> list[RejectCount]:
    """How many for each file, field and reason; the most first."""
    groups = (Reject.file, Reject.field, Reject.reason)
    query = select(*groups, func.count()).where(chosen.condition()).group_by(*groups)
    return [RejectCount(*row) for row in session.execute(query.order_by(func.count().desc(), *groups))]


def clear_rejects(session: Session, chosen: RejectFilter) -> int:
    """Deletes these rejects; answers how many there were."""
    gone = session.execute(delete(Reject).where(chosen.condition()).returning(Reject.id))
    return len(gone.all())


def table_counts(session: Session) -> dict[str, int]:
    """Rows in each table."""
    tables = sorted(Base.metadata.tables.items())
    return {name: session.scalar(select(func.count()).select_from(table)) or 0 for name, table in tables}
