"""What shoppers have said about what they are shown, in memory: most have said nothing, and the others are few.

It knows mutes, preferences and consent, and who was erased, kept up with the database's audit log: what this worker
changes counts at once, what another worker or a command changes within a second, what an import says within a minute.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from time import monotonic

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from recommender.data.catalog import Catalogue
from recommender.db.tables import Audit, Mute, Preference
from recommender.privacy.erasure import ERASED, digest
from recommender.privacy.mutes import BRAND, CATEGORY, mutes_of
from recommender.privacy.preferences import Saying, preferences_of
from recommender.store.consent import PERSONALISATION, consents_of, refusing

ALL_AGAIN_SECONDS = 60.0
OVERLAP = 200  # rows of the log: a transaction may commit later than the id it drew


@dataclass(frozen=True, slots=True)
class Control:
    """One shopper's word: what they muted, what else they said they want or don't, and whether they consent."""

    categories: frozenset[str] = frozenset()
    brands: frozenset[str] = frozenset()
    personalised: bool = True
    preferences: tuple[Saying, ...] = ()

    def hidden(self, catalogue: Catalogue) -> NDArray[np.bool_] | None:
        """Which rows are not to be shown; None for none."""
        if not self.mutes_any:
            return None
        return catalogue.in_categories(self.categories) | catalogue.of_brands(self.brands)

    @property
    def mutes_any(self) -> bool:
        """Whether a category or a brand is muted."""
        return bool(self.categories or self.brands)

    @property
    def says_any(self) -> bool:
        """Whether an answer is another one for it."""
        return self.mutes_any or bool(self.preferences)

    def mutes(self, categories: Iterable[str], brand: str) -> bool:
        """Whether an item of these is not to be shown."""
        return brand in self.brands or not self.categories.isdisjoint(categories)


NO_PREFERENCES = Control()


@dataclass(frozen=True, slots=True)
class News:
    """Shoppers of whom something new is in the log; of those who are erased by now only the digest is left."""

    users: frozenset[str]
    erased: frozenset[str]

    def among(self, user_ids: Iterable[str]) -> set[str]:
        """Which of these shoppers it is about."""
        return {user for user in user_ids if user in self.users or (self.erased and digest(user) in self.erased)}


@dataclass(slots=True)
class Controls:
    """The words of all shoppers who have said something; `refresh` is called by the watcher."""

    _controls: dict[str, Control] = field(default_factory=dict)
    _seen: set[int] = field(default_factory=set)
    _last: int = 0
    _all_at: float | None = None

    def of(self, user_id: str | None) -> Control:
        """What the shopper said; `NO_PREFERENCES` for who has said nothing, and for nobody (None)."""
        return self._controls.get(user_id, NO_PREFERENCES) if user_id is not None else NO_PREFERENCES

    def refresh(self, session: Session) -> News:
        """Takes in what was said since the last look, and tells of whom."""
        log = (
            select(Audit.id, Audit.user_id, Audit.action, Audit.details)
            .where(Audit.id > self._last - OVERLAP)
            .order_by(Audit.id)
        )
        rows = [row for row in session.execute(log) if row.id not in self._seen]
        self._seen |= {row.id for row in rows}
        self._last = max(self._last, *(row.id for row in rows), 0)
        self._seen = {one for one in self._seen if one > self._last - OVERLAP}
        users = frozenset(row.user_id for row in rows if row.user_id is not None)
        if self._all_at is None or monotonic() - self._all_at > ALL_AGAIN_SECONDS:
            self._read_all(session)
        else:
            for user_id in users:
                self.reload(session, user_id)
        return News(users, frozenset(row.details["digest"] for row in rows if row.action == ERASED))

    def reload(self, session: Session, user_id: str) -> None:
        """Reads anew what one shopper said, so that it counts from here on."""
        preferences, consents = preferences_of(session, user_id), consents_of(session, user_id)
        control = _control(mutes_of(session, user_id), preferences, consents[PERSONALISATION])
        if control == NO_PREFERENCES:
            self._controls.pop(user_id, None)
        else:
            self._controls[user_id] = control

    def _read_all(self, session: Session) -> None:
        mutes: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for user_id, kind, key in session.execute(select(Mute.user_id, Mute.kind, Mute.key)):
            mutes[user_id].append((kind, key))
        by_user: dict[str, list[Saying]] = defaultdict(list)
        rows = select(Preference.user_id, Preference.kind, Preference.key, Preference.wanted)
        for user_id, kind, key, wanted in session.execute(rows.order_by(Preference.kind, Preference.key)):
            by_user[user_id].append(Saying(kind, key, wanted))
        refused = refusing(session, PERSONALISATION)
        users = {*mutes, *by_user, *refused}
        self._controls = {user: _control(mutes[user], by_user[user], user not in refused) for user in users}
        self._all_at = monotonic()


def _control(mutes: Iterable[tuple[str, str]], preferences: Iterable[Saying], personalised: bool) -> Control:
    muted = list(mutes)
    return Control(
        frozenset(key for kind, key in muted if kind == CATEGORY),
        frozenset(key for kind, key in muted if kind == BRAND),
        personalised,
        tuple(preferences),
    )
