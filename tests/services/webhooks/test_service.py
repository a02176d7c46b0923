"""Webhooks of Shopify and WooCommerce at a running service: signed or refused, and each delivery once."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from recommender.auth.keys import create_key
from recommender.db.tables import Audit, Event, Item, ItemAlias, Reject
from recommender.importing.formats.helpers import hashed
from tests.services.conftest import Served, serving_a_shop
from tests.support.webhook_payloads import (
    SHOPIFY_ID,
    SHOPIFY_SECRET,
    SHOPIFY_SIGNATURE,
    SHOPIFY_TOPIC,
    WOOCOMMERCE_SECRET,
    send_shopify,
    send_woocommerce,
    shopify_line,
    shopify_order,
    shopify_product,
    shopify_refund,
    sign,
    woocommerce_order,
    woocommerce_product,
)

TEA = shopify_line(11, "tea-1", "Black tea", 2, "3.00", "1.00")
COFFEE = shopify_line(12, None, "coffee-2", 1, "4.00")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    settings = {
        "ZHIYIN_AUTH": "required",
        "ZHIYIN_SHOPIFY_SECRET": f"a new one,{SHOPIFY_SECRET}",
        "ZHIYIN_WOOCOMMERCE_SECRET": WOOCOMMERCE_SECRET,
    }
    with serving_a_shop(tmp_path_factory.mktemp("told"), **settings) as service:
        yield service


def taken(answer: httpx.Response, outcome: str = "taken") -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    assert body["outcome"] == outcome, body
    return body


def lines_of(service: Served, order_id: int) -> list[tuple[Any, ...]]:
    with service.database() as session:
        rows = session.scalars(select(Event).where(Event.event_id.like(f"{order_id}-%")).order_by(Event.id))
        return [(row.event_id, row.item_id, row.event_type, row.quantity, row.value) for row in rows]


def item(service: Served, item_id: str) -> Item:
    with service.database() as session:
        found = session.get(Item, item_id)
        assert found is not None
        session.expunge(found)
        return found


def test_what_is_not_signed_is_read_by_nobody(told: Served) -> None:
    body = json.dumps(shopify_order(1, "ann@shop.example", TEA)).encode()
    for signature in ("", "AAAA", sign("another secret", body), sign(SHOPIFY_SECRET, body + b" ")):
        answer = send_shopify(told, "orders/create", "d-1", json.loads(body), **{SHOPIFY_SIGNATURE: signature})
        assert (answer.status_code, answer.json()["error"]["field"]) == (401, SHOPIFY_SIGNATURE)
    unsigned = httpx.post(
        f"{told.url}/webhooks/woocommerce", content=body, headers={"Content-Type": "application/json"}
    )
    assert unsigned.status_code == 401
    assert lines_of(told, 1) == []
    for path in ("shopify", "woocommerce"):
        assert httpx.get(f"{told.url}/webhooks/{path}").status_code == 405
    foreign = send_shopify(told, "orders/create", "d-1", {}, Origin="https://elsewhere.example")
    assert foreign.status_code == 403


def test_what_is_signed_and_no_delivery_is_told_so(told: Served) -> None:
    for missing in (SHOPIFY_TOPIC, SHOPIFY_ID):
        answer = send_shopify(told, "orders/create", "d-2", {}, **{missing: ""})
        assert (answer.status_code, answer.json()["error"]["field"]) == (400, missing)
    unknown = send_shopify(told, "carts/create", "d-3", {})
    assert (unknown.status_code, "orders/create" in unknown.json()["error"]["remedy"]) == (422, True)
    assert send_shopify(told, "orders/create", "d-4", [1]).status_code == 400
    strange = taken(send_shopify(told, "products/update", "d-5", {"shop_id": 7}), "rejected")
    assert "not in the form" in strange["rejected"][0]["message"]
    taken(send_shopify(told, "orders/create", "d-6", {"id": 5, "line_items": [{"sku": "x", "quantity": {}}]}), "taken")
    with told.database() as session:
        assert [row.field for row in session.scalars(select(Reject).where(Reject.file.like("webhook%d-5")))] == ["*"]


def test_an_order_is_bought_once_and_comes_back_once(told: Served) -> None:
    order = shopify_order(2001, "Ann@Shop.example", TEA, COFFEE)
    assert taken(send_shopify(told, "orders/create", "o-1", order))["added"] == 2
    bought = [("2001-1", "tea-1", "purchase", 2.0, 5.0), ("2001-2", "coffee-2", "purchase", 1.0, 4.0)]
    assert lines_of(told, 2001) == bought
    with told.database() as session:
        assert set(session.scalars(select(Event.user_id).where(Event.event_id == "2001-1"))) == {
            hashed("ann@shop.example")
        }
    taken(send_shopify(told, "orders/create", "o-1", order), "repeated")
    assert taken(send_shopify(told, "orders/paid", "o-2", order))["duplicates"] == 2
    gone = {"cancelled_at": "2026-05-04T10:00:00-04:00", "updated_at": "2026-05-04T10:00:00-04:00"}
    cancelled = shopify_order(2001, "ann@shop.example", TEA, COFFEE, **gone)
    assert taken(send_shopify(told, "orders/cancelled", "o-3", cancelled))["added"] == 2
    back = [("2001-1~return", "tea-1", "return", 2.0, 5.0), ("2001-2~return", "coffee-2", "return", 1.0, 4.0)]
    assert lines_of(told, 2001) == [*bought, *back]
    taken(send_shopify(told, "orders/updated", "o-4", order), "older")
    refund = shopify_refund(31, 2001, (TEA, 1, 2.5))
    assert taken(send_shopify(told, "refunds/create", "o-5", refund), "ignored")["added"] == 0
    assert lines_of(told, 2001) == [*bought, *back]


def test_what_is_refunded_line_by_line_comes_back_once(told: Served) -> None:
    order = shopify_order(2002, "bob@shop.example", TEA, COFFEE)
    taken(send_shopify(told, "orders/create", "r-1", order))
    part, whole = shopify_refund(32, 2002, (TEA, 1, 2.5)), shopify_refund(33, 2002, (COFFEE, 1, 4.0))
    taken(send_shopify(told, "refunds/create", "r-2", part))
    taken(send_shopify(told, "refunds/create", "r-3", whole))
    back = [("2002-1~320", "tea-1", "return", 1.0, 2.5), ("2002-2~return", "coffee-2", "return", 1.0, 4.0)]
    assert lines_of(told, 2002)[2:] == back
    later = {"updated_at": "2026-05-06T10:00:00-04:00", "refunds": [part, whole]}
    updated = shopify_order(2002, "bob@shop.example", TEA, COFFEE, **later, financial_status="partially_refunded")
    assert taken(send_shopify(told, "orders/updated", "r-4", updated))["duplicates"] == 4
    gone = {**later, "updated_at": "2026-05-07T10:00:00-04:00", "cancelled_at": "2026-05-07T10:00:00-04:00"}
    cancelled = shopify_order(2002, "bob@shop.example", TEA, COFFEE, **gone, financial_status="refunded")
    assert taken(send_shopify(told, "orders/cancelled", "r-5", cancelled))["added"] == 1
    assert lines_of(told, 2002)[4:] == [("2002-1~return", "tea-1", "return", 1.0, None)], "what was left of the line"


def test_what_was_never_bought_takes_nothing_back(told: Served) -> None:
    gone = {"cancelled_at": "2026-05-04T10:00:00-04:00", "updated_at": "2026-05-04T10:00:00-04:00"}
    cancelled = shopify_order(2003, "bob@shop.example", TEA, **gone)
    taken(send_shopify(told, "orders/cancelled", "n-1", cancelled), "ignored")
    taken(send_shopify(told, "refunds/create", "n-2", shopify_refund(34, 2003, (TEA, 1, 2.5))), "ignored")
    taken(send_shopify(told, "orders/create", "n-3", shopify_order(2003, "bob@shop.example", TEA)), "older")
    assert lines_of(told, 2003) == []


def test_a_line_of_no_catalogue_is_kept_as_rejected(told: Served) -> None:
    unknown = shopify_line(13, "STICKER", "Sticker", 1, "1.00")
    done = taken(send_shopify(told, "orders/create", "u-1", shopify_order(2004, "cy@shop.example", TEA, unknown)))
    assert (done["added"], done["rejected"][0]["index"], done["rejected"][0]["field"]) == (1, 1, "item_id")
    with told.database() as session:
        [row] = session.scalars(select(Reject).where(Reject.file.like("webhook%u-1")))
        assert (row.line, row.field, "STICKER" in row.reason) == (1, "item_id", True)


def test_a_product_is_an_item_as_its_export_has_it(told: Served) -> None:
    assert taken(send_shopify(told, "products/create", "p-1", shopify_product()))["added"] == 1
    kettle = item(told, "copper-kettle")
    assert (kettle.title, kettle.description, kettle.brand) == ("Copper kettle", "Boils water.", "Heron")
    assert (kettle.price, kettle.availability, kettle.hidden) == (19.0, "in_stock", False)
    assert kettle.image == "https://cdn.example/front.jpg"
    assert kettle.url == "https://kettles.myshopify.com/products/copper-kettle"
    assert kettle.categories == ["Kettles"]
    assert kettle.attributes["size"] == ["1 l", "2 l"]
    assert kettle.attributes["variants"] == ["KETTLE-1", "KETTLE-2", "788032119"]
    dearer = shopify_product(updated_at="2026-05-03T10:00:00-04:00", status="draft", title="Copper kettle, new")
    assert taken(send_shopify(told, "products/update", "p-2", dearer))["updated"] == 1
    taken(send_shopify(told, "products/update", "p-3", shopify_product(title="An old word")), "older")
    taken(send_shopify(told, "products/update", "p-2", dearer), "repeated")
    assert (item(told, "copper-kettle").title, item(told, "copper-kettle").hidden) == ("Copper kettle, new", True)


def test_a_product_s_life(told: Served) -> None:
    """Sold by its variant's SKU, renamed, and taken out of the catalogue by its number."""
    product = shopify_product(id=99, handle="iron-kettle", title="Iron kettle")
    product["variants"] = [{**product["variants"][0], "sku": "IRON-1"}]
    taken(send_shopify(told, "products/create", "l-1", product))
    line, deadline = shopify_line(14, "IRON-1", "Iron kettle", 1, "19.00"), time.monotonic() + 5
    while not taken(send_shopify(told, "orders/create", f"l-{time.time()}", shopify_order(2005, "di@s.example", line)))[
        "added"
    ]:
        assert time.monotonic() < deadline, "a new product's variants are known within a second"
        time.sleep(0.3)
    renamed = {**product, "handle": "iron-kettle-2", "updated_at": "2026-05-04T10:00:00-04:00"}
    assert taken(send_shopify(told, "products/update", "l-2", renamed))["retired"] == 1
    assert lines_of(told, 2005) == [("2005-1", "iron-kettle-2", "purchase", 1.0, 19.0)], "what was bought stays its own"
    with told.database() as session:
        assert session.scalars(select(ItemAlias.alias).where(ItemAlias.item_id == "iron-kettle-2")).all() == [
            "iron-kettle"
        ]
    assert taken(send_shopify(told, "products/delete", "l-3", {"id": 99}))["retired"] == 1
    assert item(told, "iron-kettle-2").retired
    taken(send_shopify(told, "products/delete", "l-4", {"id": 98}), "ignored")


