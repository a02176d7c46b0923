"""Why items were shown, as it is kept with the impressions: read, bounded in size, forgotten with its shopper.

Sessions are handed in; the caller commits.
"""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from recommender.db.tables import Audit, ImpressionEvidence
from recommender.ranking.evidence import Evidence

IDS_A_QUERY = 500
TAKEN_BACK = ("remove_event", "consent")  # actions in the audit log after which earlier evidence is not kept


def evidence_from(rows: Iterable[dict[str, object]]) -> tuple[Evidence, ...]:
    """The evidence of one item from its JSON form."""
    return tuple(
        Evidence(
            str(row["source"]),
            tuple(map(str, _list(row["item_ids"]))),
            tuple(map(str, _list(row["event_ids"]))),
            dict(row["attributes"]) if isinstance(row["attributes"], dict) else {},
        )
        for row in rows
    )


def forget_evidence(session: Session, user_id: str) -> int:
    """Removes what is kept of why items were shown to a shopper; answers how many rows that were."""
    statement = delete(ImpressionEvidence).where(ImpressionEvidence.user_id == user_id)
    return len(session.scalars(statement.returning(ImpressionEvidence.evidence_id)).all())


def taken_back(session: Session, user_ids: Collection[str], since: datetime) -> set[str]:
    """Those of these shoppers who took an event back or changed a consent since then."""
    names, found = list(user_ids), set[str]()
    for start in range(0, len(names), IDS_A_QUERY):
        theirs = Audit.user_id.in_(names[start : start + IDS_A_QUERY])
        found |= set(
            session.scalars(select(Audit.user_id).where(theirs, Audit.action.in_(TAKEN_BACK), Audit.time >= since))
        )
    return found


def trim_evidence(session: Session, most_bytes: int) -> None:
    """Lets go of the oldest above `most_bytes`."""
    table = ImpressionEvidence
    upto = func.sum(table.size).over(order_by=table.time.desc()).label("upto")
    sums = select(table.time, upto).subquery()
    newest_over = select(func.max(sums.c.time)).where(sums.c.upto > most_bytes)
    moment = session.scalar(newest_over)
    if moment is not None:
        session.execute(delete(table).where(table.time <= moment))


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else []
