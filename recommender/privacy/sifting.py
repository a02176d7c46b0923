"""Events coming in, sifted: nothing of an erased shopper, nothing that was taken back, nothing without consent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from recommender.privacy.consent import NECESSARY, PERSONALISATION, consents_of
from recommender.privacy.erasure import erased
from recommender.tables import RemovedEvent


class ErasedShopper(Exception):
    """An event of a shopper who was erased; `place` is where it stands among the events."""

    def __init__(self, place: int) -> None:
        super().__init__(place)
        self.place = place


@dataclass(frozen=True, slots=True)
class Sifted:
    """`rows` may be stored; `withheld` may not, for want of consent; `willing` shoppers may have profiles."""

    rows: list[Mapping[str, Any]]
    withheld: int
    willing: list[str]


def sift(session: Session, rows: Sequence[Mapping[str, Any]]) -> Sifted:
    """Raises `ErasedShopper` for the first event of one."""
    users = {row["user_id"] for row in rows if row["user_id"] is not None}
    gone = erased(session, users)
    for place, row in enumerate(rows):
        if row["user_id"] in gone:
            raise ErasedShopper(place)
    ids = [row["event_id"] for row in rows]
    removed = set(session.scalars(select(RemovedEvent.event_id).where(RemovedEvent.event_id.in_(ids))))
    willing = sorted(user for user in users if consents_of(session, user)[PERSONALISATION])
    known = [row for row in rows if row["event_id"] not in removed]
    kept = [
        row for row in known if row["user_id"] is None or row["user_id"] in willing or row["event_type"] in NECESSARY
    ]
    return Sifted(kept, len(known) - len(kept), willing)
