"""The answers of the service: recommendations, similar items and profiles, each with its reasons.

It knows profiles (through `shoppers`), the model in service and the live catalogue, and puts them together. It knows
nothing of HTTP.
"""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from recommender.behaviour import History
from recommender.explanations import Did, Known, explain
from recommender.profiles import Affinity, Profile
from recommender.ranking import RankingQuery, ScoredItem, recommend, similar
from recommender.tables import EVENT_TYPES
from services.controls import Control
from services.impressions import Impressions
from services.metrics import meters
from services.problems import Problem
from services.released import ModelInService, Released
from services.schemas import (
    AffinityAnswer,
    EventSeen,
    EvidenceAnswer,
    ItemAnswer,
    ProfileAnswer,
    ProfileQuestion,
    RecommendAnswer,
    RecommendQuestion,
    SimilarAnswer,
    SimilarQuestion,
)
from services.shelf import Shelf
from services.shoppers import Shoppers

RECENT_SHOWN = 20


@dataclass(slots=True)
class Answers:
    """Answers for the shop."""

    shelf: Shelf
    models: ModelInService
    shoppers: Shoppers
    impressions: Impressions
    catalogue_current: bool = True  # set by the watcher: whether the items table could be read last

    def recommend(self, question: RecommendQuestion, now: datetime) -> RecommendAnswer:
        """g for whoever asks; recorded as shown."""
        model, degraded = self.models.needed(), self._degraded()
        if (
            question.price_min is not None
            and question.price_max is not None
            and question.price_min > question.price_max
        ):
            raise Problem("price_min", "above price_max", "Swap them, or leave one out.")
        with meters().stage_seconds.labels("profile").time():
            profile = self._profile(model, question, now, degraded)
        with meters().stage_seconds.labels("rank").time():
            found = recommend(model.bundle, profile, self._query(question), now)
        with meters().stage_seconds.labels("reasons").time():
            known = self._known(profile.history if profile else None)
            items = [self._item(one, known, question.language) for one in found if self.shelf.shown(one.item_id, now)]
        self._count("recommend", degraded)
        answer = RecommendAnswer(
            recommendation_id=uuid.uuid4().hex,
            model_version=model.model_version,
            profile_version=(profile.version or None) if profile else None,
            degraded=sorted(degraded),
            items=items,
        )
        self._record(question, answer, now)
        return answer

    def similar(self, question: SimilarQuestion, now: datetime) -> SimilarAnswer:
        model = self.models.needed()
        if question.item_id not in model.bundle.catalogue.index:
            known = question.item_id in self.shelf
            message = "is not in the model yet" if known else "is not in the catalogue"
            remedy = "The next retrain takes it in." if known else "Check the id, or import the item."
            raise Problem("item_id", f"item {question.item_id!r} {message}", remedy, 404)
        found = similar(model.bundle, question.item_id, question.n + 10, now)
        shown = [one for one in found if self.shelf.shown(one.item_id, now)][: question.n]
        # what links two items most is named, not what reads best
        items = [self._item(one, self._known(None), question.language, tell=1) for one in shown]
        return SimilarAnswer(item_id=question.item_id, model_version=model.model_version, items=items)

    def profile(self, question: ProfileQuestion, now: datetime) -> ProfileAnswer:
        model, degraded = self.models.needed(), self._degraded()
        profile = self.shoppers.profile(model.bundle, question.user_id, now, degraded)
        self._count("profile", degraded)
        control = self.shoppers.controls.of(question.user_id)
        if not control.personalised:
            remedy = "They may consent again: /profile/consent."
            raise Problem("user_id", "this shopper doesn't consent to personalisation: no profile is kept", remedy, 404)
        if profile is None and degraded:
            raise Problem("user_id", f"{' and '.join(sorted(degraded))} away", "Ask again in a moment.", 503)
        if profile is None:
            raise Problem(
                "user_id",
                f"nothing is known of shopper {question.user_id!r}",
                "Check the id, or post an event of theirs.",
                404,
            )
        seen = self._events_seen(profile.history)
        return ProfileAnswer(
            user_id=question.user_id,
            profile_version=profile.version,
            model_version=profile.model_version,
            as_of=profile.as_of,
            summary=profile.summary,
            affinities=[self._affinity(one, seen, control) for one in profile.affinities],
            muted_categories=sorted(control.categories),
            muted_brands=sorted(control.brands),
            recent=list(seen.values())[::-1][:RECENT_SHOWN],
            degraded=sorted(degraded),
        )

    def _degraded(self) -> set[str]:
        return set() if self.catalogue_current else {"database"}

    def _count(self, endpoint: str, degraded: Iterable[str]) -> None:
        for part in degraded:
            meters().degraded.labels(endpoint, part).inc()

    def _profile(
        self, model: Released, question: RecommendQuestion, now: datetime, degraded: set[str]
    ) -> Profile | None:
        if question.user_id is not None:
            return self.shoppers.profile(model.bundle, question.user_id, now, degraded)
        if question.session_id is not None:
            return self.shoppers.session_profile(model.bundle, question.session_id, now, degraded)
        return None

    def _query(self, question: RecommendQuestion) -> RankingQuery:
        control = self.shoppers.controls.of(question.user_id)
        return RankingQuery(
            n=question.n,
            context_item_ids=tuple(question.context_item_ids),
            exclude=self.shelf.withdrawn.union(question.exclude),
            categories=frozenset(question.categories),
            brands=frozenset(question.brands),
            without_categories=control.categories,
            without_brands=control.brands,
            price_min=question.price_min,
            price_max=question.price_max,
        )

    def _known(self, history: History | None) -> Known:
        return Known(self.shelf.title, _doings(history) if history is not None else {})

    def _item(self, scored: ScoredItem, known: Known, language: str, tell: int | None = None) -> ItemAnswer:
        item = self.shelf.get(scored.item_id)
        return ItemAnswer(
            item_id=scored.item_id,
            title=self.shelf.title(scored.item_id),
            score=scored.score,
            price=item.price if item is not None else None,
            reason=explain(known, scored.item_id, scored.evidence[:tell], language),
            evidence=[
                EvidenceAnswer(
                    source=one.source,
                    item_ids=list(one.item_ids),
                    event_ids=list(one.event_ids),
                    attributes=one.attributes,
                )
                for one in scored.evidence
            ],
        )

    def _record(self, question: RecommendQuestion, answer: RecommendAnswer, now: datetime) -> None:
        nameless = not self.shoppers.controls.of(question.user_id).personalised  # counted, but as nobody's
        self.impressions.record(
            {
                "recommendation_id": answer.recommendation_id,
                "user_id": None if nameless else question.user_id,
                "session_id": None if nameless else question.session_id,
                "scenario": "context" if question.context_item_ids else "home",
                "model_version": answer.model_version,
                "profile_version": answer.profile_version,
                "items": [{"item_id": item.item_id, "score": item.score} for item in answer.items],
                "time": now,
            }
        )

    def _events_seen(self, history: History) -> dict[str, EventSeen]:
        """By event id, oldest first."""
        return {
            event_id: EventSeen(
                event_id=event_id,
                event_type=EVENT_TYPES[kind],
                item_id=item_id,
                title=self.shelf.title(item_id) if item_id else "",
                time=datetime.fromtimestamp(int(seconds), UTC),
            )
            for event_id, kind, item_id, seconds in zip(
                history.event_ids, history.event_types, history.item_ids, history.times, strict=True
            )
        }

    def _affinity(self, affinity: Affinity, seen: Mapping[str, EventSeen], control: Control) -> AffinityAnswer:
        return AffinityAnswer(
            kind=affinity.kind,
            key=affinity.key,
            title=self.shelf.title(affinity.key) if affinity.kind == "repeat" else affinity.key,
            weight=affinity.weight,
            muted=affinity.key in {"category": control.categories, "brand": control.brands}.get(affinity.kind, ()),
            evidence=[seen[event_id] for event_id in affinity.evidence if event_id in seen],
        )


def _doings(history: History) -> dict[str, list[Did]]:
    """What the shopper did with each item, oldest first."""
    doings: dict[str, list[Did]] = {}
    for kind, item_id, seconds in zip(history.event_types, history.item_ids, history.times, strict=True):
        doings.setdefault(item_id, []).append(Did(EVENT_TYPES[kind], datetime.fromtimestamp(int(seconds), UTC)))
    return doings
