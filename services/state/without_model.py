"""What the service answers with while no model is in service: counts, the catalogue and its texts, kept up to date.

It knows the shop's database. What it makes is a bundle like any other, so that every answer takes the one path.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from recommender.data.account_screening import find_unlikely, without
from recommender.data.catalog import Catalogue
from recommender.db.tables import Embedding, Event, Item
from recommender.encoders.base import encoder_id
from recommender.models.bundle import ModelBundle
from recommender.models.counting.event_arrays import as_arrays
from recommender.retrieval.counts_only import counts_only
from recommender.search.model_free_vectors import first_texts
from recommender.settings import Settings
from recommender.store.kept_accounts import kept_accounts
from recommender.store.latest_events import latest_events

log = structlog.get_logger(__name__)
MOST_EVENTS = 100_000  # that are counted, the latest
REST = 5.0  # seconds between two looks
WORK_SHARE = 0.05  # of the time, at most, goes into counting anew
JUST_AFTER = timedelta(seconds=1)  # events are cut in whole seconds: those of this very second count
LASTS = 3600.0  # seconds: then the windows of what is popular have moved on
Seen = tuple[Any, ...]


@dataclass(slots=True)
class WithoutModel:
    """`look` gives a new bundle when there is something new to count."""

    settings: Settings
    clock: Callable[[], float] = time.monotonic
    missing: tuple[str, ...] = ()  # parts that the last bundle does without
    _seen: Seen | None = None
    _rests_until: float = field(default=0.0)
    _made_at: float = field(default=0.0)

    def look(self, session: Session) -> ModelBundle | None:
        """None: nothing is new since the last one, or there is no item to answer with."""
        if self._seen is not None and self.clock() < self._rests_until:
            return None
        started, seen = self.clock(), self._newest(session)
        self._rests_until = started + REST
        if seen == self._seen and started - self._made_at < LASTS:
            return None
        bundle = self._made(session)
        self._seen, self._made_at = seen, started
        self._rests_until = self.clock() + max(REST, (self.clock() - started) / WORK_SHARE)
        return bundle

    def again(self) -> None:
        """A model has taken over: should it go, everything is to be counted anew."""
        self._seen, self._rests_until = None, 0.0

    def _newest(self, session: Session) -> Seen:
        """Another one whenever events, items or texts that were read have come or gone."""
        read = select(func.count()).where(Embedding.encoder_id == encoder_id(self.settings)).scalar_subquery()
        items = select(func.count(), func.max(Item.updated_at)).select_from(Item)
        return (session.scalar(select(func.max(Event.id))), session.scalar(select(read)), *session.execute(items).one())

    def _counted(self, session: Session) -> pl.DataFrame:
        """The latest events, but those of accounts that do more than people do."""
        frame = latest_events(session, MOST_EVENTS)
        if not self.settings.screen_accounts:
            return frame
        found = find_unlikely(frame)
        return without(frame, found.filter(~pl.col("user_id").is_in(list(kept_accounts(session)))))

    def _made(self, session: Session) -> ModelBundle | None:
        catalogue = Catalogue.from_database(session)
        if not len(catalogue):
            return None
        texts = first_texts(session, encoder_id(self.settings), catalogue)
        frame = self._counted(session)
        bundle = counts_only(catalogue, texts, as_arrays(frame, catalogue)[1], datetime.now(UTC) + JUST_AFTER)
        self.missing = ("model", "text") if texts.unread else ("model",)
        log.info("answering without a model", missing=self.missing, **bundle.manifest.counts)
        return bundle
