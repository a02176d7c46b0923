"""What shoppers have said in words that they want and don't want, changed and changed back.

A change is told as its effects, so that it can be undone: each says what stood there before and what stands there now.
Unwanted categories and brands are mutes, everything else is a preference.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from recommender.db.tables import Audit, Mute, Preference
from recommender.privacy.mutes import BRAND, CATEGORY, mute, unmute

WISH, UNDO_WISH = "wish", "undo_wish"  # in the audit log
MAX_PREFERENCES = 200  # preferences of a shopper; more would make each answer slow


@dataclass(frozen=True, slots=True)
class Saying:
    """Something a shopper wants or doesn't want; with neither (None), nothing is said of it."""

    kind: str
    key: str
    wanted: bool | None

    @property
    def is_mute(self) -> bool:
        """Whether it is kept as a mute: a category or brand that is not wanted."""
        return self.kind in (CATEGORY, BRAND) and self.wanted is False


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change did to what is said of one thing."""

    kind: str
    key: str
    before: bool | None
    after: bool | None


def preferences_of(session: Session, user_id: str) -> list[Saying]:
    """In order of kind and key, without mutes."""
    query = select(Preference.kind, Preference.key, Preference.wanted).where(Preference.user_id == user_id)
    return [Saying(*row) for row in session.execute(query.order_by(Preference.kind, Preference.key))]


def store_preferences(session: Session, user_id: str, sayings: Iterable[Saying], now: datetime) -> list[Effect]:
    """Keeps all of it; answers what that changed."""
    effects = []
    for one in sayings:
        before = load_preference(session, user_id, one.kind, one.key)
        if before != one.wanted:
            _put(session, user_id, one, now)
            effects.append(Effect(one.kind, one.key, before, one.wanted))
    return effects


def undo(session: Session, user_id: str, effects: Sequence[Effect], now: datetime) -> list[Effect]:
    """Brings back what stood before; what was changed again since stays as it is."""
    open_ = [one for one in effects if load_preference(session, user_id, one.kind, one.key) == one.after]
    return store_preferences(session, user_id, [Saying(one.kind, one.key, one.before) for one in open_], now)


def load_preference(session: Session, user_id: str, kind: str, key: str) -> bool | None:
    """True: wanted; False: unwanted or muted; None: nothing is said of it."""
    if kind in (CATEGORY, BRAND) and session.get(Mute, (user_id, kind, key)) is not None:
        return False
    kept = session.get(Preference, (user_id, kind, key))
    return kept.wanted if kept is not None else None


def _put(session: Session, user_id: str, saying: Saying, now: datetime) -> None:
    kept = session.get(Preference, (user_id, saying.kind, saying.key))
    if kept is not None and (saying.wanted is None or saying.is_mute):
        session.delete(kept)
    if saying.is_mute:
        mute(session, user_id, saying.kind, saying.key, now)
        return
    if saying.kind in (CATEGORY, BRAND):
        unmute(session, user_id, saying.kind, saying.key)
    if saying.wanted is not None:
        values = {"user_id": user_id, "kind": saying.kind, "key": saying.key}
        session.merge(Preference(**values, wanted=saying.wanted, time=now))
    session.flush()


def find_change(session: Session, user_id: str, change_id: int | None) -> Audit | None:
    """The change of this id, or the latest, of those that are not undone; None where there is none."""
    undone = select(Audit.details).where(Audit.user_id == user_id, Audit.action == UNDO_WISH)
    taken_back = {details["of"] for details in session.scalars(undone)}
    query = select(Audit).where(Audit.user_id == user_id, Audit.action == WISH).order_by(Audit.id.desc())
    if change_id is not None:
        query = query.where(Audit.id == change_id)
    return next((one for one in session.scalars(query) if one.id not in taken_back), None)


def describe_effects(effects: Sequence[Effect]) -> list[dict[str, Any]]:
    """As the audit log keeps them."""
    return [asdict(one) for one in effects]


def effects_of(change: Audit) -> list[Effect]:
    """The effects of a change, as `describe_effects` put them into the audit log."""
    return [Effect(**one) for one in change.details["effects"]]
