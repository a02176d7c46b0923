"""The answers of `/search`: a query understood, found, ordered for who asks, and kept as an event when asked to.

It knows the index of the items, the model in service, profiles and the intake of events. It knows nothing of HTTP.
"""

import threading
import time
from dataclasses import dataclass, field, replace
from datetime import datetime

import structlog
from sqlalchemy.exc import SQLAlchemyError

from recommender.db.engine import session_scope
from recommender.profiles.profile import Profile
from recommender.search.fusion import WORDS_ALONE, Fusion
from recommender.search.index_refresh import IndexKeeper
from recommender.search.pipeline import Filters, Found, Hit, search
from recommender.search.query_understanding import Understood, understand
from recommender.search.search_index import Shopfront, wanted_attributes
from recommender.tracing import span
from recommender.utils.background_worker import BackgroundWorker
from services.core.errors import Problem
from services.core.metrics import meters, stage
from services.events.ingest import Intake
from services.events.storage import CONFLICT
from services.recommend.impressions import new_id
from services.recommend.service import RecommendService
from services.schemas.events import NewEvent
from services.schemas.recommend import RuleApplied
from services.schemas.search import FoundItem, SearchRequest, SearchResponse
from services.search.query_encoder import QueryReader
from services.search.response import as_facets, describe_shown_item, describe_understood
from services.state.model import Released

log = structlog.get_logger(__name__)
RESTS = 4.0  # for each second of work, so that a stream of changes leaves time to those who search
STARTS_WITHIN = 2.0  # seconds a search waits for the first index


