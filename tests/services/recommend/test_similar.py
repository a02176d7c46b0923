"""Items like one item: of what may be shown now, no best sellers that everybody takes along, and refused for what the
model doesn't know."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from recommender.db.engine import session_scope
from recommender.db.tables import Event, Item
from recommender.settings import Settings
from services.container import Shop
from services.core.errors import Problem
from services.recommend.similar import find_similar
from services.schemas.recommend import RecommendedItem, SimilarRequest
from tests.support.servers.databases import install_tables
from tests.support.shops.shop import SHOP_FROM, fill_shop, shop_events

NOW = datetime(2026, 5, 1, 1, tzinfo=UTC)
PETROL = Item(
    item_id="petrol",
    kind="product",
    title="Petrol",
    description="",
    brand="",
    categories=["Fuel"],
    price=1.9,
    attributes={},
    content_hash="petrol",
    updated_at=SHOP_FROM,
)


def like(shop: Shop, item_id: str = "tea-1", **more: Any) -> list[RecommendedItem]:
    request = SimilarRequest.model_validate({"item_id": item_id, **more})
    return find_similar(shop.models.needed(), request, NOW, shop.answers.ranker)


def test_it_names_what_links_them_and_speaks_of_no_shopper(module_shop: Shop) -> None:
    found = like(module_shop, n=4)
    assert len(found) == 4
    assert [item.score for item in found] == sorted((item.score for item in found), reverse=True)
    assert all(item.reason and not item.rules for item in found)
    assert all("you" not in item.reason.lower().split() for item in found)
    assert [item.reason for item in like(module_shop, n=4, language="zh")] != [item.reason for item in found]


def test_what_may_not_be_shown_gives_its_place_to_the_next(module_shop: Shop) -> None:
    live_items = module_shop.answers.live_items
    first, second, *_ = like(module_shop, n=5)
    kept = live_items.items[first.item_id]
    live_items.items[first.item_id] = replace(kept, hidden=True)
    after = like(module_shop, n=5)
    live_items.items[first.item_id] = kept
    assert (after[0].item_id, len(after)) == (second.item_id, 5)


@pytest.mark.parametrize(("known", "remedy"), [(False, "import the item"), (True, "next retrain")])
def test_an_item_the_model_does_not_know_is_told_with_the_remedy(module_shop: Shop, known: bool, remedy: str) -> None:
    if known:
        items = module_shop.answers.live_items.items
        items["of today"] = replace(items["tea-1"], item_id="of today")
    with pytest.raises(Problem, match="of today") as refused:
        like(module_shop, "of today")
    module_shop.answers.live_items.items.pop("of today", None)
    assert (refused.value.status, refused.value.field) == (404, "item_id")
    assert remedy in refused.value.remedy


def test_what_is_in_every_basket_is_like_nothing_in_it(home: Settings) -> None:
    install_tables()
    fill_shop()
    visits = {(str(row["user_id"]), str(row["session_id"])): row["time"] for row in shop_events()}
    with session_scope() as session:
        session.add(PETROL)
        session.flush()
        for number, ((user, visit), moment) in enumerate(visits.items()):
            assert isinstance(moment, datetime)
            event = Event(event_id=f"p{number}", user_id=user, session_id=visit, item_id="petrol")
            event.event_type, event.value, event.time = "purchase", 1.9, moment + timedelta(minutes=9)
            session.add(event)
    shop = Shop(home)
    shop.watcher.look()
    now = datetime.now(UTC)
    for item_id in ("tea-0", "pets-3", "garden-8", "baby-2"):
        found = [item.item_id for item in shop.answers.similar(SimilarRequest(item_id=item_id), now).items]
        assert len(found) == 10
        assert "petrol" not in found
        kind = item_id.split("-")[0]
        assert sum(other.startswith(kind) for other in found) >= 7, found
    goes = shop.answers.similar(SimilarRequest(item_id="tea-0", kind="goes_with", n=5), now).items
    assert "petrol" in [item.item_id for item in goes], "it is taken along, and that is what goes with an item"
