"""Events coming in: checked, stored once, and put into the shopper's profile before the answer goes out.

The events, the new profile version and the shopper's row are one transaction; the push to the online store follows
it. Posts that wait at the same time share both, and a shopper of several gets one version for them. A repeat of the
same events changes nothing in the database and brings the online store up to date if it isn't.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from recommender.db.engine import session_scope, writing
from recommender.db.tables import ProfileVersion
from recommender.models.bundle import ModelBundle
from recommender.profiles.profile import Profile, build_profile
from recommender.search.query_embedding import Vector, keep_queries
from recommender.store.queries import load_history, save_profiles
from recommender.store.rating_scale import rating_scale
from recommender.store.side_info import load_background
from recommender.utils.rating_scale import STARS, Scale
from services.core.circuit_breaker import Away
from services.core.errors import Problem
from services.core.metrics import meters
from services.core.waiting_callers import Traffic
from services.events.attribution import Waiting
from services.events.batching import Rounds
from services.events.currencies import OwnCurrency
from services.events.storage import Post, PostOutcome, keep_posts
from services.http.api_keys import asks_a_shopper
from services.profiles.repository import JUST_AFTER, Shoppers, next_profiles
from services.schemas.events import EventsResponse, NewEvent, ShopperUpdate
from services.state.catalog_cache import LiveItems
from services.state.model import ModelInService, Released

log = structlog.get_logger(__name__)
CLOCK_SKEW = timedelta(minutes=1)  # a time this far ahead is a clock that runs fast; it is taken as now
EARLIEST_YEAR = 1990
AWAY = 503
SIGNED = ("purchase", "return", "refund")  # of less than none: a return


@dataclass(slots=True)
class Intake:
    """Takes events for the shop; posts that arrive together share a transaction and a push."""

    engine: Engine
    live_items: LiveItems
    models: ModelInService
    shoppers: Shoppers
    updated: Callable[[list[str]], None] = lambda users: None  # told whose profile has just changed
    read_query: Callable[[str, ModelBundle], Vector | None] = lambda text, bundle: None  # by an encoder that is loaded
    traffic: Traffic = field(default_factory=Traffic)
    waiting: Waiting = lambda ids: {}  # answers that are in no table yet
    currency: OwnCurrency = field(default_factory=OwnCurrency)
    _rounds: Rounds[Post, EventsResponse] = field(init=False)

    def __post_init__(self) -> None:
        self._rounds = Rounds(self.take_all)

    def take(self, events: Sequence[NewEvent], now: datetime) -> EventsResponse:
        """Stores the events and updates their shoppers' profiles; a `Problem` when one can't be taken: then none is."""
        self.traffic.came()
        scale = self.scale_of(events)
        for place, event in enumerate(events):
            check_event(event, f"events[{place}]", now, scale)
        try:
            with self.shoppers.database.guard():
                events = self._of_items(events)
        except Away:
            raise _away() from None
        return self._rounds.ask(Post(events, now, self.read(events), confirmed=not asks_a_shopper()))

    def read(self, events: Iterable[NewEvent]) -> dict[str, Vector]:
        """Queries of searches as the encoder reads them; those it can't read now the next embedding reads."""
        model = self.models.current
        if model is None:
            return {}
        texts = {event.text for event in events if event.event_type == "search" and event.text}
        read = {text: self.read_query(text, model.bundle) for text in sorted(texts)}
        return {text: vector for text, vector in read.items() if vector is not None}

    def take_json(self, events: Sequence[NewEvent], now: datetime) -> bytes:
        """The same, as it is sent."""
        return self.take(events, now).model_dump_json().encode()

    def take_all(self, posts: Sequence[Post]) -> list[EventsResponse | Exception]:
        """Posts in one transaction, each whole or, with a `Problem`, not at all."""
        try:
            with self.shoppers.database.guard():
                kept, profiles = self._store(posts)
        except Away:
            return [_away() for _ in posts]
        pushed = self.shoppers.push(profiles.values()) if profiles else True
        self.updated(list(profiles))
        return [
            self._respond(post, one, profiles, pushed) if isinstance(one, PostOutcome) else one
            for post, one in zip(posts, kept, strict=True)
        ]

    def _respond(self, post: Post, kept: PostOutcome, profiles: dict[str, Profile], pushed: bool) -> EventsResponse:
        duplicates = len(post.events) - kept.added - kept.withheld
        meters().events.labels("added").inc(kept.added)
        meters().events.labels("withheld").inc(kept.withheld)
        meters().events.labels("duplicate").inc(duplicates)
        meters().events.labels("unconfirmed").inc(kept.unconfirmed)
        meters().events.labels("unattributed").inc(len(kept.foreign))
        theirs = [profiles[user] for user in kept.willing if user in profiles]
        return EventsResponse(
            added=kept.added,
            duplicates=duplicates,
            withheld=kept.withheld,
            unconfirmed=kept.unconfirmed,
            ignored_recommendations=list(kept.foreign),
            profiles=[ShopperUpdate(user_id=each.user_id, profile_version=each.version) for each in theirs],
            degraded=[*([] if pushed else ["online_store"]), *([] if self.models.current else ["profile"])],
        )

    def scale_of(self, events: Iterable[NewEvent]) -> Scale:
        """What the shop's shoppers rate in, as far as it is asked for."""
        if not any(event.event_type == "rating" for event in events):
            return STARS
        try:
            with self.shoppers.database.guard(), session_scope(self.engine) as session:
                return rating_scale(session)
        except Away:
            raise _away() from None

    def _of_items(self, events: Sequence[NewEvent]) -> list[NewEvent]:
        """The events, those of variants as their items'; a `Problem` that names what is in no catalogue."""
        self.look_up(events)
        return [self.of_item(event, f"events[{place}]") for place, event in enumerate(events)]

    def look_up(self, events: Iterable[NewEvent]) -> None:
        """Takes in items of these events that may be newer than the last look at the items table."""
        unknown = {
            event.item_id for event in events if event.item_id is not None and event.item_id not in self.live_items
        }
        if unknown:
            with session_scope(self.engine) as session:
                self.live_items.look_up(session, unknown)

    def of_item(self, event: NewEvent, where: str) -> NewEvent:
        """The event in the shop's currency, one of a variant as its item's; a `Problem` where there is no such item."""
        event = self.currency.read(event, where, self.live_items.currencies)
        if event.item_id is None or event.item_id in self.live_items or event.item_id in self.live_items.aliases:
            return event
        item_id = self.live_items.variants.get(event.item_id)
        if item_id is None:
            raise Problem(
                f"{where}.item_id",
                f"no item {event.item_id!r} in the catalogue",
                "Import the item first, then send the event again.",
            )
        return event.model_copy(update={"item_id": item_id})

    def _store(self, posts: Sequence[Post]) -> tuple[list[PostOutcome | Problem], dict[str, Profile]]:
        now = max(post.now for post in posts)
        with writing(self.engine) as session:
            found = keep_posts(session, posts, self.waiting)
            model = self.models.current
            if model is None:
                return found, {}
            kept = [one for one in found if isinstance(one, PostOutcome)]
            for post, one in zip(posts, found, strict=True):
                if isinstance(one, PostOutcome) and not one.withheld:
                    keep_queries(session, model.bundle.manifest.encoder_id, post.read)
            changed = sorted({user for one in kept if one.changed for user in one.willing})
            unchanged = sorted({user for one in kept for user in one.willing} - set(changed))
            profiles = next_profiles(session, model.bundle, changed, now)
            save_profiles(session, profiles, "event", now)
            profiles += [_as_it_is(session, model, user, now) for user in unchanged]
        return found, {profile.user_id: profile for profile in profiles}