@dataclass(slots=True)
class Searcher:
    """`open` keeps the index up in a thread of its own; `look` does one round."""

    answers: RecommendService
    intake: Intake
    reader: QueryReader
    changed: threading.Event = field(default_factory=threading.Event)  # set by the watcher: items, or the model
    with_sold_out: bool = False
    longest_rest_seconds: float = 1.0  # between two rounds
    _keeper: IndexKeeper = field(default_factory=IndexKeeper)
    _fronts: dict[str, Shopfront] = field(default_factory=dict)  # by the model's version
    _there: threading.Event = field(default_factory=threading.Event)
    _worker: BackgroundWorker = field(init=False)

    def __post_init__(self) -> None:
        self._worker = BackgroundWorker("search-index", self._round)

    def open(self) -> None:
        """Starts the thread that keeps the index up; its first round begins at once."""
        self.changed.set()
        self._worker.start()

    def close(self) -> None:
        """Ends the reader of queries, then the thread, after a while's wait for the round that is under way."""
        self.reader.close()
        self._worker.end()
        self.changed.set()
        self._worker.stop()

    def _round(self) -> float:
        self.changed.wait()
        self.changed.clear()
        began = time.monotonic()
        try:
            if not self._worker.is_stopping:
                self.look()
        except Exception:  # an index that can't be made now is tried again; what is there goes on
            self.changed.set()
            raise
        return min(self.longest_rest_seconds, RESTS * (time.monotonic() - began))

    def look(self) -> None:
        """Takes in what changed among the items, and has the encoder of the model in service loaded."""
        if self.answers.models.current is not None:
            self.reader.follow(self.answers.models.current.bundle.manifest.encoder_id)
        try:
            with session_scope(self.intake.engine) as session:
                self._keeper.refresh(session)
            self._there.set()
        except SQLAlchemyError as failure:
            log.warning("the search index stays as it is", reason=str(failure).splitlines()[0])
            self.changed.set()

    def front(self, model: Released | None = None) -> Shopfront:
        """The index beside a model; beside the one in service where none is named."""
        model = model or self.answers.models.needed()
        self.reader.follow(model.bundle.manifest.encoder_id)
        if not self._there.wait(STARTS_WITHIN) or self._keeper.index is None:
            raise Problem("query", "the items are being indexed", "Ask again in a moment.", 503)
        front = self._fronts.get(model.model_version)
        if front is None or front.index is not self._keeper.index or front.bundle is not model.bundle:
            front = Shopfront(self._keeper.index, model.bundle)
            self._fronts = {**self._in_use(), model.model_version: front}
        return front

    def _in_use(self) -> dict[str, Shopfront]:
        """Without those of models that answer nobody any more."""
        models = self.answers.models
        there = (models.current, models.canary.released if models.canary is not None else None)
        versions = {model.model_version for model in there if model is not None}
        return {version: front for version, front in self._fronts.items() if version in versions}

    def search(self, request: SearchRequest, now: datetime) -> SearchResponse:
        """A page for who asks, recorded as shown; a `Problem` for what makes no sense, or until there is an index."""
        _check(request)
        answer = self.answers.trial.answered(
            request, lambda model, degraded: self._answer(model, request, now, degraded)
        )
        self._record_shown(request, answer, now)
        return answer

    def _answer(self, model: Released, request: SearchRequest, now: datetime, degraded: set[str]) -> SearchResponse:
        front = self.front(model)
        degraded.update(self._degraded().union(model.missing))
        profile = self._profile(front, request, now, degraded)
        query = understand(front.index, request.query, self.reader.is_word, front.bundle.manifest.query_words)
        found = self._find(front, request, query, profile, self._filters(request), now, degraded)
        recorded = self._record_event(request, now, degraded)
        for part in degraded:
            meters().degraded.labels("search", part).inc()
        items = [
            self._item(hit, request)
            for hit in found.hits
            if self.answers.live_items.shown(hit.item_id, now, self.with_sold_out)
        ]
        upto = request.offset + len(found.hits)
        return SearchResponse(
            recommendation_id=new_id(now),
            query=request.query,
            corrected=query.corrected,
            excluded=list(query.excluded),
            understood=describe_understood(query, found),
            total=found.total,
            next_offset=upto if found.hits and upto < found.total else None,
            model_version=front.bundle.model_version,
            profile_version=(profile.version or None) if profile else None,
            recorded=recorded,
            degraded=sorted(degraded),
            items=items,
            facets=as_facets(found.facets),
        )

    def find(self, request: SearchRequest, now: datetime, degraded: set[str]) -> tuple[Understood, Found]:
        """What a query finds for who asks, with what is sold out; kept neither as an event nor as shown.

        A `Problem` until there is an index or anything to answer with; what was away is added to `degraded`.
        """
        model = self.answers.models.needed()
        front = self.front(model)
        degraded.update(self._degraded())
        query = understand(front.index, request.query, self.reader.is_word, front.bundle.manifest.query_words)
        filters = replace(self._filters(request), with_sold_out=True)
        profile = self._profile(front, request, now, degraded)
        return query, self._find(front, request, query, profile, filters, now, degraded)

    def _degraded(self) -> set[str]:
        return set() if self.answers.catalogue_current else {"database"}

    def _find(
        self,
        front: Shopfront,
        request: SearchRequest,
        query: Understood,
        profile: Profile | None,
        filters: Filters,
        now: datetime,
        degraded: set[str],
    ) -> Found:
        reading = None
        if query.text and not self.reader.reads(query.text):
            degraded.add("language")
        elif query.text:  # else it only says what is not wanted, or a price
            with span("understand query"), stage("read").time():
                reading = self.reader.read(query.text, front.bundle, query.is_real)
            if reading is None:
                degraded.add("encoder")
        fusion = Fusion(least=reading.least) if reading is not None else WORDS_ALONE
        with span("search"), stage("search").time():
            return search(
                front,
                query,
                reading.vector if reading is not None else None,
                profile,
                filters,
                now,
                request.n,
                request.offset,
                fusion,
                self.answers.ranker.scenarios.rules,
            )

    def _profile(self, front: Shopfront, request: SearchRequest, now: datetime, degraded: set[str]) -> Profile | None:
        shoppers = self.answers.shoppers
        with span("profile"), stage("profile").time():
            if request.user_id is not None:
                return shoppers.profile(front.bundle, request.user_id, now, degraded)
            if request.session_id is not None:
                return shoppers.session_profile(front.bundle, request.session_id, now, degraded)
        return None

    def _filters(self, request: SearchRequest) -> Filters:
        control = self.answers.shoppers.controls.of(request.user_id)
        return Filters(
            without_categories=control.categories,
            without_brands=control.brands,
            categories=frozenset(request.categories),
            brands=frozenset(request.brands),
            price_min=request.price_min,
            price_max=request.price_max,
            attributes=wanted_attributes(request.attributes),
            kinds=frozenset(request.kinds),
            exclude=frozenset(request.exclude),
            with_sold_out=self.with_sold_out,
        )

    def _record_event(self, request: SearchRequest, now: datetime, degraded: set[str]) -> bool:
        """The first page of a query by somebody is what they did; without an id it could be counted twice."""
        somebody = request.user_id is not None or request.session_id is not None
        if request.event_id is None or not request.record or not somebody:
            return False
        event = NewEvent(
            event_id=request.event_id,
            user_id=request.user_id,
            session_id=request.session_id,
            event_type="search",
            text=request.query,
        )
        try:
            degraded.update(part for part in self.intake.take([event], now).degraded if part == "online_store")
        except Problem as problem:
            if problem.status == CONFLICT:
                raise Problem("event_id", problem.message, problem.remedy, CONFLICT) from None
            degraded.add("database")
            return False
        return True

    def _item(self, hit: Hit, request: SearchRequest) -> FoundItem:
        item = self.answers.live_items.items[hit.item_id].shown_in(request.language, request.currency)
        return FoundItem(
            item_id=hit.item_id,
            kind=hit.kind,
            title=item.title,
            brand=item.brand,
            categories=[str(part) for part in item.categories],
            price=item.price,
            **item.card,
            score=hit.score,
            sold_out=item.sold_out,
            found_by=list(hit.found_by),
            matched=list(hit.matched),
            rules=[RuleApplied(rule_id=rule.rule_id, action=rule.action) for rule in hit.rules],
        )

    def _record_shown(self, request: SearchRequest, answer: SearchResponse, now: datetime) -> None:
        nameless = not self.answers.shoppers.controls.of(request.user_id).personalised  # counted, but as nobody's
        self.answers.writer.impressions.record(
            {
                "recommendation_id": answer.recommendation_id,
                "user_id": None if nameless else request.user_id,
                "session_id": None if nameless else request.session_id,
                "scenario": "search",
                "model_version": answer.model_version,
                "profile_version": answer.profile_version,
                "items": [describe_shown_item(item) for item in answer.items],
                "time": now,
            }
        )


def _check(request: SearchRequest) -> None:
    if not request.query.strip():
        raise Problem("query", "is blank", "Give the words to look for.")
    if request.price_min is not None and request.price_max is not None and request.price_min > request.price_max:
        raise Problem("price_min", "above price_max", "Swap them, or leave one out.")
    if request.event_id is not None and request.user_id is None and request.session_id is None:
        raise Problem("user_id", "the search belongs to nobody", "Give user_id or session_id, or leave out event_id.")
