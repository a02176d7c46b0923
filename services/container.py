"""The parts of the running service, put together: one `Shop` a worker process.

Importing this costs seconds (Feast, torch), so the service does it when a worker starts and not before.
"""

from datetime import UTC, datetime
from pathlib import Path

import structlog
from sqlalchemy.exc import SQLAlchemyError

from features.online import limit_waits as limit_online_waits
from features.store import get_store
from recommender.auth.tokens import TokenRules
from recommender.db.engine import first_line, get_engine, limit_waits, writing
from recommender.db.timeouts import Patience
from recommender.encoders.base import encoder_id
from recommender.explain.llm import load_llm
from recommender.scenarios.base import CART, HOME, PRODUCT_PAGE
from recommender.settings import Settings
from recommender.store.rating_scale import sync_scale
from services.airflow.client import AirflowApi
from services.assistant.reply_writer import LONGEST_WAIT, ReplyWriter
from services.assistant.service import AssistantService
from services.catalog.service import CatalogueWriter
from services.events.currencies import OwnCurrency
from services.events.ingest import Intake
from services.explain.sentence_requests import Budget
from services.explain.worker import Explainer
from services.http.api_keys import Callers
from services.offers.service import Offers
from services.profiles.privacy import Privacy
from services.profiles.repository import Shoppers
from services.recommend.explain import ExplanationService
from services.recommend.impressions import Impressions
from services.recommend.list_cache import Lists
from services.recommend.list_ranker import ListRanker
from services.recommend.llm_rerank import LlmReranker
from services.recommend.precompute import ListPrecomputer
from services.recommend.response import ResponseWriter
from services.recommend.scenarios import Scenarios
from services.recommend.service import RecommendService
from services.recommend.shadow import Shadow
from services.recommend.trial import Trial
from services.recommend.wish_service import WishService
from services.refresher import Watcher
from services.release_guard import Guard
from services.search.query_encoder import QueryReader
from services.search.service import Searcher
from services.state.catalog_cache import LiveItems
from services.state.encoders import Encoders
from services.state.model import ModelInService
from services.state.release_counter import ReleaseCounter
from services.state.without_model import WithoutModel
from services.webhooks.sender import MessageSender
from services.webhooks.service import ShopWebhooks
from services.wishes.reader import WishReader
from services.wishes.sessions import SessionWishes
from services.wishes.wishes import Wishes

log = structlog.get_logger(__name__)
MIB = 1024 * 1024


