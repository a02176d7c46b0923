"""Events coming in, sifted: nothing of an erased shopper, nothing that was taken back, nothing without consent.

What has to be known for it is read with one question for all of them, since a shopper waits for each.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, bindparam, literal, select, true, union_all
from sqlalchemy.orm import Session

from recommender.db.tables import Consent, Erasure, RemovedEvent, User
from recommender.privacy.erasure import digest
from recommender.store.consent import NECESSARY, PERSONALISATION

_KNOWN, _CONSENT, _ERASED, _REMOVED = (table.__table__.c for table in (User, Consent, Erasure, RemovedEvent))


def _look(named: Callable[[ColumnElement[str], str], ColumnElement[bool]]) -> CompoundSelect[Any]:
    """All that there is to know, of those whom `named` picks by the name of a parameter."""
    return union_all(
        select(
            literal("known").label("what"),
            _KNOWN.user_id.label("name"),
            literal("").label("event_id"),
            _KNOWN.consent.label("given"),
        ).where(named(_KNOWN.user_id, "users")),
        select(literal("said"), _CONSENT.user_id, literal(""), _CONSENT.given).where(
            named(_CONSENT.user_id, "users"), _CONSENT.purpose == PERSONALISATION
        ),
        select(literal("erased"), _ERASED.digest, literal(""), true()).where(named(_ERASED.digest, "digests")),
        select(literal("removed"), _REMOVED.user_id, _REMOVED.event_id, _REMOVED.confirmed).where(
            named(_REMOVED.event_id, "events"), named(_REMOVED.user_id, "users")
        ),
    )


_LOOK = _look(lambda column, name: column.in_(bindparam(name, expanding=True)))
_LOOK_AT_ONE = _look(lambda column, name: column == bindparam(name))  # most posts: one event of one shopper


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
    removed: Mapping[tuple[str, str], bool]  # events that their shoppers took back; whether the shop had said them

    @classmethod
    def read(cls, session: Session, rows: Iterable[Mapping[str, Any]]) -> "Sieve":
        """Asks the database, in one query, about the shoppers (`user_id`) and the ids (`event_id`) of these rows."""
        users, events = set[str](), set[str]()
        for row in rows:
            events.add(row["event_id"])
            if row["user_id"] is not None:
                users.add(row["user_id"])
        names = {digest(user): user for user in users}
        found: dict[str, dict[str, bool]] = {"known": {}, "said": {}, "erased": {}}
        removed: dict[tuple[str, str], bool] = {}
        wanted: dict[str, list[str]] = {"users": sorted(users), "digests": list(names), "events": sorted(events)}
        alone = all(len(one) == 1 for one in wanted.values())
        query, parameters = (_LOOK_AT_ONE, {name: one for name, [one] in wanted.items()}) if alone else (_LOOK, wanted)
        for what, name, event_id, given in session.connection().execute(query, parameters):
            if what == "removed":
                removed[name, event_id] = given
            else:
                found[what][name] = given
        refusing = {user for user, given in (found["known"] | found["said"]).items() if not given}
        return cls(set(found["known"]), refusing, {names[one] for one in found["erased"]}, removed)

    def sift(self, rows: Sequence[Mapping[str, Any]]) -> Sifted:
        """Raises `ErasedShopper` for the first event of one."""
        for place, row in enumerate(rows):
            if row["user_id"] in self.erased:
                raise ErasedShopper(place)
        left = [row for row in rows if not self._is_removed(row)]
        kept = [row for row in left if row["user_id"] not in self.refusing or row["event_type"] in NECESSARY]
        users = {row["user_id"] for row in rows if row["user_id"] is not None}
        return Sifted(kept, len(left) - len(kept), sorted(users - self.refusing))

    def _is_removed(self, row: Mapping[str, Any]) -> bool:
        """What a shopper's token had claimed, and the shopper took back, doesn't keep out the shop's own word."""
        had_been_confirmed = self.removed.get((row["user_id"], row["event_id"]))
        return had_been_confirmed is not None and (had_been_confirmed or not row["confirmed"])
