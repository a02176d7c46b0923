"""Items like one item, as they are answered: each with what links it to that one.

It knows a model and the live catalogue.
"""

from datetime import datetime

from recommender.explain.templates import explain
from recommender.ranking.pipeline import ScoredItem
from services.core.errors import Problem
from services.recommend.list_ranker import ListRanker
from services.schemas.recommend import ItemEvidence, RecommendedItem, SimilarRequest
from services.state.catalog_cache import LiveItems
from services.state.model import Released


def find_similar(model: Released, request: SimilarRequest, now: datetime, ranker: ListRanker) -> list[RecommendedItem]:
    """At most as many as are asked for; a `Problem` (404) for an item that the model doesn't know."""
    live_items = ranker.live_items
    if request.item_id not in model.bundle.catalogue.index:
        known = request.item_id in live_items
        message = "is not in the model yet" if known else "is not in the catalogue"
        remedy = "The next retrain takes it in." if known else "Check the id, or import the item."
        raise Problem("item_id", f"item {request.item_id!r} {message}", remedy, 404)
    found = ranker.scenarios.alike(model.bundle, request, request.n + 10, now, live_items.withdrawn)
    shown = [one for one in found if live_items.shown(one.item_id, now)][: request.n]
    # what links two items most is named, not what reads best
    nobody = ranker.known(None, language=request.language)
    reasons = (explain(nobody, one.item_id, one.evidence[:1], request.language) for one in shown)
    return [_item(live_items, request, one, reason) for one, reason in zip(shown, reasons, strict=True)]


def _item(live_items: LiveItems, request: SimilarRequest, scored: ScoredItem, reason: str) -> RecommendedItem:
    item = live_items.get(scored.item_id)
    if item is not None:
        item = item.shown_in(request.item_language or request.language, request.currency)
    return RecommendedItem(
        item_id=scored.item_id,
        title=item.title if item is not None else scored.item_id,
        score=scored.score,
        price=item.price if item is not None else None,
        **(item.card if item is not None else {}),
        reason=reason,
        explained_by="template",
        evidence=[ItemEvidence.of(one) for one in scored.evidence],
        rules=[],
    )
