"""Ranks the list that an answer is taken from, keeps the lists that serve again, and says why each item is in one.

It knows the scenarios, what shoppers wish and muted, and the kept lists; whose profile it is, and what is told of a
list, others know.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from features.online import ProfileMark
from recommender.explain.templates import SentenceContext, ShopperEvents
from recommender.profiles.profile import Profile
from recommender.profiles.user_state import disliked_rows_of
from recommender.ranking.pipeline import RankingQuery, ScoredItem
from recommender.scenarios.base import Chosen
from recommender.steering.constraints import Understood
from recommender.tracing import span
from services.core.metrics import stage
from services.explain.sentence_requests import Reasons, key_of
from services.explain.worker import Explainer
from services.profiles.recent_cache import mark_of
from services.recommend.list_cache import Filters, KeptEvidence, ListKey, Lists, Ranked, count, hour_of
from services.recommend.llm_rerank import LlmReranker
from services.recommend.response import place_of
from services.recommend.scenarios import Scenarios, is_planned
from services.schemas.recommend import RecommendRequest
from services.state.catalog_cache import LiveItems
from services.state.model import Released
from services.state.preferences import Controls
from services.wishes.steering import NOTHING_WISHED, Steering
from services.wishes.wishes import Wishes

NO_FILTERS = Filters()
DEPTH = 24  # places of a list that is kept: an answer's, and some for what is excluded


@dataclass(frozen=True, slots=True)
class RankRequest:
    """A request with all that its list is ranked from; `depth` is how many places are wanted."""

    model: Released
    request: RecommendRequest
    profile: Profile | None
    now: datetime
    depth: int
    understood: Understood = NOTHING_WISHED


@dataclass(slots=True)
class ListRanker:
    """Makes and keeps ranked lists."""

    live_items: LiveItems
    controls: Controls
    scenarios: Scenarios
    explainer: Explainer
    wishes: Wishes
    lists: Lists = field(default_factory=lambda: Lists(0))
    include_bought: bool = False  # where a request doesn't say: what is had and hardly ever bought twice
    colleague: LlmReranker | None = None  # who puts kept lists of shoppers into another order

    def rank(self, rank_request: RankRequest, degraded: set[str]) -> tuple[Ranked, Steering]:
        """The best places with their reasons, and what the wish did to them."""
        model, request, profile = rank_request.model, rank_request.request, rank_request.profile
        with span("rank", model_version=model.model_version), stage("rank").time():
            query, steering = self._steer(rank_request, degraded)
            page = self.scenarios.page(model.bundle, profile, request, query, rank_request.now, steering)
        with span("reasons"), stage("reasons").time():
            reasons = self.reasons(model, request, profile, [one.item for one in page.items])
            worded = ({"reason": reason, "explained_by": by} for reason, by in reasons.sentences)
            places = tuple(place_of(one, reason) for one, reason in zip(page.items, worded, strict=True))
        kept = KeptEvidence(request.user_id, request.session_id)
        return Ranked(places, not page.more, kept, reasons.missing), steering

    def find(self, rank_request: RankRequest, item_id: str, degraded: set[str]) -> Chosen | None:
        """An item of all pages that the request would be answered with."""
        query, steering = self._steer(rank_request, degraded)
        return self.scenarios.find(
            rank_request.model.bundle,
            rank_request.profile,
            rank_request.request,
            query,
            item_id,
            rank_request.now,
            steering,
        )

    def kept(self, rank_request: RankRequest, mark: ProfileMark | None, degraded: bool) -> Ranked:
        """The list for this request, made unless it is there or under way for another; kept if it serves again."""
        count("miss")
        request, profile = rank_request.request, rank_request.profile
        lasting = profile is None if mark is None else is_of(mark, profile)
        if profile is None and self.controls.of(request.user_id).says_any:
            lasting = False  # nobody's list is for all
        if lasting and not degraded and self.is_plain(request):
            nobodys = {} if profile else {"user_id": None, "session_id": None}  # it says nothing of whoever asks
            plain, depth = request.model_copy(update={"exclude": [], **nobodys}), max(DEPTH, request.n)
            key = self.key(rank_request.model, plain, mark, rank_request.now)
            ranked = self.lists.get(key)
            if ranked is None or (len(ranked.places) < depth and not ranked.whole):
                ranked = self.keep(key, RankRequest(rank_request.model, plain, profile, rank_request.now, depth))
            left = ranked.without(excluded(rank_request.model, request), request.n)
            if left is not None:
                return left
        return self.rank(rank_request, set())[0]

    def keep(self, key: ListKey, rank_request: RankRequest) -> Ranked:
        """Ranks the list of a key, once for all who ask meanwhile, and keeps it."""
        ranked, profile = self.lists.once(key, lambda: self.rank(rank_request, set())[0]), rank_request.profile
        if self.colleague is None or profile is None:
            return ranked
        catalogue = rank_request.model.bundle.catalogue
        disliked = disliked_rows_of(profile.history, catalogue, int(rank_request.now.timestamp()))
        unwanted = {"", *catalogue.ids[disliked].tolist()}
        latest = [item_id for item_id in reversed(profile.history.item_ids.tolist()) if item_id not in unwanted]
        return self.colleague.offer(key, ranked, latest)

    def key(self, model: Released, request: RecommendRequest, mark: ProfileMark | None, now: datetime) -> ListKey:
        """Everything that the request's list is made from."""
        user_id, filters = request.user_id or "", NO_FILTERS
        if request.categories or request.brands or request.price_min is not None or request.price_max is not None:
            filters = Filters(
                frozenset(request.categories),
                frozenset(request.brands),
                request.price_min,
                request.price_max,
                model.generation,
            )
        hour = hour_of(user_id, now.timestamp())
        control = self.controls.of(request.user_id)
        return ListKey(
            user_id, mark, model.model_version, self.live_items.epoch, hour, request.language, filters, control
        )

    def is_plain(self, request: RecommendRequest) -> bool:
        """Whether it is answered from the top of a list that serves again."""
        as_set = self._with_bought(request) == self.include_bought
        steered = is_planned(request) or self.wishes.is_steered(request)
        return as_set and not request.context_item_ids and not steered

    def reasons(
        self, model: Released, request: RecommendRequest, profile: Profile | None, found: Sequence[ScoredItem]
    ) -> Reasons:
        """What the answer says of why each item is there."""
        key, known = key_of(request, profile), self.known(profile, language=request.language)
        return self.explainer.reasons(key, model.model_version, found, known, request.language)

    def known(
        self, profile: Profile | None, until: datetime | None = None, language: str | None = None
    ) -> SentenceContext:
        """What a sentence may say of the shopper, of what they did before a moment if one is given."""
        history = None if profile is None else profile.history if until is None else profile.history.until(until)
        return SentenceContext(
            self.live_items.titles_in(language), ShopperEvents(history) if history is not None else {}
        )

    def _steer(self, rank_request: RankRequest, degraded: set[str]) -> tuple[RankingQuery, Steering]:
        """What is asked of the ranking, with what the shopper wishes and prefers."""
        request, bundle = rank_request.request, rank_request.model.bundle
        query, control = self._query(rank_request.model, request, rank_request.depth), self.controls.of(request.user_id)
        steering = self.wishes.steer(
            request, query, rank_request.understood, control, rank_request.profile, bundle, rank_request.now, degraded
        )
        return query, steering

    def _query(self, model: Released, request: RecommendRequest, depth: int) -> RankingQuery:
        control = self.controls.of(request.user_id)
        return RankingQuery(
            n=depth,
            context_item_ids=tuple(request.context_item_ids),
            exclude=self.live_items.withdrawn.union(excluded(model, request)),
            categories=frozenset(request.categories),
            brands=frozenset(request.brands),
            without_categories=control.categories,
            without_brands=control.brands,
            price_min=request.price_min,
            price_max=request.price_max,
            include_bought=self._with_bought(request),
        )

    def _with_bought(self, request: RecommendRequest) -> bool:
        return self.include_bought if request.include_bought is None else request.include_bought


def excluded(model: Released, request: RecommendRequest) -> Collection[str]:
    """What the request excludes, and what a shopper can't tell from it."""
    return model.bundle.catalogue.with_duplicates(request.exclude)


def is_of(mark: ProfileMark, profile: Profile | None) -> bool:
    """Whether it is the profile that the mark stands for, by whichever model it was built."""
    own_mark = mark_of(profile) if profile is not None else None
    return own_mark is not None and (own_mark.version, own_mark.as_of_us) == (mark.version, mark.as_of_us)
