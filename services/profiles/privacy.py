"""Shoppers govern what is kept of them: mute, take an event back, consent, export, erase.

What is said is in the database, with its audit, before anything follows from it; what follows in other stores is
`pending_privacy`'s affair. Profiles follow at once, by the same f as ever.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, TypeVar

import structlog
from sqlalchemy import Engine, delete, select
from sqlalchemy.orm import Session

from features.online import OnlineStoreUnavailable
from features.partitions import Busy
from features.privacy import (
    erase,
    export,
    is_anybody,
)
from recommender.db.engine import one_shopper_at_a_time, session_scope
from recommender.db.tables import Erasure, Event, ProfileVersion, RemovedEvent
from recommender.privacy.audit import note
from recommender.privacy.erasure import digest
from recommender.privacy.mutes import mute, mutes_of, unmute
from recommender.privacy.preferences import (
    MAX_PREFERENCES,
    UNDO_WISH,
    WISH,
    Effect,
    Saying,
    describe_effects,
    effects_of,
    find_change,
    preferences_of,
    store_preferences,
    undo,
)
from recommender.privacy.receipts import receipt_of
from recommender.profiles.profile import Profile
from recommender.search.query_embedding import forget_queries
from recommender.store.consent import PERSONALISATION, consents_of, record_consent
from recommender.store.impression_evidence import forget_evidence
from recommender.store.queries import save_profiles
from recommender.subject_access.holdings import held
from services.core.circuit_breaker import Away
from services.core.errors import Problem
from services.http.api_keys import actor
from services.profiles.pending_privacy import PendingPrivacy
from services.profiles.repository import Shoppers, next_profile
from services.schemas.errors import Degradation
from services.schemas.privacy import (
    ConsentRequest,
    ConsentResponse,
    EraseResponse,
    ExportResponse,
    Muted,
    MuteRequest,
    MuteResponse,
    RemoveEventRequest,
    RemoveEventResponse,
    ShopperRequest,
)
from services.state.model import ModelInService

log = structlog.get_logger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Change:
    """What something that was said changed; `change_id` is None where it changed nothing."""

    change_id: int | None
    effects: Sequence[Effect]
    profile_version: int | None
    degraded: list[Degradation]


def _version(profile: Profile | None) -> int | None:
    return profile.version if profile is not None else None


@dataclass(slots=True)
class Privacy:
    """Takes what shoppers say."""

    engine: Engine
    models: ModelInService
    shoppers: Shoppers
    forget_in_memory: Callable[[str], None]  # drops what this worker's memory holds of a shopper

    @property
    def pending(self) -> PendingPrivacy:
        """What was said and has not reached every store."""
        return PendingPrivacy(self.engine)

    def mute(self, request: MuteRequest, now: datetime) -> MuteResponse:
        """Leaves a category or brand out of what the shopper is shown, or takes it in again."""
        user, kind, key = request.user_id, request.kind, request.key
        if request.muted:
            self._check_known(kind, key)

        def apply_change(session: Session) -> tuple[bool, Profile | None]:
            changed = mute(session, user, kind, key, now) if request.muted else unmute(session, user, kind, key)
            if not changed:
                return False, None
            note(session, now, actor(), "mute" if request.muted else "unmute", user, {"kind": kind, "key": key})
            return True, self._renewed(session, user, "mute", now)

        changed, profile = self._commit(user, apply_change)
        degraded = self._push(profile)
        muted = [Muted(kind=kind, key=key) for kind, key in self._read(lambda session: mutes_of(session, user))]
        version = profile.version if profile else None
        return MuteResponse(user_id=user, changed=changed, profile_version=version, muted=muted, degraded=degraded)

    def record_preferences(self, user: str, sayings: Sequence[Saying], now: datetime) -> Change:
        """Keeps what a shopper said in words that they want and don't want; the change can be undone by its id."""
        found: dict[str, Any] = {"effects": [], "change_id": None}

        def apply_change(session: Session) -> tuple[bool, Profile | None]:
            kept = len(preferences_of(session, user))
            if kept + len(sayings) > MAX_PREFERENCES:
                raise Problem(
                    "wish", f"more than {MAX_PREFERENCES} preferences", "Take some back on the page of your profile."
                )
            effects = store_preferences(session, user, sayings, now)
            if not effects:
                return False, None
            change = note(session, now, actor(), WISH, user, {"effects": describe_effects(effects)})
            session.flush()
            found.update(effects=effects, change_id=change.id)
            return True, self._renewed(session, user, WISH, now)

        _, profile = self._commit(user, apply_change)
        return Change(found["change_id"], found["effects"], _version(profile), self._push(profile))

    def undo(self, user: str, change_id: int | None, now: datetime) -> Change:
        """Takes back what was said, as far as nothing else was said of it since."""
        found: dict[str, Any] = {}

        def apply_change(session: Session) -> tuple[bool, Profile | None]:
            change = find_change(session, user, change_id)
            if change is None:
                raise Problem(
                    "change_id", "there is no such change to undo", "Check the ids; what is undone stays so.", 404
                )
            effects = undo(session, user, effects_of(change), now)
            note(session, now, actor(), UNDO_WISH, user, {"of": change.id, "effects": describe_effects(effects)})
            found.update(effects=effects, change_id=change.id)
            return True, self._renewed(session, user, UNDO_WISH, now)

        _, profile = self._commit(user, apply_change)
        return Change(found["change_id"], found["effects"], _version(profile), self._push(profile))

    def latest_change(self, user: str) -> tuple[int, list[Effect]] | None:
        """What was last said in words and is not undone."""

        def find(session: Session) -> tuple[int, list[Effect]] | None:
            change = find_change(session, user, None)
            return None if change is None else (change.id, effects_of(change))

        return self._read(find)

    def _check_known(self, kind: str, key: str) -> None:
        catalogue = self.models.needed().bundle.catalogue
        if key not in (catalogue.brands if kind == "brand" else {name for path in catalogue.paths for name in path}):
            raise Problem("key", f"no item of the catalogue has the {kind} {key!r}", "Write it as the catalogue does.")

    def remove_event(self, request: RemoveEventRequest, now: datetime) -> RemoveEventResponse:
        """Takes one event out of everything that is known of the shopper."""
        user, event_id = request.user_id, request.event_id

        def take_back(session: Session) -> tuple[bool, Profile | None]:
            condition = (Event.event_id == event_id, Event.user_id == user)
            query = select(Event.time, Event.event_type, Event.text, Event.confirmed)
            event = session.execute(query.where(*condition)).first()
            if event is None:
                if session.get(RemovedEvent, (event_id, user)) is None:
                    raise Problem("event_id", f"the shopper has no event {event_id!r}", "Check both ids.", 404)
                return False, None
            taken_back = {"time": now, "event_time": event.time, "confirmed": event.confirmed, "offline_at": None}
            session.merge(RemovedEvent(event_id=event_id, user_id=user, **taken_back))
            session.execute(delete(Event).where(*condition))
            forget_queries(session, [event.text] if event.event_type == "search" else [])
            forget_evidence(session, user)
            note(session, now, actor(), "remove_event", user, {"event_id": event_id})
            return True, self._renewed(session, user, "remove_event", now)

        removed, profile = self._commit(user, take_back)
        degraded = self._push(profile)
        self.pending.take_out_removed_events(now)
        version = profile.version if profile else None
        return RemoveEventResponse(user_id=user, removed=removed, profile_version=version, degraded=degraded)

    def consent(self, request: ConsentRequest, now: datetime) -> ConsentResponse:
        """Gives or withdraws consent to a purpose; without personalisation no profile is kept."""
        user, purpose, given = request.user_id, request.purpose, request.given

        def apply_change(session: Session) -> tuple[bool, Profile | None]:
            if purpose is None or not record_consent(session, user, purpose, given, now):
                return False, None
            note(session, now, actor(), "consent", user, {"purpose": purpose, "given": given})
            session.flush()
            if purpose != PERSONALISATION:
                return True, None
            if given:
                return True, self._renewed(session, user, "consent", now)
            session.execute(delete(ProfileVersion).where(ProfileVersion.user_id == user))
            forget_evidence(session, user)
            return True, None

        changed, profile = self._commit(user, apply_change)
        self._push(profile)
        if changed and not given:
            self.forget_in_memory(user)
        self.pending.take_out_withdrawn(now)
        consents = self._read(lambda session: consents_of(session, user))
        return ConsentResponse(user_id=user, changed=changed, consents=consents)

    def export(self, request: ShopperRequest, now: datetime) -> ExportResponse:
        """Everything that is kept of the shopper."""
        try:
            with self.shoppers.database.guard(), self.shoppers.online.guard():
                return ExportResponse.model_validate(export(self.engine, request.user_id, now, actor()))
        except Away as away:
            raise Problem("user_id", f"{away} away: it would not be all", "Ask again in a moment.", 503) from None

    def erase(self, request: ShopperRequest, now: datetime) -> EraseResponse:
        """Removes the shopper from every store; their later events are refused. Asking again asks how far it is."""
        self.shoppers.stale.discard(request.user_id)
        try:
            with self.shoppers.database.guard():
                if not self._is_erased(request.user_id):
                    self._erase(request.user_id, now)
                with session_scope(self.engine) as session:
                    self.shoppers.controls.reload(session, request.user_id)
                    receipt = receipt_of(session.get_one(Erasure, digest(request.user_id)))
        except Away:
            raise Problem("user_id", "the database is away", "Ask again in a moment.", 503) from None
        self.forget_in_memory(request.user_id)
        return EraseResponse(state="done" if receipt.done_at else "sweeping", **asdict(receipt))

    def _is_erased(self, user: str) -> bool:
        """Whether the shopper was erased, and nothing came since."""
        with session_scope(self.engine) as session:
            row = session.get(Erasure, digest(user))
            return row is not None and row.done_at is not None and not held(session, user)

    def _erase(self, user: str, now: datetime) -> None:
        try:
            if not is_anybody(self.engine, user):
                raise Problem("user_id", "no store knows this shopper", "Check the id; nothing was erased.", 404)
        except OnlineStoreUnavailable as failure:  # it may know them
            log.warning("an erasure looks at the database alone", reason=str(failure))
        try:
            erase(self.engine, user, now, actor())
        except (OnlineStoreUnavailable, Busy) as failure:  # it is wanted, and goes on when that is over
            log.warning("an erasure waits", reason=str(failure))

    def _commit(
        self, user: str, change: Callable[[Session], tuple[bool, Profile | None]]
    ) -> tuple[bool, Profile | None]:
        """One transaction about one shopper, after which this worker knows of it."""
        try:
            with self.shoppers.database.guard(), session_scope(self.engine) as session:
                one_shopper_at_a_time(session, [user])
                if session.get(Erasure, digest(user)) is not None:
                    raise Problem("user_id", "this shopper was erased", "A shopper who comes back has a new id.", 410)
                outcome = change(session)
                session.flush()
                self.shoppers.controls.reload(session, user)
                return outcome
        except Away:
            raise Problem("user_id", "the database is away; nothing was kept", "Send it again.", 503) from None

    def _read(self, query: Callable[[Session], T]) -> T:
        try:
            with self.shoppers.database.guard(), session_scope(self.engine) as session:
                return query(session)
        except Away:
            raise Problem("user_id", "the database is away", "Ask again in a moment.", 503) from None

    def _renewed(self, session: Session, user: str, reason: str, now: datetime) -> Profile | None:
        """A new version of the profile, by f on what is known now; None where none may be kept."""
        model = self.models.current
        session.flush()
        if model is None or not consents_of(session, user)[PERSONALISATION]:
            return None
        profile = next_profile(session, model.bundle, user, now)
        save_profiles(session, [profile], reason, now)
        return profile

    def _push(self, profile: Profile | None) -> list[Degradation]:
        return [] if profile is None or self.shoppers.push([profile]) else ["online_store"]
