"""The BentoML service: its endpoints and its life. What they answer is made in `answers` and `intake`.

`zhiyin serve` starts it as it is meant to run; `bentoml serve services.app:Recommender` works too.
"""

import functools
import gc
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import bentoml
from starlette.exceptions import HTTPException
from starlette.responses import Response

from recommender import __version__
from recommender.settings import get_settings
from recommender.tracing import stop_tracing
from services.core.errors import Problem, ProblemMiddleware
from services.core.logging import configure_service_logs
from services.fast_path import FastPath, Ready
from services.http.auth import Door, Gate
from services.http.cors import Cors
from services.http.load_shedding import API_THREADS, Shedding
from services.http.request_traces import RequestTraces
from services.http.sse import answering_later, streamed
from services.operations.bento import bento_model, hold_bento, make_home, serving_image
from services.operations.openapi import ENDPOINTS, accurate
from services.operations.presence import RUN, hold
from services.schemas.assistant import AssistantRequest, AssistantResponse
from services.schemas.events import EventsRequest, EventsResponse
from services.schemas.explain import ExplainRequest, ExplainResponse
from services.schemas.offers import OffersRequest, OffersResponse
from services.schemas.privacy import (
    ConsentRequest,
    ConsentResponse,
    EraseResponse,
    ExportResponse,
    MuteRequest,
    MuteResponse,
    RemoveEventRequest,
    RemoveEventResponse,
    ShopperRequest,
)
from services.schemas.profile import ProfileRequest, ProfileResponse
from services.schemas.recommend import RecommendRequest, RecommendResponse, SimilarRequest, SimilarResponse
from services.schemas.search import SearchRequest, SearchResponse
from services.schemas.wish import UndoRequest, UndoResponse, WishRequest, WishResponse
from services.storefront.pages import Site
from services.storefront.routes import make_site

P = ParamSpec("P")
T = TypeVar("T")
THREADS = 3  # of a kind of work; Python runs one at a time: more of them wait for each other and lengthen the tail
SECONDS_AN_ANSWER = 30
BENTOML_SECONDS = SECONDS_AN_ANSWER + 5  # ours is told in the documented shape; theirs is what never should be seen
COLLECT_AFTER = (20_000, 20, 100)  # new objects; thirty times what Python begins with
SWITCH_SECONDS = 0.001  # how long a thread at work keeps an answer waiting; Python's own is five times that

site, door, ready = make_site(), Door(), Ready()


def answering(method: Callable[P, T]) -> Callable[P, T]:
    """A `Problem` becomes the answer that tells of it."""

    @functools.wraps(method)
    def answered(*args: P.args, **kwargs: P.kwargs) -> Any:
        try:
            return method(*args, **kwargs)
        except Problem as problem:
            return problem.response()

    return answered


def sent(answer: bytes) -> Any:
    """An answer that is JSON already; BentoML sends a response as it is, whatever the signature promises."""
    return Response(answer, media_type="application/json")


