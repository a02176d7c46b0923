"""The model's catalogue follows the shop's: prices and titles at once but not too often, new items once embedded."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from recommender.db.engine import session_scope
from recommender.db.tables import Embedding, Item
from services.container import Shop
from services.state.catalog_cache import LiveItems
from services.state.catalog_sync import LONG_REST, REST, SHORT_REST, Stock, renewed, with_new_items
from services.state.model import ModelInService
from tests.support.shops.trained import shop_encoder

NOW = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.fixture
def live(module_shop: Shop) -> LiveItems:
    """The shop's items, which a test may change without anybody's notice."""
    made = LiveItems()
    made.items = dict(module_shop.answers.live_items.items)
    return made


@pytest.fixture
def models(module_shop: Shop, tmp_path: Any) -> ModelInService:
    made = ModelInService(tmp_path)
    made.current = module_shop.models.needed()
    return made


def keep(stock: Stock, models: ModelInService, live: LiveItems, changed: bool = False) -> bool:
    """A round; whether it renewed the catalogue."""
    before = models.current
    with session_scope() as session:
        stock.keep(session, models, live, changed)
    return models.current is not before


def test_the_present_words_are_on_the_model_s_items_and_what_is_gone_is_hidden(
    module_shop: Shop, live: LiveItems
) -> None:
    live.items["tea-1"] = replace(live.items["tea-1"], title="Blacker tea", price=99.0)
    live.items["tea-2"] = replace(live.items["tea-2"], available_from=NOW + timedelta(days=1))
    del live.items["tea-3"]
    bundle = renewed(module_shop.models.needed().bundle, live)
    catalogue = bundle.catalogue
    sellable = dict(zip(catalogue.ids.tolist(), catalogue.sellable(NOW).tolist(), strict=True))
    assert (sellable["tea-1"], sellable["tea-2"], sellable["tea-3"]) == (True, False, False)
    row = catalogue.frame.filter(catalogue.frame["item_id"] == "tea-1").row(0, named=True)
    assert (row["title"], row["price"]) == ("Blacker tea", 99.0)
    gone = catalogue.frame.filter(catalogue.frame["item_id"] == "tea-3").row(0, named=True)
    assert gone["title"], "reasons may still name it"


def test_a_new_item_joins_when_its_text_is_embedded(module_shop: Shop, live: LiveItems) -> None:
    bundle = module_shop.models.needed().bundle
    live.items["tea-new"] = replace(live.items["tea-1"], item_id="tea-new")
    with session_scope() as session:
        assert with_new_items(session, bundle, live) is bundle
        row = {"kind": "product", "title": "New", "attributes": {}, "content_hash": "of the new", "updated_at": NOW}
        session.add(Item(item_id="tea-new", categories=["Shop", "Tea"], **row))
        session.flush()
        assert with_new_items(session, bundle, live) is bundle, "it has no vector yet"
        vector = shop_encoder().encode(["New"])[0].astype("<f4")
        key = {"encoder_id": bundle.manifest.encoder_id, "content_hash": "of the new"}
        session.add(Embedding(**key, vector=vector.tobytes()))
        session.flush()
        joined = with_new_items(session, bundle, live)
        session.rollback()
    assert "tea-new" in joined.catalogue.index
    assert len(joined.catalogue) == len(bundle.catalogue) + 1


def test_it_is_renewed_when_something_changed_and_then_rests(models: ModelInService, live: LiveItems) -> None:
    stock = Stock()
    assert not keep(stock, models, live)
    assert keep(stock, models, live, changed=True)
    assert models.current is not None
    assert models.current.generation >= 1
    assert SHORT_REST <= stock.rest <= REST
    stock.rest = REST
    assert not keep(stock, models, live, changed=True), "it has only just been done"
    assert stock.due
    assert stock.last is not None
    stock.last -= REST
    assert keep(stock, models, live), "what had to rest is done when it may be"
    assert not stock.due


def test_for_items_without_a_vector_it_looks_seldom(models: ModelInService, live: LiveItems) -> None:
    stock = Stock()
    live.items["tea-new"] = replace(live.items["tea-1"], item_id="tea-new")
    keep(stock, models, live, changed=True)
    assert stock.waiting
    assert stock.last is not None
    stock.last -= REST
    assert not keep(stock, models, live)
    stock.last -= LONG_REST
    assert keep(stock, models, live)


def test_without_a_model_a_change_is_kept_in_mind(models: ModelInService, live: LiveItems) -> None:
    stock, models.current = Stock(), None
    assert not keep(stock, models, live, changed=True)
    assert stock.due