def test_woocommerce_pings_and_tells(told: Served) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    ping = httpx.post(f"{told.url}/webhooks/woocommerce", content=b"webhook_id=12", headers=form)
    assert (ping.status_code, ping.json()) == (200, {"outcome": "ping"})
    more = httpx.post(f"{told.url}/webhooks/woocommerce", content=b"webhook_id=12&order=1", headers=form)
    assert more.status_code == 401
    assert taken(send_woocommerce(told, "product.created", "w-1", woocommerce_product()))["added"] == 1
    pot = item(told, "POT-1")
    assert (pot.title, pot.description, pot.price, pot.stock) == ("Clay teapot", "Holds tea.", 30.0, 3.0)
    assert (pot.url, pot.image) == ("https://pots.example/product/clay-teapot/", "https://pots.example/pot.jpg")
    assert pot.categories == ["Pots, clay"]
    assert (pot.attributes["colour"], pot.attributes["variants"]) == (["brown", "red"], ["44"])
    sold = woocommerce_product(stock_quantity=0, stock_status="outofstock", date_modified_gmt="2026-05-04T10:00:00")
    assert taken(send_woocommerce(told, "product.updated", "w-2", sold))["updated"] == 1
    assert item(told, "POT-1").availability == "out_of_stock"
    variation = woocommerce_product(id=45, type="variation", parent_id=44, sku="POT-1-RED")
    taken(send_woocommerce(told, "product.updated", "w-3", variation), "ignored")
    assert taken(send_woocommerce(told, "product.deleted", "w-4", {"id": 44}))["retired"] == 1


