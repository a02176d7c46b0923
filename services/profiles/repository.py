"""Who is asking: a shopper's profile from Feast's online store, or from the database's history when that is away.

It knows where profiles lie and how they are made from a history (f, the same function that training and refresh use);
it ranks nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import Engine, bindparam, func, select
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from sqlalchemy.orm import Session

from features.online import OnlineStoreUnavailable, ProfileMark, push_profiles, read_done, read_mark, read_profile
from features.profile_rows import MICROSECOND
from recommender.data.history import MAX_HISTORY, History
from recommender.db.engine import lock_is_held, session_scope
from recommender.db.tables import Event, ProfileVersion
from recommender.models.bundle import ModelBundle
from recommender.profiles.profile import Profile, build_profile, build_profiles
from recommender.retrieval.sources.behaviour import reads_behaviour
from recommender.store.identity.visits import ErasedVisit, Visits
from recommender.store.queries import load_history
from recommender.store.side_info import load_background, load_backgrounds, session_background
from services.core.circuit_breaker import Away, Breaker
from services.profiles.recent_cache import JustBuilt
from services.state.preferences import Controls

# a history is cut in whole seconds: to know of this very second's events a profile must be of the next
JUST_AFTER = timedelta(seconds=1)
DATABASE_AWAY = (OperationalError, InterfaceError, NoConnection)
_KEPT = ProfileVersion.__table__.c
_NEWEST = (
    select(_KEPT.user_id, func.max(_KEPT.version), func.max(_KEPT.as_of))
    .where(_KEPT.user_id.in_(bindparam("users", expanding=True)))
    .group_by(_KEPT.user_id)
)


@dataclass(slots=True)
class Shoppers:
    """`stale` holds shoppers whose newest profile did not reach the online store; what lies there is not used."""

    engine: Engine
    online: Breaker = field(default_factory=lambda: Breaker("online_store", (OnlineStoreUnavailable,)))
    database: Breaker = field(default_factory=lambda: Breaker("database", DATABASE_AWAY, passes=lock_is_held))
    stale: set[str] = field(default_factory=set)
    controls: Controls = field(default_factory=Controls)
    just_built: JustBuilt = field(default_factory=JustBuilt)

    def profile(
        self, bundle: ModelBundle, user_id: str, now: datetime, degraded: set[str], mark: ProfileMark | None = None
    ) -> Profile | None:
        """The shopper's profile for this model; None for one nobody knows, or who doesn't want one.

        `mark` is what the online store has just said of it, if it was asked. Adds what was away to `degraded`.
        """
        if not self.controls.of(user_id).personalised:
            return None
        profile = self._profile(bundle, user_id, now, degraded, mark)
        return None if profile is None else self._with_behaviour(bundle, profile, degraded)

    def _with_behaviour(self, bundle: ModelBundle, profile: Profile, degraded: set[str]) -> Profile:
        """With what the feature store has of the shopper, where the model's ranker reads it."""
        if not reads_behaviour(bundle):
            return profile
        try:
            with self.online.guard():
                return replace(profile, behaviour=read_done(profile.user_id, bundle.manifest.feature_service))
        except Away as away:
            degraded.add(str(away))
            return profile

    def _profile(
        self, bundle: ModelBundle, user_id: str, now: datetime, degraded: set[str], mark: ProfileMark | None
    ) -> Profile | None:
        profile = self.just_built.get(user_id, mark) if mark is not None else None
        if user_id in self.stale:  # the database knows more than the online store
            degraded.add(self.online.part)
        elif profile is None:
            profile = self._read_online(user_id, degraded)
        if profile is None:
            return self.from_database(bundle, user_id, now, degraded)
        if profile.model_version != bundle.model_version:  # a model was promoted since: the same f, by the new model
            return build_profile(bundle, user_id, profile.history, profile.as_of, profile.version, profile.background)
        return profile

    def mark(self, user_id: str) -> ProfileMark | None:
        """Of the profile that the online store holds; None when it holds none that may be used, or is away."""
        if user_id in self.stale:
            return None
        try:
            with self.online.guard():
                return read_mark(user_id)
        except Away:
            return None

    def _read_online(self, user_id: str, degraded: set[str]) -> Profile | None:
        try:
            with self.online.guard():
                return read_profile(user_id)
        except Away as away:
            degraded.add(str(away))
            return None

    def from_database(self, bundle: ModelBundle, user_id: str, now: datetime, degraded: set[str]) -> Profile | None:
        """The profile that f makes now of the stored history, under the newest saved version (0: none was saved).

        None for a shopper of whom nothing is known, and while the database is away, which is added to `degraded`.
        """
        try:
            with self.database.guard(), session_scope(self.engine) as session:
                history = load_history(session, user_id)
                background = load_background(session, user_id, now + JUST_AFTER, bundle.manifest.encoder_id)
                version = newest_version(session, user_id)
        except Away as away:
            degraded.add(str(away))
            return None
        known = len(history) or background
        return build_profile(bundle, user_id, history, now + JUST_AFTER, version, background) if known else None

    def session_profile(
        self, bundle: ModelBundle, session_id: str, now: datetime, degraded: set[str]
    ) -> Profile | None:
        """The profile of a visit, from its events alone, also once somebody has signed in in it.

        None of a visit that is an erased shopper's, or of one who wants no profile.
        """
        until = now + JUST_AFTER
        try:
            with self.database.guard(), session_scope(self.engine) as session:
                owner = Visits.read(session, [session_id]).owner(session_id, now)
                if not self.controls.of(owner).personalised:
                    return None
                history = session_history(session, session_id, owner)
                background = session_background(session, session_id, until, bundle.manifest.encoder_id, owner)
        except ErasedVisit:
            return None
        except Away as away:
            degraded.add(str(away))
            return None
        return build_profile(bundle, "", history, until, 0, background) if len(history) else None

    def push(self, profiles: Iterable[Profile]) -> bool:
        """Makes the profiles what the online store answers; says whether it worked."""
        profiles = list(profiles)
        users = {profile.user_id for profile in profiles}
        try:
            with self.online.guard():
                push_profiles(profiles)
        except Away:
            self.stale |= users
            return False
        self.stale -= users
        self.just_built.put(profiles)
        return True


