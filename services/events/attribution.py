"""Which answer led to an event: believed only of an answer that was given to its shopper or visit.

It knows the table of answers, and those that still wait to be written. An event whose answer was somebody else's, or
nobody's at all, is kept without it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from recommender.db.tables import Recommendation
from recommender.store.identity.event_identity import Row
from recommender.store.identity.visit_claims import Visitors
from recommender.store.identity.visits import ErasedVisit

Waiting = Callable[
    [set[str]], Mapping[str, Mapping[str, Any]]
]  # rows of answers that are in no table yet, by their ids


@dataclass(frozen=True, slots=True)
class AnswerOwner:
    """To whom an answer was given; to nobody known where both are None."""

    user_id: str | None
    session_id: str | None


def given_answers(session: Session, rows: Iterable[Row], waiting: Waiting) -> dict[str, AnswerOwner]:
    """The answers that these events name, by their ids; those that were never given are not among them.

    The table is asked once more for what didn't wait any longer: it was written in between.
    """
    wanted = {row["recommendation_id"] for row in rows if row["recommendation_id"] is not None}
    found = _written(session, wanted)
    if missing := wanted - found.keys():
        found |= _named(session, waiting(missing))
        found |= _written(session, missing - found.keys())
    return found


def attributed(rows: Sequence[Row], given: Mapping[str, AnswerOwner]) -> tuple[list[Row], list[str]]:
    """The events, without the answers that were not given to their shoppers or visits; and the ids of those answers."""
    foreign = [
        row["recommendation_id"] is not None and not _is_owner(given.get(row["recommendation_id"]), row) for row in rows
    ]
    kept = [{**row, "recommendation_id": None} if bad else row for row, bad in zip(rows, foreign, strict=True)]
    return kept, list(dict.fromkeys(row["recommendation_id"] for row, bad in zip(rows, foreign, strict=True) if bad))


def _is_owner(given: AnswerOwner | None, row: Row) -> bool:
    """The shop's own word (`confirmed`) may name no visit, or another one; a shopper it names must be the answer's."""
    if given is None:
        return False
    if given.user_id is not None and row["user_id"] is not None:
        return bool(given.user_id == row["user_id"])
    if given.session_id is not None and given.session_id == row["session_id"]:
        return True
    if given.user_id is not None:
        return False
    return bool(row["confirmed"]) and (given.session_id is None or row["user_id"] is not None)


def _written(session: Session, ids: set[str]) -> dict[str, AnswerOwner]:
    if not ids:
        return {}
    columns = (Recommendation.recommendation_id, Recommendation.user_id, Recommendation.session_id)
    found = session.execute(select(*columns).where(Recommendation.recommendation_id.in_(ids)))
    return {one: AnswerOwner(user_id, session_id) for one, user_id, session_id in found}


def _named(session: Session, waiting: Mapping[str, Mapping[str, Any]]) -> dict[str, AnswerOwner]:
    """As they will be written: with the shoppers whose visits they were given to."""
    found = dict[str, AnswerOwner]()
    visitors = Visitors(session, {row.get("session_id") for row in waiting.values()}) if waiting else None
    for one, row in waiting.items():
        whose = {"user_id": row["user_id"], "session_id": row.get("session_id")}
        try:
            named = visitors.named(whose, datetime.fromisoformat(row["time"])) if visitors else whose
        except ErasedVisit:
            continue
        found[one] = AnswerOwner(named["user_id"], named["session_id"])
    return found