def test_a_woocommerce_order_is_bought_when_it_is_more_than_begun(told: Served) -> None:
    def order(status: str, modified: str) -> dict[str, Any]:
        lines = (("tea-3", 2, "8.00"), ("toys-1", 1, "3.00"))
        made: dict[str, Any] = woocommerce_order(3001, status, "eve@shop.example", *lines, date_modified_gmt=modified)
        return made

    taken(send_woocommerce(told, "order.created", "x-1", order("pending", "2026-05-03T10:00:00")), "ignored")
    assert (
        taken(send_woocommerce(told, "order.updated", "x-2", order("processing", "2026-05-03T10:05:00")))["added"] == 2
    )
    bought = [("3001-1", "tea-3", "purchase", 2.0, 8.0), ("3001-2", "toys-1", "purchase", 1.0, 3.0)]
    assert lines_of(told, 3001) == bought
    done = order("completed", "2026-05-04T10:00:00")
    assert taken(send_woocommerce(told, "order.updated", "x-3", done))["duplicates"] == 2
    back = order("refunded", "2026-05-05T10:00:00")
    assert taken(send_woocommerce(told, "order.updated", "x-4", back))["added"] == 2
    assert [row[0] for row in lines_of(told, 3001)[2:]] == ["3001-1~return", "3001-2~return"]
    abandoned = woocommerce_order(3002, "cancelled", "eve@shop.example", ("tea-3", 1, "4.00"))
    taken(send_woocommerce(told, "order.updated", "x-5", abandoned), "ignored")
    taken(send_woocommerce(told, "order.deleted", "x-6", {"id": 3001}), "ignored")


