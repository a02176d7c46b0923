"""The answers of the service: recommendations, similar items and profiles, each with its reasons.

It knows profiles, the model in service and the live catalogue, no HTTP; `response` tells what `list_ranker` ranked.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from features.online import ProfileMark
from recommender.profiles.profile import Profile
from recommender.scenarios.base import Chosen
from recommender.steering.constraints import Understood
from recommender.tracing import span
from services.core.errors import Problem
from services.core.metrics import meters, stage
from services.core.waiting_callers import Traffic
from services.explain.sentence_requests import Key
from services.profiles.repository import Shoppers
from services.profiles.view import readable
from services.recommend.experiments import Assigned, Assignment, Experiments
from services.recommend.list_cache import ListKey, Lists, Ranked, count
from services.recommend.list_ranker import DEPTH, ListRanker, RankRequest, excluded, is_of
from services.recommend.response import NOTHING_MORE, ResponseWriter
from services.recommend.similar import find_similar
from services.recommend.trial import Trial
from services.schemas.profile import ProfileRequest, ProfileResponse
from services.schemas.recommend import RecommendRequest, RecommendResponse, SimilarRequest, SimilarResponse
from services.schemas.wish import WishKept
from services.state.catalog_cache import LiveItems
from services.state.model import ModelInService, Released
from services.wishes.wishes import answered, check

Shown = Callable[[RecommendRequest, Sequence[str], datetime, bool], None]
KeepWish = Callable[[str, Understood, datetime, set[str]], WishKept]

AGAIN = "They may consent again: /profile/consent."


@dataclass(slots=True)
class RecommendService:
    """Answers for the shop."""

    live_items: LiveItems
    models: ModelInService
    shoppers: Shoppers
    writer: ResponseWriter
    ranker: ListRanker
    trial: Trial
    traffic: Traffic = field(default_factory=Traffic)
    experiments: Experiments = field(default_factory=Experiments)
    keep_wish: KeepWish | None = None  # for good
    shown: Shown = lambda request, item_ids, now, personalised: None  # told what somebody was just shown
    catalogue_current: bool = True  # set by the watcher: whether the items table could be read last

    @property
    def lists(self) -> Lists:
        """The lists that are kept."""
        return self.ranker.lists

    def recommend(self, request: RecommendRequest, now: datetime) -> RecommendResponse:
        """g for whoever asks; recorded as shown."""
        return RecommendResponse.model_validate_json(self.recommend_json(request, now))

    def recommend_json(self, request: RecommendRequest, now: datetime) -> bytes:
        """The same, as it is sent."""
        mark = self.shoppers.mark(request.user_id) if request.user_id is not None else None
        return self.at_once(request, mark, now) or self.made_json(request, mark, now)

    def made_json(self, request: RecommendRequest, mark: ProfileMark | None, now: datetime) -> bytes:
        """The answer of which no list is ready, by the mark of the shopper's profile."""
        self.traffic.came()
        self.models.needed()
        check_prices(request)
        check(request)
        assigned, kept = self.assigned(request, mark), list[WishKept]()
        return self.trial.answered(request, lambda model, degraded: self._made(model, assigned, now, degraded, kept))

    def _made(
        self, model: Released, assigned: Assigned, now: datetime, degraded: set[str], kept: list[WishKept]
    ) -> bytes:
        """The answer by a model."""
        degraded |= self._degraded()
        request, mark = assigned.request, assigned.mark
        with span("profile"), stage("profile").time():
            profile = self._profile(model, request, mark, now, degraded) if assigned.personalised else None
        details, rank_request = NOTHING_MORE, RankRequest(model, request, profile, now, request.n)
        if self.ranker.wishes.is_steered(request):
            ranked, details, profile = self._wished(rank_request, degraded, kept)
        else:
            ranked = self.ranker.kept(rank_request, mark, bool(degraded))
        version, ignored = (profile.version or None) if profile else None, _ignored(model, request)
        return self._respond(request, ranked, model, version, degraded, now, ignored, assigned.assignment, details)

    def _wished(
        self, rank_request: RankRequest, degraded: set[str], kept: list[WishKept]
    ) -> tuple[Ranked, Mapping[str, object], Profile | None]:
        """What answers a wish, of which no list is kept; what holds longer than the request is kept first, once."""
        request, model, profile, now = rank_request.request, rank_request.model, rank_request.profile, rank_request.now
        wishes = self.ranker.wishes
        understood = wishes.understand(request, profile, model.bundle, degraded)
        if request.wish_scope == "session" and request.session_id is not None:
            wishes.sessions.keep(request.session_id, request.user_id, understood, now)
        if request.wish_scope == "profile" and request.user_id is not None and self.keep_wish is not None:
            kept[:] = kept or [self.keep_wish(request.user_id, understood, now, degraded)]
            profile = self._profile(model, request, None, now, degraded) if profile is not None else None
        ranked, steering = self.ranker.rank(replace(rank_request, profile=profile, understood=understood), degraded)
        details = {"understood": answered(steering).model_dump(), "wish_kept": kept[0].model_dump() if kept else None}
        return ranked, details, profile

    def at_once(self, request: RecommendRequest, mark: ProfileMark | None, now: datetime) -> bytes | None:
        """The answer if its list is ready, by the mark of the shopper's profile; None when it has to be made."""
        self.traffic.note_request(request.user_id)
        model, assigned = self.trial.model_of(request), self.assigned(request, mark)
        request, mark = assigned.request, assigned.mark
        known = mark is not None or (request.user_id is None and request.session_id is None)
        if (
            model is None
            or not known
            or not assigned.personalised
            or not self.catalogue_current
            or not self.ranker.is_plain(request)
        ):
            return None
        ranked = self.lists.get(self.ranker.key(model, request, mark, now))
        left = ranked.without(excluded(model, request), request.n) if ranked is not None else None
        if left is None:
            return None
        count("hit")
        version = (mark.version or None) if mark else None
        return self._respond(request, left, model, version, (), now, assignment=assigned.assignment)

    def assigned(self, request: RecommendRequest, mark: ProfileMark | None) -> Assigned:
        """The request as it is answered: by the arm of who asks while an experiment runs."""
        return self.experiments.assign(request, mark, self.shoppers.controls.of(request.user_id).personalised)

    def _respond(
        self,
        request: RecommendRequest,
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
        if ranked.missing_sentences is not None:
            self.ranker.explainer.enqueue(ranked.missing_sentences)
        degraded = sorted({*away, *model.missing})
        self._count("recommend", degraded)
        if self.models.canary is not None:
            self.shown(request, [place.item_id for place in ranked.places[: request.n]], now, self._consents(request))
        shown = (request, ranked, model.model_version, profile_version, degraded, now, ignored, assignment)
        return self.writer.write(*shown, more)

    def prepare(self, user_id: str, now: datetime, anew: bool = False) -> ListKey | None:
        """Makes the list that a shopper is likely to ask for, if there is none, or `anew`; the key of what is there.

        One that is kept answers until the new one is there. None: it can't be made, or wouldn't last.
        """
        assigned = self.assigned(RecommendRequest(user_id=user_id), self.shoppers.mark(user_id))
        model, request, mark = self.trial.model_for(user_id), assigned.request, assigned.mark
        if model is None or mark is None or not self.lists.limit_bytes or not self.ranker.is_plain(request):
            return None
        key = self.ranker.key(model, request, mark, now)
        if anew or self.lists.get(key) is None:
            degraded: set[str] = set()
            profile = self._profile(model, request, mark, now, degraded)
            if degraded or not is_of(mark, profile):
                return None
            rank_request = RankRequest(model, request, profile, now, DEPTH)
            self.trial.precompute(model, lambda: self.ranker.keep(key, rank_request))
            count("ahead")
        return key

    def find(
        self, model: Released, request: RecommendRequest, item_id: str, now: datetime, degraded: set[str]
    ) -> tuple[Profile | None, Chosen | None]:
        """An item of all that the request would be answered with now by a model, and the profile it is for."""
        request = self.assigned(request, None).request
        profile = self.profile_of(model, request, now, degraded)
        understood = self.ranker.wishes.understand(request, profile, model.bundle, degraded)
        rank_request = RankRequest(model, request, profile, now, 1, understood)
        return profile, self.ranker.find(rank_request, item_id, degraded)

    def profile_of(
        self, model: Released, request: RecommendRequest, now: datetime, degraded: set[str]
    ) -> Profile | None:
        """The shopper's or the visit's; None of one who is answered as if nothing were known of them."""
        if not self.assigned(request, None).personalised:
            return None
        return self._profile(model, request, None, now, degraded)

    def would_show(self, model: Released, request: RecommendRequest, now: datetime) -> list[str]:
        """The items that a model would answer with, which are shown to nobody."""
        profile = self.profile_of(model, request, now, set())
        found, _ = self.ranker.rank(RankRequest(model, request, profile, now, request.n), set())
        return [place.item_id for place in found.places]

    def similar(self, request: SimilarRequest, now: datetime) -> SimilarResponse:
        """By the promoted model: nobody is named who could have part in a canary."""
        model = self.models.needed()
        items = find_similar(model, request, now, self.ranker)
        degraded = sorted(self._degraded().union(model.missing))
        self._count("similar", degraded)
        return SimilarResponse(
            item_id=request.item_id, model_version=model.model_version, degraded=degraded, items=items
        )

    def profile(self, request: ProfileRequest, now: datetime) -> ProfileResponse:
        """The profile for people; a `Problem` where none is known or consented to (404), or a part is away (503)."""

        def read(model: Released, degraded: set[str]) -> tuple[Profile | None, set[str], tuple[str, ...]]:
            degraded |= self._degraded()
            profile = self.shoppers.profile(model.bundle, request.user_id, now, degraded)
            return profile, degraded.union(model.missing), model.missing

        profile, degraded, missing = self.trial.answered_for(request.user_id, None, read)
        self._count("profile", degraded)
        control = self.shoppers.controls.of(request.user_id)
        if not control.personalised:
            raise Problem("user_id", "this shopper doesn't consent to personalisation: no profile is kept", AGAIN, 404)
        if profile is None and (away := degraded.difference(missing)):
            raise Problem("user_id", f"{' and '.join(sorted(away))} away", "Ask again in a moment.", 503)
        if profile is None:
            raise Problem(
                "user_id",
                f"nothing is known of shopper {request.user_id!r}",
                "Check the id, or post an event of theirs.",
                404,
            )
        title = self.live_items.titles_in(request.language)
        return readable(profile, control, title, request.language, sorted(degraded))

    def sentences_came(self, key: Key) -> None:
        """New sentences are in the answers from here on: the lists that were made without them go."""
        made = self.prepare(key.user_id, datetime.now(UTC), anew=True) if key.user_id else None
        self.lists.forget(key.user_id, but=made)

    def forget(self, user_id: str) -> None:
        """Drops what this worker's memory holds of a shopper."""
        self.ranker.explainer.forget(user_id)
        self.lists.forget(user_id)
        self.shoppers.just_built.forget(user_id)
        self.traffic.forget(user_id)
        self.ranker.wishes.sessions.forget(user_id)

    def remembered(self) -> set[str]:
        """The shoppers of whom this worker's memory holds something."""
        parts = (
            self.lists,
            self.ranker.explainer,
            self.shoppers.just_built,
            self.traffic,
            self.ranker.wishes.sessions,
        )
        return {user_id for part in parts for user_id in part.users()}

    def _consents(self, request: RecommendRequest) -> bool:
        return self.shoppers.controls.of(request.user_id).personalised

    def _degraded(self) -> set[str]:
        return set() if self.catalogue_current else {"database"}

    def _count(self, endpoint: str, degraded: Iterable[str]) -> None:
        for part in degraded:
            meters().degraded.labels(endpoint, part).inc()

    def _profile(
        self,
        model: Released,
        request: RecommendRequest,
        mark: ProfileMark | None,
        now: datetime,
        degraded: set[str],
    ) -> Profile | None:
        if request.user_id is not None:
            return self.shoppers.profile(model.bundle, request.user_id, now, degraded, mark)
        if request.session_id is not None:
            return self.shoppers.session_profile(model.bundle, request.session_id, now, degraded)
        return None


def check_prices(request: RecommendRequest) -> None:
    """A `Problem` where nothing can cost what is asked for."""
    low, high = request.price_min, request.price_max
    if low is not None and high is not None and low > high:
        raise Problem("price_min", "above price_max", "Swap them, or leave one out.")


def _ignored(model: Released, request: RecommendRequest) -> list[str]:
    """What is in the context, and the model doesn't know."""
    index = model.bundle.catalogue.index
    return list(dict.fromkeys(item_id for item_id in request.context_item_ids if item_id not in index))
