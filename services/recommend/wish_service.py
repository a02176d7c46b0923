"""Wishes that hold for good: what a shopper says in words becomes mutes and preferences, and can be undone.

What is said of prices in figures, and what is for the encoder alone, holds for a request only; the answer says so.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from recommender.privacy.preferences import Saying
from recommender.steering.constraints import ATTRIBUTE, PRICE, Constraint, Understood
from services.core.errors import Problem
from services.core.metrics import meters
from services.profiles.privacy import Privacy
from services.recommend.service import RecommendService
from services.schemas.wish import (
    StatedPreference,
    UndoRequest,
    UndoResponse,
    WishKept,
    WishRequest,
    WishResponse,
)
from services.wishes.steering import Steering
from services.wishes.wishes import answered, describe_constraints


@dataclass(frozen=True, slots=True)
class UndoneNext:
    """A change that can be taken back, and what was said by it."""

    change_id: int
    said: list[StatedPreference]


@dataclass(slots=True)
class WishService:
    """What `/profile/wish` and `/profile/undo` answer."""

    privacy: Privacy
    answers: RecommendService

    def wish(self, request: WishRequest, now: datetime) -> WishResponse:
        """Reads a wish, and keeps of it what can hold for good."""
        understood, degraded = self._understood(request, now)
        sayings = list(sayings_of(understood))
        change = self.privacy.record_preferences(request.user_id, sayings, now)
        degraded.update(change.degraded)
        for part in degraded:
            meters().degraded.labels("profile/wish", part).inc()
        kept = [StatedPreference(kind=one.kind, key=one.key, wanted=bool(one.after)) for one in change.effects]
        return WishResponse(
            user_id=request.user_id,
            understood=answered(Steering(understood)),
            change_id=change.change_id,
            kept=kept,
            not_kept=_not_kept(understood),
            profile_version=change.profile_version,
            degraded=sorted(degraded),
        )

    def keep(self, user_id: str, understood: Understood, now: datetime, degraded: set[str]) -> WishKept:
        """The same for a wish that `/recommend` has read."""
        change = self.privacy.record_preferences(user_id, list(sayings_of(understood)), now)
        degraded.update(change.degraded)
        kept = [StatedPreference(kind=one.kind, key=one.key, wanted=bool(one.after)) for one in change.effects]
        return WishKept(change_id=change.change_id, kept=kept, not_kept=_not_kept(understood))

    def undo(self, request: UndoRequest, now: datetime) -> UndoResponse:
        """Brings back what stood before a wish."""
        change = self.privacy.undo(request.user_id, request.change_id, now)
        undone = [
            {"kind": one.kind, "key": one.key, "before": one.before, "after": one.after} for one in change.effects
        ]
        return UndoResponse(
            user_id=request.user_id,
            change_id=change.change_id or 0,
            undone=undone,
            profile_version=change.profile_version,
            degraded=list(change.degraded),
        )

    def latest(self, user_id: str) -> UndoneNext | None:
        """The change that an undo without an id would take back."""
        change = self.privacy.latest_change(user_id)
        if change is None:
            return None
        kept = [StatedPreference(kind=one.kind, key=one.key, wanted=bool(one.after)) for one in change[1]]
        return UndoneNext(change[0], kept)

    def _understood(self, request: WishRequest, now: datetime) -> tuple[Understood, set[str]]:
        if (request.wish is None) == (request.understood is None):
            raise Problem("wish", "is to be given, or understood in its place", "Send one of the two.")
        wishes, degraded = self.answers.ranker.wishes, set[str]()
        if request.understood is not None:
            return wishes.taken(request.understood), degraded
        bundle = self.answers.models.needed().bundle
        profile = self.answers.shoppers.profile(bundle, request.user_id, now, degraded)
        return wishes.read(request.wish or "", profile, bundle, degraded), degraded


def sayings_of(understood: Understood) -> Iterator[Saying]:
    """Each value of each constraint by itself."""
    for one in understood.constraints:
        if one.kind == PRICE:
            if one.relation:
                yield Saying(PRICE, one.relation, one.wanted)
            continue
        for value in one.values:
            yield Saying(one.kind, f"{one.name}={value}" if one.kind == ATTRIBUTE else value, one.wanted)


def _not_kept(understood: Understood) -> list[str]:
    figures: list[Constraint] = [one for one in understood.constraints if one.kind == PRICE and not one.relation]
    return [*describe_constraints(figures), *([understood.about] if understood.about else [])]