class Shop:
    """Answers and takes events from `open` to `close`; `own_model` is the folder of the model that a Bento brings."""

    def __init__(self, settings: Settings, own_model: Path | None = None) -> None:
        limit_waits(Patience.of_service(settings.database_seconds))
        engine, live_items = get_engine(settings.sqlalchemy_url), LiveItems(settings.currency)
        models = ModelInService(settings.root, without=WithoutModel(settings), own=own_model)
        shoppers = Shoppers(engine)
        self.settings, self.engine, self.models = settings, engine, models
        self.impressions = Impressions(settings.root / "spool", engine, evidence_mb=settings.evidence_mb)
        self.airflow = AirflowApi.of(settings)
        self.callers = Callers(engine, shoppers.database, tokens=TokenRules.of(settings))
        self.explainer = Explainer(
            engine,
            load_llm(settings),
            live_items.about,
            settings.llm_seconds,
            budget=Budget(settings.llm_sentences_a_day),
        )
        novelty = {HOME: settings.novelty_home, PRODUCT_PAGE: settings.novelty_product, CART: settings.novelty_cart}
        scenarios = Scenarios(lambda: self.searcher.front(), novelty=novelty)
        lists = Lists(settings.lists_mb * MIB)
        encoders = Encoders(settings)
        reader = QueryReader(encoders.get)
        self.wish_reader = WishReader(reader, self.explainer.llm if settings.llm_url is not None else None)
        sessions = SessionWishes(engine, shoppers.database)
        wishes = Wishes(lambda: self.searcher.front(), self.wish_reader, sessions)
        writer = ResponseWriter(live_items, self.impressions, shoppers.controls)
        ranker = ListRanker(
            live_items, shoppers.controls, scenarios, self.explainer, wishes, lists, settings.include_bought
        )
        ranker.colleague = self.colleague = self._reranker(lists, live_items)
        self.counter = ReleaseCounter(engine, settings.guardrail_p99_seconds)
        trial = Trial(models, shoppers.controls, self.counter)
        self.answers = RecommendService(live_items, models, shoppers, writer, ranker, trial)
        self.shadow = Shadow(models, self.counter, self.answers.would_show)
        self.answers.shown = self.shadow.shown
        self.explainer.on_news = self.answers.sentences_came
        self.explainer.traffic = self.answers.traffic
        self.explanations = ExplanationService(engine, self.answers, self.explainer, settings.llm_seconds)
        self.assistant = AssistantService(
            engine,
            live_items,
            shoppers.database,
            lambda: encoders.get(encoder_id(settings)),
            lambda: self.searcher,
            lambda: self.offers,
            self._reply_writer(),
        )
        self.list_precomputer = ListPrecomputer(engine, self.answers)
        self.intake = Intake(
            engine,
            live_items,
            models,
            shoppers,
            self.list_precomputer.enqueue,
            reader.vector,
            self.answers.traffic,
            self.impressions.waiting,
            OwnCurrency(settings.currency, settings.rates),
        )
        self.privacy = Privacy(engine, models, shoppers, self.answers.forget)
        self.wish_service = WishService(self.privacy, self.answers)
        self.answers.keep_wish = self.wish_service.keep
        self.catalogue = CatalogueWriter(engine, shoppers.database, shoppers.stale.update)
        self.webhooks = ShopWebhooks(engine, shoppers.database, self.intake, self.privacy)
        secret = settings.webhook_secret.get_secret_value() if settings.webhook_secret else ""
        self.sender = MessageSender(engine, shoppers.database, settings.webhook_url, secret)
        self.offers = Offers(engine, live_items, trial, shoppers, settings)
        self.watcher = Watcher(engine, self.answers, self.privacy, renew=self.list_precomputer.renew)
        self.watcher.guard = Guard(engine, settings, models, self.counter)
        self.searcher = Searcher(
            self.answers, self.intake, reader, self.watcher.items_changed, settings.search_sold_out
        )

    def _reranker(self, lists: Lists, live_items: LiveItems) -> LlmReranker | None:
        """Who puts kept lists into another order; None unless the settings name an endpoint and a budget."""
        llm, most = self.explainer.llm, self.settings.llm_reranks_a_day
        if llm is None or self.settings.llm_url is None or not most:
            return None
        return LlmReranker(llm, lists, live_items.title, self.settings.llm_seconds, Budget(most))

    def _reply_writer(self) -> ReplyWriter | None:
        """Who words the assistant's replies: an engine of the shop's own; the one in process is too small for it."""
        llm = self.explainer.llm if self.settings.llm_url is not None else None
        return ReplyWriter(llm, min(self.settings.llm_seconds, LONGEST_WAIT)) if llm is not None else None

    def open(self) -> None:
        """Reads the catalogue and the promoted model, and keeps up with both from here on."""
        get_store()
        limit_online_waits(self.settings.database_seconds)
        self._take_scale()
        self.watcher.look()
        self._warm_up()
        self.watcher.start()
        self.impressions.start()
        self.searcher.open()
        self.list_precomputer.start()
        self.explainer.start()
        if self.colleague is not None:
            self.colleague.start()
        self.assistant.start()
        self.sender.start()
        self.shadow.start()

    def _take_scale(self) -> None:
        """The scale of ratings that the settings say; one that is to be learned is, where features are built."""
        if self.settings.wanted_scale is None:
            return
        try:
            with writing(self.intake.engine) as session:
                sync_scale(session, self.settings.wanted_scale)
        except SQLAlchemyError as failure:  # not migrated yet, or away: the watcher says so
            log.warning("the scale of ratings stays as it is", reason=first_line(failure))

    @property
    def unready(self) -> str | None:
        """Why no caller should be sent here; None when all is well. A former model that answers is well enough."""
        return self.models.reason if self.models.current is None else self.watcher.health.reason

    def _warm_up(self) -> None:
        """The first read of the online store sets up what later ones find ready."""
        if self.models.current is not None:
            self.answers.shoppers.profile(self.models.current.bundle, "nobody", datetime.now(UTC), set())

    def close(self) -> None:
        """Ends the threads; what was shown and not yet written is written."""
        self.shadow.stop()
        self.sender.stop()
        self.explanations.stop()
        self.assistant.stop()
        self.explainer.stop()
        if self.colleague is not None:
            self.colleague.stop()
        self.searcher.close()
        self.wish_reader.close()
        self.list_precomputer.stop()
        self.watcher.stop()
        self.impressions.stop()
