"""Events coming in: checked, stored once, and put into the shopper's profile before the answer goes out.

The events, the new profile version and the shopper's row are one transaction; the push to the online store follows
it. A repeat of the same events changes nothing in the database and brings the online store up to date if it isn't.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Engine, func, insert, select, update
from sqlalchemy.orm import Session

from recommender.database import one_shopper_at_a_time, session_scope
from recommender.privacy.sifting import ErasedShopper, Sifted, sift
from recommender.profiles import Profile, build_profile
from recommender.queries import add_events, load_history, save_profiles
from recommender.tables import Event, ProfileVersion, User
from services.breaker import Away
from services.metrics import meters
from services.problems import Problem
from services.released import ModelInService, Released
from services.schemas import EventQuestion, EventsAnswer, ShopperUpdate
from services.shelf import Shelf
from services.shoppers import JUST_AFTER, Shoppers, next_profile

log = structlog.get_logger(__name__)
CLOCK_SKEW = timedelta(minutes=1)  # a time this far ahead is a clock that runs fast; it is taken as now
EARLIEST_YEAR = 1990
STARS = 5


@dataclass(slots=True)
class Intake:
    """Takes events for the shop."""

    engine: Engine
    shelf: Shelf
    models: ModelInService
    shoppers: Shoppers
    updated: Callable[[list[str]], None] = lambda users: None  # told whose profile has just changed

    def take(self, events: Sequence[EventQuestion], now: datetime) -> EventsAnswer:
        """Stores the events and updates their shoppers' profiles; a `Problem` when one can't be taken: then none is."""
        for place, event in enumerate(events):
            check_event(event, f"events[{place}]", now)
        try:
            with self.shoppers.database.guard():
                self._check_items(events)
                added, withheld, profiles = self._store(events, now)
        except Away:
            raise Problem(
                "events", "the database is away; nothing was stored", "Send the same events again.", 503
            ) from None
        meters().events.labels("added").inc(added)
        meters().events.labels("withheld").inc(withheld)
        meters().events.labels("duplicate").inc(len(events) - added - withheld)
        pushed = self.shoppers.push(profiles) if profiles else True
        self.updated([profile.user_id for profile in profiles])
        return EventsAnswer(
            added=added,
            duplicates=len(events) - added - withheld,
            withheld=withheld,
            profiles=[ShopperUpdate(user_id=each.user_id, profile_version=each.version) for each in profiles],
            degraded=[*([] if pushed else ["online_store"]), *([] if self.models.current else ["profile"])],
        )

    def _check_items(self, events: Iterable[EventQuestion]) -> None:
        unknown = {event.item_id for event in events if event.item_id is not None and event.item_id not in self.shelf}
        if unknown:  # newer than the last look at the items table, perhaps
            with session_scope(self.engine) as session:
                self.shelf.look_up(session, unknown)
        for place, event in enumerate(events):
            if event.item_id is not None and event.item_id not in self.shelf:
                raise Problem(
                    f"events[{place}].item_id",
                    f"no item {event.item_id!r} in the catalogue",
                    "Import the item first, then send the event again.",
                )

    def _store(self, events: Sequence[EventQuestion], now: datetime) -> tuple[int, int, list[Profile]]:
        users = sorted({event.user_id for event in events if event.user_id is not None})
        with session_scope(self.engine) as session:
            one_shopper_at_a_time(session, users)
            sifted = _sifted(session, [_row(event, now) for event in events])
            added, _ = add_events(session, sifted.rows)
            _know_users(session, users, now)
            claimed = _claim_sessions(session, [event for event in events if event.user_id in sifted.willing])
            changed = bool(added or claimed)
            model = self.models.current
            if model is None:
                profiles = []
            elif changed:
                profiles = [next_profile(session, model.bundle, user, now) for user in sifted.willing]
                save_profiles(session, profiles, "event", now)
            else:
                profiles = [_as_it_is(session, model, user, now) for user in sifted.willing]
        return added, sifted.withheld, profiles


def check_event(event: EventQuestion, where: str, now: datetime) -> None:
    """What a schema can't say; raises a `Problem` that names the field below `where`."""
    if event.user_id is None and event.session_id is None:
        raise Problem(f"{where}.user_id", "the event belongs to nobody", "Give user_id or session_id.")
    if event.event_type != "search" and event.item_id is None:
        raise Problem(f"{where}.item_id", f"a {event.event_type} is of an item", "Give its item_id.")
    if event.event_type == "search" and not (event.text or "").strip():
        raise Problem(f"{where}.text", "a search without its query", "Give the query in text.")
    if event.event_type == "rating" and (event.value is None or event.value > STARS):
        raise Problem(f"{where}.value", "a rating is 0 to 5 stars", "Give the stars in value.")
    if event.time is not None and event.time.year < EARLIEST_YEAR:
        raise Problem(f"{where}.time", f"before {EARLIEST_YEAR}", "Give the time it happened, or leave it out.")
    if event.time is not None and event.time > now + CLOCK_SKEW:
        raise Problem(f"{where}.time", "in the future", "Give the time it happened, or leave it out for now.")


def _sifted(session: Session, rows: list[dict[str, Any]]) -> Sifted:
    try:
        return sift(session, rows)
    except ErasedShopper as gone:
        where, remedy = f"events[{gone.place}].user_id", "Send no more of them; one who comes back has a new id."
        raise Problem(where, "this shopper was erased", remedy, 410) from None


def _row(event: EventQuestion, now: datetime) -> dict[str, Any]:
    return {**event.model_dump(), "time": min(event.time or now, now)}


def _know_users(session: Session, users: list[str], now: datetime) -> None:
    known = set(session.scalars(select(User.user_id).where(User.user_id.in_(users))))
    new = [{"user_id": user, "attributes": {}, "consent": True, "created_at": now} for user in set(users) - known]
    if new:
        session.execute(insert(User), new)


def _claim_sessions(session: Session, events: Iterable[EventQuestion]) -> int:
    """A visit that signs in: what it did before becomes the shopper's. Answers how many events that were."""
    claimed = 0
    for session_id, user_id in {(event.session_id, event.user_id) for event in events}:
        if session_id is None or user_id is None:
            continue
        anonymous = select(func.count()).where(Event.session_id == session_id, Event.user_id.is_(None))
        count = session.scalar(anonymous) or 0
        if count:
            theirs = update(Event).where(Event.session_id == session_id, Event.user_id.is_(None))
            session.execute(theirs.values(user_id=user_id))
        claimed += count
    return claimed


def _as_it_is(session: Session, model: Released, user: str, now: datetime) -> Profile:
    """The version that is there; of a shopper who has none, the one that the next event would follow."""
    newest = select(ProfileVersion.version, ProfileVersion.as_of).where(ProfileVersion.user_id == user)
    found = session.execute(newest.order_by(ProfileVersion.version.desc()).limit(1)).first()
    version, as_of = (1, now + JUST_AFTER) if found is None else (found.version, found.as_of)
    return build_profile(model.bundle, user, load_history(session, user), as_of, version)