def test_a_customer_is_erased_once_and_stays_so(told: Served) -> None:
    customer = {"id": 207119551, "email": "Eve@Example.com ", "phone": None}
    order = shopify_order(5_006, "eve@example.com", TEA)
    taken(send_shopify(told, "orders/create", "redact-0", order))
    assert events_of(told, hashed("eve@example.com")) == 1
    request = {"shop_id": 1, "customer": customer, "orders_to_redact": [5_006]}
    assert taken(send_shopify(told, "customers/redact", "redact-1", request))["erased"] == 1
    assert events_of(told, hashed("eve@example.com")) == 0
    taken(send_shopify(told, "customers/redact", "redact-1", request), "repeated")
    later = shopify_order(5_007, "eve@example.com", TEA)
    send_shopify(told, "orders/create", "redact-2", later)
    assert events_of(told, hashed("eve@example.com")) == 0
    stranger = {**request, "customer": {"id": 2, "email": "nobody@example.com"}}
    taken(send_shopify(told, "customers/redact", "redact-3", stranger), "ignored")
    taken(send_shopify(told, "customers/redact", "redact-4", {"shop_id": 1}), "rejected")


def test_what_a_person_has_to_do_is_noted_once(told: Served) -> None:
    order = shopify_order(5_008, "adam@example.com", TEA)
    taken(send_shopify(told, "orders/create", "request-0", order))
    request = {"shop_id": 1, "customer": {"id": 3, "email": "adam@example.com"}, "orders_requested": [5_008]}
    assert taken(send_shopify(told, "customers/data_request", "request-1", request))["noted"] == 1
    taken(send_shopify(told, "customers/data_request", "request-1", request), "repeated")
    stranger = {**request, "customer": {"id": 4, "email": "nobody@example.com"}}
    assert taken(send_shopify(told, "customers/data_request", "request-2", stranger), "ignored")["noted"] == 0
    assert taken(send_shopify(told, "shop/redact", "request-3", {"shop_id": 1}))["noted"] == 1
    with told.database() as session:
        rows = session.scalars(select(Audit).where(Audit.action.in_(("data_request", "shop_redact_request")))).all()
        assert [(row.actor, row.action, row.user_id) for row in rows] == [
            ("shopify", "data_request", hashed("adam@example.com")),
            ("shopify", "shop_redact_request", None),
        ]
    assert events_of(told, hashed("adam@example.com")) == 1  # nothing is removed


def events_of(service: Served, user_id: str | None) -> int:
    with service.database() as session:
        return len(session.scalars(select(Event.id).where(Event.user_id == user_id)).all())


def test_what_became_of_them_is_counted(told: Served) -> None:
    with told.database() as session:
        key, _ = create_key(session, "operator", datetime.now(UTC))
    shown = httpx.get(f"{told.url}/metrics", headers={"X-API-Key": key}).text
    for outcome in ("taken", "repeated", "older", "ignored", "rejected", "refused"):
        assert f'zhiyin_webhooks_total{{outcome="{outcome}",source="shopify"}}' in shown, outcome
