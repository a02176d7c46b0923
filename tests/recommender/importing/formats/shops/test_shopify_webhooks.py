"""Shopify's webhooks mean what its files mean: the same product and the same order."""

import json
from typing import Any

from recommender.importing.formats.shops import shopify, shopify_webhooks
from tests.support.webhook_payloads import (
    shopify_line,
    shopify_order,
    shopify_product,
    shopify_refund,
)

WHOLE = {
    "Handle": "copper-kettle",
    "Title": "Copper kettle",
    "Body (HTML)": "<p>Boils <b>water</b>.</p>",
    "Vendor": "Heron",
    "Type": "Kettles",
    "Tags": "kitchen, metal",
    "Published": "true",
    "Status": "active",
    "Option1 Name": "Size",
}
VARIANT = {
    "Variant Barcode": "4006381333931",
    "Variant Compare At Price": "25.00",
    "Variant Inventory Tracker": "shopify",
    "Variant Inventory Policy": "deny",
}
FILE = [
    {**WHOLE, **VARIANT, "Variant SKU": "KETTLE-1", "Option1 Value": "1 l", "Variant Price": "19.00"}
    | {"Variant Inventory Qty": "4"},
    {"Handle": "copper-kettle", **VARIANT, "Variant SKU": "KETTLE-2", "Option1 Value": "2 l", "Variant Price": "29.00"}
    | {"Variant Inventory Qty": "0"},
    {"Handle": "copper-kettle", "Image Src": "https://cdn.example/back.jpg", "Image Position": "2"},
    {"Handle": "copper-kettle", "Image Src": "https://cdn.example/front.jpg", "Image Position": "1"},
]
TEE = shopify_line(1, "TEE-BLUE", "Plain Tee - Blue", 2, "20.00", "2.00")
CAP = shopify_line(2, None, "Cap", 1, "9.90")


def rows_of(form: Any, rows: list[dict[str, str]]) -> list[dict[str, Any]]:
    """A file's rows under the names by which its format reads them."""
    return [{form.columns[name]: said for name, said in row.items()} | {"line": 0} for row in rows]


def test_a_product_is_the_same_item() -> None:
    [of_file] = shopify.read_product(rows_of(shopify.PRODUCTS, FILE))
    told = shopify_webhooks.product_row(shopify_product())
    by_file, by_webhook = (json.loads(one.pop("attributes")) for one in (of_file, told))
    assert by_webhook.pop("variants") == [*by_file.pop("variants"), "788032119"], "and its own number"
    assert by_webhook == by_file
    assert {name: said for name, said in told.items() if name != "url"} == of_file


def test_stock_that_nobody_keeps_and_stock_that_is_sold_beyond() -> None:
    def availability(**stock: Any) -> str:
        product = shopify_product()
        product["variants"] = [{**product["variants"][0], "inventory_quantity": 0, **stock}]
        return str(shopify_webhooks.product_row(product)["availability"])

    assert availability() == "out_of_stock"
    assert availability(inventory_management=None) == "in_stock", "of versions that say so: not kept"
    assert availability(inventory_policy="continue") == "in_stock"


def test_an_order_is_the_same_purchases() -> None:
    first = {"Name": "#7001", "Id": "7001", "Email": "Ann@Example.com", "Financial Status": "paid"}
    tee = {"Lineitem quantity": "2", "Lineitem name": "Plain Tee - Blue", "Lineitem price": "20.00"}
    cap = {"Lineitem quantity": "1", "Lineitem name": "Cap", "Lineitem price": "9.90", "Lineitem discount": "0.00"}
    made = {"Created at": "2026-05-03T10:00:00-04:00"}
    file = [first | made | tee | {"Lineitem sku": "TEE-BLUE", "Lineitem discount": "2.00"}, {"Name": "#7001"} | cap]
    of_file = list(shopify.read_order(rows_of(shopify.ORDERS, file)))
    told = shopify_webhooks.order_rows(shopify_order(7001, "ann@example.com", TEE, CAP))
    plain = [{name: str(said) for name, said in row.items()} for row in told]
    assert plain == [{name: str(said) for name, said in row.items()} for row in of_file]
    assert [(row["event_id"], row["value"]) for row in told] == [("7001-1", 38.0), ("7001-2", 9.9)]


def test_what_is_left_of_a_line_comes_back_when_its_order_ends() -> None:
    refunds = [shopify_refund(5, 7002, (TEE, 1, 19.0), (CAP, 1, 9.9))]
    order = shopify_order(7002, "ann@example.com", TEE, CAP, refunds=refunds, cancelled_at="2026-05-06T10:00:00Z")
    rows = [(row["event_id"], row["event_type"], row["quantity"]) for row in shopify_webhooks.order_rows(order)]
    assert rows == [("7002-1", "purchase", 1.0), ("7002-1~50", "return", 1.0), ("7002-2~return", "return", 1.0)]