def _away() -> Problem:
    return Problem("events", "the database is away; nothing was stored", "Send the same events again.", AWAY)


def check_event(event: NewEvent, where: str, now: datetime, scale: Scale = STARS) -> None:
    """What a schema can't say; raises a `Problem` that names the field below `where`."""
    if event.user_id is None and event.session_id is None:
        raise Problem(f"{where}.user_id", "the event belongs to nobody", "Give user_id or session_id.")
    if event.event_type != "search" and event.item_id is None:
        raise Problem(f"{where}.item_id", f"a {event.event_type} is of an item", "Give its item_id.")
    if event.event_type == "search" and not (event.text or "").strip():
        raise Problem(f"{where}.text", "a search without its query", "Give the query in text.")
    if event.quantity == 0:
        raise Problem(f"{where}.quantity", "no pieces at all", "Give how many, or leave it out for one.")
    if event.event_type not in SIGNED:
        for name, number in (("quantity", event.quantity), ("value", event.value)):
            if number is not None and number < 0 and (name, event.event_type) != ("value", "rating"):
                raise Problem(f"{where}.{name}", "negative", "A return is of event_type return, with its item_id.")
    if event.event_type == "rating" and (event.value is None or not scale.holds(event.value)):
        low, high = min(scale.low, 0.0), scale.high
        remedy = "Give the rating in value; another scale is set by ZHIYIN_RATING_SCALE, or learned from an import."
        raise Problem(f"{where}.value", f"a rating of this shop is {low:g} to {high:g}", remedy)
    if event.time is not None and event.time.year < EARLIEST_YEAR:
        raise Problem(f"{where}.time", f"before {EARLIEST_YEAR}", "Give the time it happened, or leave it out.")
    if event.time is not None and event.time > now + CLOCK_SKEW:
        raise Problem(f"{where}.time", "in the future", "Give the time it happened, or leave it out for now.")


def _as_it_is(session: Session, model: Released, user: str, now: datetime) -> Profile:
    """The version that is there; of a shopper who has none, the one that the next event would follow."""
    newest = select(ProfileVersion.version, ProfileVersion.as_of).where(ProfileVersion.user_id == user)
    found = session.execute(newest.order_by(ProfileVersion.version.desc()).limit(1)).first()
    version, as_of = (1, now + JUST_AFTER) if found is None else (found.version, found.as_of)
    background = load_background(session, user, as_of, model.bundle.manifest.encoder_id)
    return build_profile(model.bundle, user, load_history(session, user), as_of, version, background)
