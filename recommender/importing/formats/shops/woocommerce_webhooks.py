"""What WooCommerce's webhooks say, as rows in the names of its export, so that one reader gives both one meaning.

It knows the payloads of products and orders, and no table. A line of an order is `ORDER-PLACE`, and what came back of
it `ORDER-PLACE~return`. Of an order that was partly refunded the payload doesn't say which lines came back.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from recommender.importing.formats.base import Row
from recommender.importing.formats.helpers import hashed, money
from recommender.importing.formats.shops.woocommerce import read_products

NOT_BOUGHT = frozenset({"pending", "checkout-draft", "auto-draft", "draft", "new"})  # nothing is promised yet
ENDED = frozenset({"cancelled", "refunded", "failed", "trash"})
_STOCKED = {"instock": "1", "outofstock": "0", "onbackorder": "backorder"}
_BACKORDERS = {"no": "0", "yes": "1", "notify": "notify"}
_PRODUCT = {
    **{name: name for name in ("id", "type", "sku", "description", "short_description", "sale_price", "external_url")},
    "title": "name",
    "gtin": "global_unique_id",
    "sale_price_starts": "date_on_sale_from_gmt",
    "sale_price_ends": "date_on_sale_to_gmt",
}


def is_variation(product: Mapping[str, Any]) -> bool:
    """Whether a payload is of a variation: what its product says counts."""
    return product.get("type") == "variation" or (bool(product.get("parent_id")) and product.get("type") is None)


def product_row(product: Mapping[str, Any], known_path: Sequence[str] = ()) -> Row:
    """A product as an item. A payload names categories without their parents: `known_path` stays where it ends so."""
    [item] = read_products([_filled(_product(product))])
    names = _names(product.get("categories"))
    path = list(known_path) if known_path and known_path[-1] in names else item["categories"]
    return {**item, "categories": path, "url": product.get("permalink")}


def _product(product: Mapping[str, Any]) -> Row:
    attributes: list[Mapping[str, Any]] = product.get("attributes") or []
    return {
        **{ours: product.get(theirs) for ours, theirs in _PRODUCT.items()},
        "line": 0,
        "price": product.get("regular_price") or product.get("price"),
        "categories": ", ".join(name.replace(",", "\\,") for name in _names(product.get("categories"))),
        "tags": ", ".join(_names(product.get("tags"))),
        "brand": next(iter(_names(product.get("brands"))), None),
        "images": ", ".join(one["src"] for one in product.get("images") or [] if one.get("src")),
        "Published": "1" if product.get("status", "publish") == "publish" else "0",
        "Visibility in catalog": product.get("catalog_visibility"),
        "In stock?": _STOCKED.get(str(product.get("stock_status"))),
        "Stock": product.get("stock_quantity") if product.get("manage_stock") else None,
        "Backorders allowed?": _BACKORDERS.get(str(product.get("backorders"))),
        **{f"Attribute {place} name": one.get("name") for place, one in enumerate(attributes, 1)},
        **{
            f"Attribute {place} value(s)": ", ".join(map(str, one.get("options") or []))
            for place, one in enumerate(attributes, 1)
        },
    }


def _names(given: Any) -> list[str]:
    return [str(one["name"]) for one in given or [] if one.get("name")]


def order_rows(order: Mapping[str, Any]) -> list[Row]:
    """The lines of an order as purchases; as what its status says where it ended; none before it is one."""
    status, billing = str(order.get("status")), order.get("billing") or {}
    if status in NOT_BOUGHT:
        return []
    ended = order.get("date_modified_gmt") if status in ENDED else None
    buyer = hashed(billing.get("email")) or hashed(billing.get("phone"))
    return [
        {
            "line": 0,
            "event_id": f"{order['id']}-{place}",
            "user_id": buyer,
            "session_id": str(order.get("number") or order["id"]),
            "item_id": str(line.get("sku") or line.get("variation_id") or line.get("product_id")),
            "event_type": "purchase",
            "quantity": line.get("quantity"),
            "value": money(line.get("total")),
            "currency": order.get("currency"),
            "time": _utc(order.get("date_created_gmt")),
            "status": "cancelled" if status in ENDED else None,
            "returned_at": _utc(ended),
        }
        for place, line in enumerate(order.get("line_items") or [], 1)
    ]


def _utc(moment: Any) -> str | None:
    return f"{moment}Z" if moment else None


def _filled(row: Row) -> Row:
    return {name: value for name, value in row.items() if value not in (None, "")}
