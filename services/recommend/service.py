"""The answers of the service: recommendations, similar items and profiles, each with its reasons.

It knows profiles (through `shoppers`), the model in service and the live catalogue, and puts them together. It knows
nothing of HTTP. A `/recommend` answer is made of a ranked list (see `lists`), which `sending` tells.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from features.online import ProfileMark
from recommender.explain.templates import Doings, Known, explain
from recommender.profiles.profile import Profile
from recommender.ranking.pipeline import RankingQuery, ScoredItem
from recommender.scenarios.base import Chosen
from recommender.steering.constraints import Understood
from services.core.errors import Problem
from services.core.metrics import meters, stage
from services.core.waiting_callers import Traffic
from services.profiles.recent_cache import mark_of
from services.profiles.repository import Shoppers
from services.profiles.view import readable
from services.recommend.experiments import Assigned, Assignment, Experiments
from services.recommend.explanation_wishes import Key, Reasons, key_of
from services.recommend.explanation_worker import Explainer
from services.recommend.list_cache import Filters, KeptEvidence, ListKey, Lists, Ranked, count, hour_of
from services.recommend.response import NOTHING_MORE, Sending, place_of
from services.recommend.scenarios import Scenarios, is_planned
from services.recommend.steering import Steering
from services.recommend.wishes import Wishes, answered, check
from services.schemas.recommend import (
    EvidenceAnswer,
    ItemAnswer,
    ProfileAnswer,
    ProfileQuestion,
    RecommendAnswer,
    RecommendQuestion,
    SimilarAnswer,
    SimilarQuestion,
)
from services.schemas.wish import WishKept
from services.state.catalog_cache import Shelf
from services.state.model import ModelInService, Released

NO_FILTERS = Filters()
KeepWish = Callable[[str, Understood, datetime, set[str]], WishKept]
DEPTH = 24  # places of a list that is kept: an answer's, and some for what is excluded


@dataclass(slots=True)
class Answers:
    """Answers for the shop."""

    shelf: Shelf
    models: ModelInService
    shoppers: Shoppers
    sending: Sending
    scenarios: Scenarios
    explainer: Explainer
    wishes: Wishes
    lists: Lists = field(default_factory=lambda: Lists(0))
    traffic: Traffic = field(default_factory=Traffic)
    experiments: Experiments = field(default_factory=Experiments)
    include_bought: bool = False  # where a question doesn't say: what is had and hardly ever bought twice
    keep_wish: KeepWish | None = None  # for good
    catalogue_current: bool = True  # set by the watcher: whether the items table could be read last

    def recommend(self, question: RecommendQuestion, now: datetime) -> RecommendAnswer:
        """g for whoever asks; recorded as shown."""
        return RecommendAnswer.model_validate_json(self.recommend_json(question, now))

    def recommend_json(self, question: RecommendQuestion, now: datetime) -> bytes:
        """The same, as it is sent."""
        mark = self.shoppers.mark(question.user_id) if question.user_id is not None else None
        return self.at_once(question, mark, now) or self.made_json(question, mark, now)

    def made_json(self, question: RecommendQuestion, mark: ProfileMark | None, now: datetime) -> bytes:
        """The answer of which no list is ready, by the mark of the shopper's profile."""
        self.traffic.came()
        model, degraded = self.models.needed(), self._degraded()
        if (
            question.price_min is not None
            and question.price_max is not None
            and question.price_min > question.price_max
        ):
            raise Problem("price_min", "above price_max", "Swap them, or leave one out.")
        check(question)
        assigned = self.assigned(question, mark)
        question, mark = assigned.question, assigned.mark
        with stage("profile").time():
            profile = self._profile(model, question, mark, now, degraded) if assigned.personalised else None
        ignored, told = _ignored(model, question), NOTHING_MORE
        if self.wishes.is_steered(question):
            ranked, told, profile = self._wished(question, model, profile, degraded, now)
        else:
            ranked = self._places(model, question, profile, mark, now, bool(degraded))
        version = (profile.version or None) if profile else None
        return self._told(question, ranked, model, version, degraded, now, ignored, assigned.assignment, told)

    def _wished(
        self,
        question: RecommendQuestion,
        model: Released,
        profile: Profile | None,
        degraded: set[str],
        now: datetime,
    ) -> tuple[Ranked, Mapping[str, object], Profile | None]:
        """What answers a wish, of which no list is kept; what holds longer than the request is kept first."""
        understood, kept = self.wishes.understand(question, profile, model.bundle, degraded), None
        if question.wish_scope == "session" and question.session_id is not None:
            self.wishes.sessions.keep(question.session_id, question.user_id, understood, now)
        if question.wish_scope == "profile" and question.user_id is not None and self.keep_wish is not None:
            kept = self.keep_wish(question.user_id, understood, now, degraded)
            profile = self._profile(model, question, None, now, degraded) if profile is not None else None
        ranked, steering = self._steered(model, question, profile, understood, now, question.n, degraded)
        told = {"understood": answered(steering).model_dump(), "wish_kept": kept.model_dump() if kept else None}
        return ranked, told, profile

    def at_once(self, question: RecommendQuestion, mark: ProfileMark | None, now: datetime) -> bytes | None:
        """The answer if its list is ready, by the mark of the shopper's profile; None when it has to be made."""
        self.traffic.asked(question.user_id)
        model, assigned = self.models.current, self.assigned(question, mark)
        question, mark = assigned.question, assigned.mark
        known = mark is not None or (question.user_id is None and question.session_id is None)
        if (
            model is None
            or not known
            or not assigned.personalised
            or not self.catalogue_current
            or not self._is_plain(question)
        ):
            return None
        ranked = self.lists.get(self.key(model, question, mark, now))
        left = ranked.without(question.exclude, question.n) if ranked is not None else None
        if left is None:
            return None
        count("hit")
        version = (mark.version or None) if mark else None
        return self._told(question, left, model, version, (), now, assignment=assigned.assignment)

    def assigned(self, question: RecommendQuestion, mark: ProfileMark | None) -> Assigned:
        """The question as it is answered: by the arm of who asks while an experiment runs."""
        return self.experiments.assign(question, mark, self.shoppers.controls.of(question.user_id).personalised)

    def _told(
        self,
        question: RecommendQuestion,
        ranked: Ranked,
        model: Released,
        profile_version: int | None,
        away: Iterable[str],
        now: datetime,
        ignored: Sequence[str] = (),
        assignment: Assignment | None = None,
        more: Mapping[str, object] = NOTHING_MORE,
    ) -> bytes:
        """The answer, with all that it is made without; it is shown now, so that sentences for it are worth writing."""
        if ranked.wish is not None:
            self.explainer.wish(ranked.wish)
        degraded = sorted({*away, *model.missing})
        self._count("recommend", degraded)
        shown = (question, ranked, model.model_version, profile_version, degraded, now, ignored, assignment)
        return self.sending.told(*shown, more)

    def prepare(self, user_id: str, now: datetime, anew: bool = False) -> ListKey | None:
        """Makes the list that a shopper is likely to ask for, if there is none, or `anew`; the key of what is there.

        One that is kept answers until the new one is there. None: it can't be made, or wouldn't last.
        """
        assigned = self.assigned(RecommendQuestion(user_id=user_id), self.shoppers.mark(user_id))
        model, question, mark = self.models.current, assigned.question, assigned.mark
        if model is None or mark is None or not self.lists.limit_bytes or not self._is_plain(question):
            return None
        key = self.key(model, question, mark, now)
        if anew or self.lists.get(key) is None:
            degraded: set[str] = set()
            profile = self._profile(model, question, mark, now, degraded)
            if degraded or not _of(mark, profile):
                return None
            self.lists.once(key, lambda: self._rank(model, question, profile, now, DEPTH))
            count("ahead")
        return key

    def _places(
        self,
        model: Released,
        question: RecommendQuestion,
        profile: Profile | None,
        mark: ProfileMark | None,
        now: datetime,
        degraded: bool,
    ) -> Ranked:
        """Ranks for this question, or waits for whoever ranks for the same one already; kept if it serves again."""
        count("miss")
        lasting = profile is None if mark is None else _of(mark, profile)
        if profile is None and self.shoppers.controls.of(question.user_id).says_any:
            lasting = False  # nobody's list is for all
        if lasting and not degraded and self._is_plain(question):
            nobodys = {} if profile else {"user_id": None, "session_id": None}  # it says nothing of whoever asks
            plain, depth = question.model_copy(update={"exclude": [], **nobodys}), max(DEPTH, question.n)
            key = self.key(model, plain, mark, now)
            ranked = self.lists.get(key)
            if ranked is None or (len(ranked.places) < depth and not ranked.whole):
                ranked = self.lists.once(key, lambda: self._rank(model, plain, profile, now, depth))
            left = ranked.without(question.exclude, question.n)
            if left is not None:
                return left
        return self._rank(model, question, profile, now, question.n)

    def key(self, model: Released, question: RecommendQuestion, mark: ProfileMark | None, now: datetime) -> ListKey:
        user_id, filters = question.user_id or "", NO_FILTERS
        if question.categories or question.brands or question.price_min is not None or question.price_max is not None:
            filters = Filters(
                frozenset(question.categories),
                frozenset(question.brands),
                question.price_min,
                question.price_max,
                model.generation,
            )
        hour = hour_of(user_id, now.timestamp())
        control = self.shoppers.controls.of(question.user_id)
        return ListKey(user_id, mark, model.model_version, self.shelf.epoch, hour, question.language, filters, control)

    def _rank(
        self, model: Released, question: RecommendQuestion, profile: Profile | None, now: datetime, depth: int
    ) -> Ranked:
        return self._steered(model, question, profile, Understood(), now, depth, set())[0]

    def _steered(
        self,
        model: Released,
        question: RecommendQuestion,
        profile: Profile | None,
        understood: Understood,
        now: datetime,
        depth: int,
        degraded: set[str],
    ) -> tuple[Ranked, Steering]:
        with stage("rank").time():
            query, steering = self._steering(model, question, profile, understood, now, depth, degraded)
            page = self.scenarios.page(model.bundle, profile, question, query, now, steering)
        with stage("reasons").time():
            reasons = self.reasons(model, question, profile, [one.item for one in page.items])
            told = ({"reason": reason, "explained_by": by} for reason, by in reasons.sentences)
            places = tuple(place_of(one, reason) for one, reason in zip(page.items, told, strict=True))
        kept = KeptEvidence(question.user_id, question.session_id)
        return Ranked(places, not page.more, kept, reasons.wish), steering

    def _steering(
        self,
        model: Released,
        question: RecommendQuestion,
        profile: Profile | None,
        understood: Understood,
        now: datetime,
        depth: int,
        degraded: set[str],
    ) -> tuple[RankingQuery, Steering]:
        """What is asked of the ranking, with what the shopper wishes and prefers."""
        query, control = self._query(question, depth), self.shoppers.controls.of(question.user_id)
        steering = self.wishes.steer(question, query, understood, control, profile, model.bundle, now, degraded)
        return query, steering

    def find(
        self, question: RecommendQuestion, item_id: str, now: datetime, degraded: set[str]
    ) -> tuple[Profile | None, Chosen | None]:
        """An item of all that the question would be answered with now, and the profile it is for."""
        question = self.assigned(question, None).question
        profile, model = self.profile_of(question, now, degraded), self.models.needed()
        understood = self.wishes.understand(question, profile, model.bundle, degraded)
        query, steering = self._steering(model, question, profile, understood, now, 1, degraded)
        return profile, self.scenarios.find(model.bundle, profile, question, query, item_id, now, steering)

    def profile_of(self, question: RecommendQuestion, now: datetime, degraded: set[str]) -> Profile | None:
        """The shopper's or the visit's; None of one who is answered as if nothing were known of them."""
        if not self.assigned(question, None).personalised:
            return None
        return self._profile(self.models.needed(), question, None, now, degraded)

    def reasons(
        self, model: Released, question: RecommendQuestion, profile: Profile | None, found: Sequence[ScoredItem]
    ) -> Reasons:
        """What the answer says of why each item is there."""
        key, known = key_of(question, profile), self.known(profile)
        return self.explainer.reasons(key, model.model_version, found, known, question.language)

    def similar(self, question: SimilarQuestion, now: datetime) -> SimilarAnswer:
        model = self.models.needed()
        if question.item_id not in model.bundle.catalogue.index:
            known = question.item_id in self.shelf
            message = "is not in the model yet" if known else "is not in the catalogue"
            remedy = "The next retrain takes it in." if known else "Check the id, or import the item."
            raise Problem("item_id", f"item {question.item_id!r} {message}", remedy, 404)
        found = self.scenarios.alike(model.bundle, question, question.n + 10, now)
        shown = [one for one in found if self.shelf.shown(one.item_id, now)][: question.n]
        # what links two items most is named, not what reads best
        nobody = self.known(None)
        items = [self._item(one, explain(nobody, one.item_id, one.evidence[:1], question.language)) for one in shown]
        degraded = sorted(self._degraded().union(model.missing))
        self._count("similar", degraded)
        return SimilarAnswer(
            item_id=question.item_id, model_version=model.model_version, degraded=degraded, items=items
        )

    def profile(self, question: ProfileQuestion, now: datetime) -> ProfileAnswer:
        model, degraded = self.models.needed(), self._degraded()
        profile = self.shoppers.profile(model.bundle, question.user_id, now, degraded)
        degraded.update(model.missing)
        self._count("profile", degraded)
        control = self.shoppers.controls.of(question.user_id)
        if not control.personalised:
            remedy = "They may consent again: /profile/consent."
            raise Problem("user_id", "this shopper doesn't consent to personalisation: no profile is kept", remedy, 404)
        if profile is None and (away := degraded.difference(model.missing)):
            raise Problem("user_id", f"{' and '.join(sorted(away))} away", "Ask again in a moment.", 503)
        if profile is None:
            raise Problem(
                "user_id",
                f"nothing is known of shopper {question.user_id!r}",
                "Check the id, or post an event of theirs.",
                404,
            )
        return readable(profile, control, self.shelf.title, question.language, sorted(degraded))

    def sentences_came(self, key: Key) -> None:
        """New sentences are in the answers from here on: the lists that were made without them go."""
        made = self.prepare(key.user_id, datetime.now(UTC), anew=True) if key.user_id else None
        self.lists.forget(key.user_id, but=made)

    def forget(self, user_id: str) -> None:
        """Drops what this worker's memory holds of a shopper."""
        self.explainer.forget(user_id)
        self.lists.forget(user_id)
        self.shoppers.just_built.forget(user_id)
        self.traffic.forget(user_id)
        self.wishes.sessions.forget(user_id)

    def remembered(self) -> set[str]:
        """The shoppers of whom this worker's memory holds something."""
        parts = (self.lists, self.explainer, self.shoppers.just_built, self.traffic, self.wishes.sessions)
        return {user_id for part in parts for user_id in part.users()}

    def _degraded(self) -> set[str]:
        return set() if self.catalogue_current else {"database"}

    def _count(self, endpoint: str, degraded: Iterable[str]) -> None:
        for part in degraded:
            meters().degraded.labels(endpoint, part).inc()

    def _profile(
        self,
        model: Released,
        question: RecommendQuestion,
        mark: ProfileMark | None,
        now: datetime,
        degraded: set[str],
    ) -> Profile | None:
        if question.user_id is not None:
            return self.shoppers.profile(model.bundle, question.user_id, now, degraded, mark)
        if question.session_id is not None:
            return self.shoppers.session_profile(model.bundle, question.session_id, now, degraded)
        return None

    def _query(self, question: RecommendQuestion, depth: int) -> RankingQuery:
        control = self.shoppers.controls.of(question.user_id)
        return RankingQuery(
            n=depth,
            context_item_ids=tuple(question.context_item_ids),
            exclude=self.shelf.withdrawn.union(question.exclude),
            categories=frozenset(question.categories),
            brands=frozenset(question.brands),
            without_categories=control.categories,
            without_brands=control.brands,
            price_min=question.price_min,
            price_max=question.price_max,
            include_bought=self._with_bought(question),
        )

    def _with_bought(self, question: RecommendQuestion) -> bool:
        return self.include_bought if question.include_bought is None else question.include_bought

    def _is_plain(self, question: RecommendQuestion) -> bool:
        """Whether it is answered from the top of a list that serves again."""
        as_set = self._with_bought(question) == self.include_bought
        steered = is_planned(question) or self.wishes.is_steered(question)
        return as_set and not question.context_item_ids and not steered

    def known(self, profile: Profile | None, until: datetime | None = None) -> Known:
        """What a sentence may say of the shopper, of what they did before a moment if one is given."""
        history = None if profile is None else profile.history if until is None else profile.history.until(until)
        return Known(self.shelf.title, Doings(history) if history is not None else {})

    def _item(self, scored: ScoredItem, reason: str) -> ItemAnswer:
        item = self.shelf.get(scored.item_id)
        return ItemAnswer(
            item_id=scored.item_id,
            title=self.shelf.title(scored.item_id),
            score=scored.score,
            price=item.price if item is not None else None,
            **(item.card if item is not None else {}),
            reason=reason,
            explained_by="template",
            evidence=[EvidenceAnswer.of(one) for one in scored.evidence],
            rules=[],
        )


def _ignored(model: Released, question: RecommendQuestion) -> list[str]:
    """What is in the context, and the model doesn't know."""
    index = model.bundle.catalogue.index
    return list(dict.fromkeys(item_id for item_id in question.context_item_ids if item_id not in index))


def _of(mark: ProfileMark, profile: Profile | None) -> bool:
    """Whether it is the profile that the mark stands for, by whichever model it was built."""
    mine = mark_of(profile) if profile is not None else None
    return mine is not None and (mine.version, mine.as_of_us) == (mark.version, mark.as_of_us)