def newest_version(session: Session, user_id: str) -> int:
    """Of the shopper's profile; 0 when none was saved."""
    newest = select(func.max(ProfileVersion.version)).where(ProfileVersion.user_id == user_id)
    return session.scalar(newest) or 0


def session_history(session: Session, session_id: str, owner: str | None) -> History:
    """What was done in a visit of `owner`'s; None: nobody has signed in in it."""
    whose = Event.user_id.is_(None) if owner is None else Event.user_id == owner
    events = select(Event).where(Event.session_id == session_id, whose)
    return History.of(session.scalars(events.order_by(Event.time.desc()).limit(MAX_HISTORY)))


def next_profile(session: Session, bundle: ModelBundle, user_id: str, now: datetime) -> Profile:
    """h: the shopper's next version, by f on the history as it is now."""
    return next_profiles(session, bundle, [user_id], now)[0]


def next_profiles(session: Session, bundle: ModelBundle, user_ids: Sequence[str], now: datetime) -> list[Profile]:
    """The same for several shoppers, none of them twice.

    The moment of a version is later than that of the version before it, whichever of two changes began first: the
    online store goes by it.
    """
    found = session.connection().execute(_NEWEST, {"users": user_ids})
    former = {user_id: (version, as_of) for user_id, version, as_of in found}
    at_once: dict[datetime, list[tuple[str, History, int]]] = {}
    for user_id in user_ids:
        version, before = former.get(user_id, (0, None))
        as_of = now + JUST_AFTER if before is None else max(now + JUST_AFTER, before + MICROSECOND)
        at_once.setdefault(as_of, []).append((user_id, load_history(session, user_id), version + 1))
    backgrounds = load_backgrounds(session, user_ids, now + JUST_AFTER, bundle.manifest.encoder_id)
    parts = (build_profiles(bundle, shoppers, as_of, backgrounds) for as_of, shoppers in at_once.items())
    return [profile for part in parts for profile in part]
