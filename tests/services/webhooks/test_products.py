"""A product is an item: made, renamed with its past, taken out."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from recommender.db.engine import get_engine, session_scope, writing
from recommender.db.tables import Item
from recommender.settings import Settings
from recommender.store.identity.item_aliases import find_aliases
from services.schemas.webhooks import WebhookResponse
from services.webhooks.deliveries import Delivery, keep
from services.webhooks.products import delete_product, known_path, put_product
from tests.support.servers.databases import install_tables
from tests.support.shops.shop import fill_shop

NOW = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def tables(home: Settings) -> None:
    install_tables()
    fill_shop()


def told(delivery_id: str) -> Delivery:
    return Delivery("shopify", delivery_id, "products/update", "product 1", NOW)


def put(delivery_id: str, later: int = 0, **row: Any) -> tuple[WebhookResponse, str | None]:
    now = NOW + timedelta(minutes=later)
    with writing(get_engine()) as session:
        answer, item_id = put_product(session, told(delivery_id), row, now)
        keep(session, told(delivery_id), now, item_id)
    return answer, item_id


def retired(item_id: str) -> bool:
    with session_scope() as session:
        return bool(session.get_one(Item, item_id).retired)


def test_a_product_is_made_and_told_again_it_is_the_same() -> None:
    row: dict[str, Any] = {"item_id": "kettle", "title": "Copper kettle", "price": "19.00"}
    first, item_id = put("d1", **row)
    again, _ = put("d2", 1, **row)
    cheaper, _ = put("d3", 2, **row | {"price": "17.00"})
    assert item_id == "kettle"
    assert (first.added, again.unchanged, cheaper.updated) == (1, 1, 1)


def test_another_id_of_the_same_product_keeps_its_past_and_retires_the_former() -> None:
    put("d1", item_id="kettle", title="Copper kettle")
    renamed, item_id = put("d2", 1, item_id="kettle-new", title="Copper kettle")
    assert (renamed.added, renamed.retired, item_id) == (1, 1, "kettle-new")
    assert (retired("kettle"), retired("kettle-new")) == (True, False)


def test_a_product_that_gets_its_former_id_back_goes_by_it_again() -> None:
    put("d1", item_id="kettle", title="Copper kettle")
    put("d2", 1, item_id="kettle-new", title="Copper kettle")
    back, item_id = put("d3", 2, item_id="kettle", title="Copper kettle", price="18.00")
    assert (back.rejected, item_id) == ([], "kettle")
    assert (retired("kettle"), retired("kettle-new")) == (False, True)
    with session_scope() as session:
        assert find_aliases(session.connection()) == {"kettle-new": "kettle"}


def test_a_bad_row_of_a_former_id_leaves_the_alias_where_it_was() -> None:
    put("d1", item_id="kettle", title="Copper kettle")
    put("d2", 1, item_id="kettle-new", title="Copper kettle")
    bad, _ = put("d3", 2, item_id="kettle", title="Copper kettle", price="dear")
    assert [one.field for one in bad.rejected] == ["price"]
    with session_scope() as session:
        assert find_aliases(session.connection()) == {"kettle": "kettle-new"}
    assert (retired("kettle"), retired("kettle-new")) == (True, False)


def test_a_row_that_is_no_good_is_told_and_changes_nothing() -> None:
    answer, item_id = put("d1", item_id="kettle", title="Copper kettle", price="dear")
    assert (item_id, answer.added) == (None, 0)
    assert [one.field for one in answer.rejected] == ["price"]
    with session_scope() as session:
        assert session.get(Item, "kettle") is None


@pytest.mark.parametrize(
    ("number", "outcome", "item_id"), [("tea-1", "taken", "tea-1"), ("9", "taken", "tea-2"), ("8", "ignored", "8")]
)
def test_what_is_sold_no_more_is_found_by_what_is_known_of_it(number: str, outcome: str, item_id: str) -> None:
    with writing(get_engine()) as session:
        answer, gone = delete_product(session, told("d1"), number, {"9": "tea-2"}.get, NOW)
    assert (answer.outcome, gone) == (outcome, item_id)
    if outcome == "taken":
        assert retired(item_id)


def test_a_product_told_of_before_is_taken_out_by_its_item() -> None:
    put("d1", item_id="kettle", title="Copper kettle")
    with writing(get_engine()) as session:
        assert delete_product(session, told("d2"), "1", lambda number: None, NOW)[1] == "kettle"
    assert retired("kettle")


def test_the_categories_are_those_of_the_first_item_that_is_there() -> None:
    with session_scope() as session:
        assert known_path(session, ["", "none", "tea-1", "coffee-1"]) == ["Shop", "Tea"]
        assert known_path(session, ["none"]) == []
