"""Events coming in, sifted: nothing of an erased shopper, nothing that was taken back, nothing without consent.

What has to be known for it is read with one question for all of them, since a shopper waits for each.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, bindparam, literal, select, true, union_all
from sqlalchemy.orm import Session

from recommender.privacy.consent import NECESSARY, PERSONALISATION
from recommender.privacy.erasure import digest
from recommender.tables import Consent, Erasure, RemovedEvent, User

_USERS: BindParameter[list[str]] = bindparam("users", expanding=True)
_LOOK = union_all(
    select(literal("known").label("what"), User.user_id.label("name"), User.consent.label("given")).where(
        User.user_id.in_(_USERS)
    ),
    select(literal("said"), Consent.user_id, Consent.given).where(
        Consent.user_id.in_(_USERS), Consent.purpose == PERSONALISATION
    ),
    select(literal("erased"), Erasure.digest, true()).where(Erasure.digest.in_(bindparam("digests", expanding=True))),
    select(literal("removed"), RemovedEvent.event_id, true()).where(
        RemovedEvent.event_id.in_(bindparam("events", expanding=True))
    ),
)


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


@dataclass(frozen=True, slots=True)
class Sieve:
    """What the database says of the shoppers and the events that come in."""

    known: set[str]  # shoppers with a row
    refusing: set[str]  # shoppers who want no profile
    erased: set[str]  # shoppers
    removed: set[str]  # ids of events that were taken back

    @classmethod
    def read(cls, session: Session, rows: Iterable[Mapping[str, Any]]) -> "Sieve":
        users, events = set[str](), set[str]()
        for row in rows:
            events.add(row["event_id"])
            if row["user_id"] is not None:
                users.add(row["user_id"])
        names = {digest(user): user for user in users}
        found: dict[str, dict[str, bool]] = {"known": {}, "said": {}, "erased": {}, "removed": {}}
        asked = {"users": sorted(users), "digests": list(names), "events": sorted(events)}
        for what, name, given in session.execute(_LOOK, asked):
            found[what][name] = given
        refusing = {user for user, given in (found["known"] | found["said"]).items() if not given}
        return cls(set(found["known"]), refusing, {names[one] for one in found["erased"]}, set(found["removed"]))

    def sift(self, rows: Sequence[Mapping[str, Any]]) -> Sifted:
        """Raises `ErasedShopper` for the first event of one."""
        for place, row in enumerate(rows):
            if row["user_id"] in self.erased:
                raise ErasedShopper(place)
        left = [row for row in rows if row["event_id"] not in self.removed]
        kept = [row for row in left if row["user_id"] not in self.refusing or row["event_type"] in NECESSARY]
        users = {row["user_id"] for row in rows if row["user_id"] is not None}
        return Sifted(kept, len(left) - len(kept), sorted(users - self.refusing))
