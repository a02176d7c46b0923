"""Keeps the model's view of the catalogue fresh between trainings: prices, titles, availability, and new items.

A new item joins the model in service as soon as the vector of its text is in the database (the `features` and
`retrain` DAGs put it there); until the next training it is known by its text alone.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import structlog
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from recommender.data.catalog import Catalogue
from recommender.db.tables import Embedding, Item
from recommender.embeddings.images import load_seen
from recommender.models.bundle import ModelBundle
from recommender.models.new_items import with_items
from services.state.catalog_cache import LiveItems
from services.state.model import ModelInService, Released

log = structlog.get_logger(__name__)
SHORT_REST, REST = timedelta(seconds=0.2), timedelta(seconds=5)  # between two renewals, the least and the most
RESTS = 10  # for each second of work, so that a long import doesn't keep the service busy
LONG_REST = timedelta(seconds=30)  # between two looks for vectors of new items
MOST_NEW_ITEMS = 5000  # in one renewal
IDS_A_QUERY = 500


@dataclass(slots=True)
class Stock:
    """`keep` is called at every round of the watcher; most rounds find nothing to do."""

    due: bool = False
    waiting: bool = False  # items without a vector yet
    last: datetime | None = None
    rest: timedelta = SHORT_REST

    def keep(self, session: Session, models: ModelInService, live_items: LiveItems, changed: bool) -> None:
        """Renews the catalogue of the model in service when something changed, not too often."""
        self.due = self.due or changed
        model, now = models.current, datetime.now(UTC)
        rest = self.rest if self.due else LONG_REST
        if model is None or not (self.due or self.waiting) or (self.last and now - self.last < rest):
            return
        models.current = self._renewed(session, model, live_items)
        if models.canary is not None:
            models.canary = replace(models.canary, released=self._renewed(session, models.canary.released, live_items))
        self.waiting = len(live_items.items) > len(models.current.bundle.catalogue)
        self.due, self.last = False, datetime.now(UTC)
        self.rest = min(REST, max(SHORT_REST, RESTS * (self.last - now)))

    def _renewed(self, session: Session, model: Released, live_items: LiveItems) -> Released:
        bundle = renewed(model.bundle, live_items) if self.due else model.bundle
        return replace(model, bundle=with_new_items(session, bundle, live_items), generation=model.generation + 1)


def renewed(bundle: ModelBundle, live_items: LiveItems) -> ModelBundle:
    """The same model with the shop's present words on its items; an item that is gone is hidden."""
    frame, items = bundle.catalogue.frame, [live_items.get(item_id) for item_id in bundle.catalogue.ids]
    fresh: dict[str, list[Any]] = {
        "title": [item.title if item else None for item in items],
        "price": [item.price if item else None for item in items],
        "hidden": [item.hidden if item else True for item in items],
        "retired": [item.retired if item else False for item in items],
        "availability": [item.availability if item else None for item in items],
        "available_from": [_seconds(item.available_from) if item else None for item in items],
        "available_until": [_seconds(item.available_until) if item else None for item in items],
    }
    columns = [pl.Series(name, values, frame.schema[name]) for name, values in fresh.items()]
    titles = columns[0].fill_null(frame["title"])
    return replace(bundle, catalogue=Catalogue(frame.with_columns(titles, *columns[1:])))


def with_new_items(session: Session, bundle: ModelBundle, live_items: LiveItems) -> ModelBundle:
    """The model with those items added that it doesn't know and whose texts have been embedded."""
    index = bundle.catalogue.index
    unknown = [item_id for item_id in live_items.items if item_id not in index]
    if not unknown:
        return bundle
    catalogue, vectors = _embedded(session, unknown, bundle.manifest.encoder_id)
    if not len(catalogue):
        return bundle
    log.info("new items join the model", count=len(catalogue))
    seen = load_seen(session, bundle.manifest.image_encoder_id, catalogue.ids.tolist())
    return with_items(bundle, catalogue, vectors, seen)


def _embedded(session: Session, item_ids: list[str], encoder_id: str) -> tuple[Catalogue, NDArray[np.float32]]:
    items: list[Item] = []
    vectors: list[NDArray[np.float32]] = []
    for start in range(0, len(item_ids), IDS_A_QUERY):
        if len(items) >= MOST_NEW_ITEMS:
            break
        rows = (
            select(Item, Embedding.vector)
            .join(Embedding, Embedding.content_hash == Item.content_hash)
            .where(Embedding.encoder_id == encoder_id, Item.item_id.in_(item_ids[start : start + IDS_A_QUERY]))
        )
        for item, vector in session.execute(rows):
            items.append(item)
            vectors.append(np.frombuffer(vector, dtype="<f4"))
    return Catalogue.from_items(items), np.array(vectors, dtype=np.float32)


def _seconds(moment: datetime | None) -> int | None:
    return int(moment.timestamp()) if moment is not None else None
