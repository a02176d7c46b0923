"""WooCommerce's webhooks mean what its files mean."""

from typing import Any

from recommender.importing.formats.shops import woocommerce, woocommerce_webhooks
from tests.support.webhook_payloads import (
    woocommerce_order,
    woocommerce_product,
)


def rows_of(form: Any, rows: list[dict[str, str]]) -> list[dict[str, Any]]:
    """A file's rows under the names by which its format reads them."""
    return [{form.columns[name]: said for name, said in row.items()} | {"line": 0} for row in rows]


def test_a_woocommerce_product_is_the_same_item() -> None:
    file = {
        "ID": "44",
        "Type": "simple",
        "SKU": "POT-1",
        "Name": "Clay teapot",
        "Description": "<p>Holds tea.</p>",
        "Regular price": "30",
        "Categories": "Pots\\, clay",
        "Tags": "brown",
        "Images": "https://pots.example/pot.jpg, https://pots.example/lid.jpg",
        "Published": "1",
        "Visibility in catalog": "visible",
        "In stock?": "1",
        "Stock": "3",
        "Backorders allowed?": "0",
    }
    [row] = rows_of(woocommerce.PRODUCTS, [file])
    row |= {"Attribute 1 name": "Colour", "Attribute 1 value(s)": "brown, red"}
    [of_file] = woocommerce.read_products([row])
    told = woocommerce_webhooks.product_row(woocommerce_product())
    assert {name: str(said) for name, said in told.items() if name != "url"} == {
        name: str(said) for name, said in of_file.items()
    }
    path = woocommerce_webhooks.product_row(woocommerce_product(), ["Kitchen", "Pots, clay"])["categories"]
    assert path == ["Kitchen", "Pots, clay"], "a payload names no parents"


def test_a_woocommerce_order_that_only_began_is_none() -> None:
    lines = ("tea-1", 1, "3.00")
    assert woocommerce_webhooks.order_rows(woocommerce_order(1, "pending", "a@b.example", lines)) == []
    [row] = woocommerce_webhooks.order_rows(woocommerce_order(1, "shipped-by-us", "a@b.example", lines))
    assert (row["event_id"], row["time"], row["returned_at"]) == ("1-1", "2026-05-03T10:00:00Z", None)
    [back] = woocommerce_webhooks.order_rows(woocommerce_order(1, "failed", "a@b.example", lines))
    assert back["returned_at"] == "2026-05-03T10:00:00Z"