@bentoml.service(name="recommender", image=serving_image(), threads=API_THREADS, traffic={"timeout": BENTOML_SECONDS})
class Recommender:
    """Zhiyin: recommendations from one profile a shopper, which each event updates."""

    own_model = bento_model()

    def __init__(self) -> None:
        from services.container import Shop  # heavy: only a worker needs it, not the process that starts workers

        configure_service_logs(get_settings().log_level)
        self.bento = hold_bento(served.bento)
        self.shop = Shop(get_settings(), Path(self.own_model.path) if self.own_model else None)
        self.shop.open()
        site.state.site = Site(self.shop, document)
        ready.open(self.shop.answers, self.shop.intake)
        door.open(self.shop.settings, self.shop.callers)
        settle()
        self.presence = hold(self.shop.settings.root / RUN / str(self.shop.settings.service_port))

    def __is_ready__(self) -> bool:
        if reason := self.shop.unready:
            raise HTTPException(503, f"not ready: {reason}\n")
        return True

    @bentoml.on_deployment
    @staticmethod
    def prepare() -> None:
        """Once, before the workers start."""
        if (model := bento_model()) is not None:
            make_home(get_settings(), Path(model.resolve().path))

    @bentoml.on_shutdown
    def close(self) -> None:
        """What was shown and not yet written is written."""
        self.shop.close()
        stop_tracing()

    @bentoml.api
    @answering
    def recommend(self, request: RecommendRequest, /) -> RecommendResponse:
        """The best items for a shopper, a visit or nobody known, each with a true reason."""
        answer: RecommendResponse = sent(self.shop.answers.recommend_json(request, datetime.now(UTC)))
        return answer

    @bentoml.api
    @answering
    def similar(self, request: SimilarRequest, /) -> SimilarResponse:
        """Items like one item."""
        return self.shop.answers.similar(request, datetime.now(UTC))

    @bentoml.api
    @answering
    def search(self, request: SearchRequest, /) -> SearchResponse:
        """What answers a query by its words and its meaning, ordered for who asks, with facets."""
        return self.shop.searcher.search(request, datetime.now(UTC))

    @bentoml.api
    @answering
    def events(self, request: EventsRequest, /) -> EventsResponse:
        """Stores one to ten events and updates the profiles of their shoppers; the next answer shows it."""
        answer: EventsResponse = sent(self.shop.intake.take_json(request.events, datetime.now(UTC)))
        return answer

    @bentoml.api
    @answering_later
    async def explain(self, request: ExplainRequest, /) -> ExplainResponse:
        """One sentence on why an item is recommended to a shopper; streamed when asked."""
        explanations = self.shop.explanations
        answer: ExplainResponse = (
            streamed(await explanations.explain_in_pieces(request))
            if request.stream
            else await explanations.explain(request)
        )
        return answer

    @bentoml.api
    @answering_later
    async def assistant(self, request: AssistantRequest, /) -> AssistantResponse:
        """Customer service: the shop's FAQ, the shopper's own orders, the catalogue; or a person's help."""
        assisting = self.shop.assistant
        answer: AssistantResponse = (
            streamed(await assisting.answer_in_pieces(request)) if request.stream else await assisting.answer(request)
        )
        return answer

    @bentoml.api
    @answering
    def profile(self, request: ProfileRequest, /) -> ProfileResponse:
        """What the shop thinks a shopper likes, in words, with the events that show it."""
        return self.shop.answers.profile(request, datetime.now(UTC))

    @bentoml.api
    @answering
    def offers(self, request: OffersRequest, /) -> OffersResponse:
        """Coupons of live campaigns for a shopper, within consent and the frequency cap; recorded as shown."""
        return self.shop.offers.offer(request, datetime.now(UTC))

    @bentoml.api(route="/profile/mute")
    @answering
    def profile_mute(self, request: MuteRequest, /) -> MuteResponse:
        """Leaves a category or brand out of what a shopper is shown, or takes it in again."""
        return self.shop.privacy.mute(request, datetime.now(UTC))

    @bentoml.api(route="/profile/wish")
    @answering
    def profile_wish(self, request: WishRequest, /) -> WishResponse:
        """Keeps for good what a shopper says in words that they want and don't want; it can be undone."""
        return self.shop.wish_service.wish(request, datetime.now(UTC))

    @bentoml.api(route="/profile/undo")
    @answering
    def profile_undo(self, request: UndoRequest, /) -> UndoResponse:
        """Takes back what a shopper said by /profile/wish."""
        return self.shop.wish_service.undo(request, datetime.now(UTC))

    @bentoml.api(route="/profile/remove_event")
    @answering
    def profile_remove_event(self, request: RemoveEventRequest, /) -> RemoveEventResponse:
        """Takes one event out of everything that is known of a shopper; the profile is made anew without it."""
        return self.shop.privacy.remove_event(request, datetime.now(UTC))

    @bentoml.api(route="/profile/consent")
    @answering
    def profile_consent(self, request: ConsentRequest, /) -> ConsentResponse:
        """Gives or withdraws a shopper's consent to a purpose, or tells what they consent to."""
        return self.shop.privacy.consent(request, datetime.now(UTC))

    @bentoml.api(route="/profile/export")
    @answering
    def profile_export(self, request: ShopperRequest, /) -> ExportResponse:
        """Everything that is kept of a shopper, store by store."""
        return self.shop.privacy.export(request, datetime.now(UTC))

    @bentoml.api(route="/profile/erase")
    @answering
    def profile_erase(self, request: ShopperRequest, /) -> EraseResponse:
        """Removes a shopper from every store, for good; asked again, it tells how far it is."""
        return self.shop.privacy.erase(request, datetime.now(UTC))


def document() -> dict[str, Any]:
    """The OpenAPI document."""
    return accurate(served.openapi_spec.asdict(), __version__)


def settle() -> None:
    """What was loaded stays for good: the collector need not look at it again and again while shoppers wait."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
    sys.setswitchinterval(SWITCH_SECONDS)


served: Any = Recommender  # the decorator made a bentoml.Service of the class
served.mount_asgi_app(site, path="/", name="site")
# uvicorn puts the address that these name in the place of theirs; by itself it would believe everybody on this machine
os.environ["FORWARDED_ALLOW_IPS"] = get_settings().proxies
# the first is the outermost
served.add_asgi_middleware(RequestTraces)
served.add_asgi_middleware(Cors, door=door, origins=get_settings().allowed_origins)
served.add_asgi_middleware(Gate, door=door)
served.add_asgi_middleware(FastPath, ready=ready, threads=THREADS, seconds=SECONDS_AN_ANSWER)
served.add_asgi_middleware(Shedding, seconds=SECONDS_AN_ANSWER)
served.add_asgi_middleware(ProblemMiddleware, paths=frozenset(ENDPOINTS))
