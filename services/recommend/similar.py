"""Items like one item, as they are answered: each with what links it to that one.

It knows a model and the live catalogue.
"""

from datetime import datetime

from recommender.explain.templates import explain
from recommender.ranking.pipeline import ScoredItem
from services.core.errors import Problem
from services.recommend.list_ranker import ListRanker
from services.schemas.recommend import EvidenceAnswer, ItemAnswer, SimilarQuestion
from services.state.catalog_cache import Shelf
from services.state.model import Released


def find_similar(model: Released, question: SimilarQuestion, now: datetime, ranker: ListRanker) -> list[ItemAnswer]:
    """At most as many as are asked for; a `Problem` (404) for an item that the model doesn't know."""
    shelf = ranker.shelf
    if question.item_id not in model.bundle.catalogue.index:
        known = question.item_id in shelf
        message = "is not in the model yet" if known else "is not in the catalogue"
        remedy = "The next retrain takes it in." if known else "Check the id, or import the item."
        raise Problem("item_id", f"item {question.item_id!r} {message}", remedy, 404)
    found = ranker.scenarios.alike(model.bundle, question, question.n + 10, now)
    shown = [one for one in found if shelf.shown(one.item_id, now)][: question.n]
    # what links two items most is named, not what reads best
    nobody = ranker.known(None)
    return [_item(shelf, one, explain(nobody, one.item_id, one.evidence[:1], question.language)) for one in shown]


def _item(shelf: Shelf, scored: ScoredItem, reason: str) -> ItemAnswer:
    item = shelf.get(scored.item_id)
    return ItemAnswer(
        item_id=scored.item_id,
        title=shelf.title(scored.item_id),
        score=scored.score,
        price=item.price if item is not None else None,
        **(item.card if item is not None else {}),
        reason=reason,
        explained_by="template",
        evidence=[EvidenceAnswer.of(one) for one in scored.evidence],
        rules=[],
    )
