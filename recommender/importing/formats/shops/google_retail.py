"""Google's Retail API (Vertex AI Search for commerce): products and user events, an object on each line.

A VARIANT belongs to the product that `primaryProductId` names, and is read with it.
"""

from collections.abc import Iterable
from typing import Any

from recommender.importing.column_names import Kind
from recommender.importing.formats.base import ALL, Format, Row, Skip
from recommender.importing.formats.helpers import as_attributes, every, first, line_total, listed, prices, shown_variant

TYPES = {
    "detail-page-view": "view",
    "add-to-cart": "cart",
    "remove-from-cart": "removal",
    "purchase-complete": "purchase",
    "search": "search",
}
_TEXTS = ("sizes", "materials", "patterns", "conditions", "tags")


def read_products(rows: list[Row]) -> Iterable[Row]:
    """A product with its variants."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        own = str(row.get("id") or str(row.get("name", "")).rpartition("/")[2])
        groups.setdefault(str(row.get("primaryProductId") or own), []).append({**row, "id": own})
    for item_id, group in groups.items():
        yield _item(item_id, sorted(group, key=lambda row: row["id"] != item_id))


def _item(item_id: str, rows: list[Row]) -> Row:
    shown = shown_variant([_flat(row) for row in rows if row.get("priceInfo")] or [_flat(rows[0])])
    paths = [[name.strip() for name in str(path).split(">")] for path in listed(first(rows, "categories"))]
    images = [image["uri"] for row in rows for image in listed(row.get("images")) if isinstance(image, dict)]
    return {
        "line": rows[0]["line"],
        "item_id": item_id,
        **{name: first(rows, name) for name in ("title", "description")},
        "brand": first([{"brand": brand} for row in rows for brand in listed(row.get("brands"))], "brand"),
        "categories": max(paths, key=len, default=[]),
        **prices(shown),
        "availability": shown.get("availability"),
        "available_from": first(rows, "availableTime"),
        "available_until": first(rows, "expireTime"),
        "language": first(rows, "languageCode"),
        "image": images[0] if images else None,
        "attributes": as_attributes(
            **_custom(rows),
            **{name: list(dict.fromkeys(one for row in rows for one in listed(row.get(name)))) for name in _TEXTS},
            colors=list(dict.fromkeys(color for row in rows for color in _colors(row))),
            url=first(rows, "uri"),
            currency=shown.get("currency"),
            list_price=shown.get("list_price"),
            variants=[one for one in every(rows, "id") if one != item_id],
        ),
    }


def _flat(row: Row) -> Row:
    """A product with its price and stock in our names."""
    info = row.get("priceInfo") or {}
    usual = info.get("originalPrice")
    availability = str(row.get("availability", "")).lower()
    left = row.get("availableQuantity")
    return {
        "price": info.get("price"),
        "currency": info.get("currencyCode"),
        "list_price": usual if usual and usual != info.get("price") else None,
        "availability": availability or (None if left is None else "in_stock" if int(left) > 0 else "out_of_stock"),
    }


def _custom(rows: list[Row]) -> dict[str, Any]:
    """`attributes`, each with texts or numbers."""
    found: dict[str, Any] = {}
    for row in rows:
        for name, value in (row.get("attributes") or {}).items():
            values = listed(value.get("text")) or listed(value.get("numbers"))
            found.setdefault(name, values[0] if len(values) == 1 else values)
    return found


def _colors(row: Row) -> list[str]:
    info = row.get("colorInfo") or {}
    return listed(info.get("colors")) or listed(info.get("colorFamilies"))


def read_event(rows: list[Row]) -> Iterable[Row]:
    """An event for each of its products; the visitor stands for a shopper who has not signed in."""
    [row] = rows
    kind = str(row.get("eventType"))
    if kind not in TYPES:
        raise Skip(kind)
    user = (row.get("userInfo") or {}).get("userId") or row.get("visitorId")
    fields = {
        "event_type": TYPES[kind],
        "user_id": user,
        "session_id": row.get("sessionId"),
        "time": row.get("eventTime"),
    }
    if kind == "search":
        yield {**fields, "text": row.get("searchQuery")}
        return
    details = listed(row.get("productDetails"))
    if not details:
        raise Skip(f"{kind} without products")
    order = row.get("purchaseTransaction") or {}
    for place, detail in enumerate(details, 1):
        product, quantity = detail.get("product") or {}, detail.get("quantity")
        paid = line_total((product.get("priceInfo") or {}).get("price"), quantity)
        alone = order.get("revenue") if len(details) == 1 else None
        yield {
            **fields,
            "item_id": product.get("id") or str(product.get("name", "")).rpartition("/")[2],
            "quantity": quantity,
            "value": (alone or paid) if kind == "purchase-complete" else None,
            "event_id": f"{order['id']}-{place}" if order.get("id") else None,
        }


PRODUCTS = Format(
    "google-retail",
    Kind.ITEMS,
    signature=("priceInfo|primaryProductId|availableTime", "title", "categories|id|name"),
    nested=True,
    together=ALL,
    read=read_products,
    reads={
        "id": "item_id",
        "name": "item_id, where there is no id",
        "primaryProductId": "item_id of a variant, which is listed among its variants",
        "title": "title",
        "description": "description",
        "brands": "brand",
        "categories": "categories, the deepest path",
        "priceInfo": "price, attributes currency and list_price",
        "availability": "availability",
        "availableQuantity": "availability",
        "availableTime": "available_from",
        "expireTime": "available_until",
        "languageCode": "language",
        "images": "image",
        "uri": "url",
        "attributes": "attributes",
        "colorInfo": "attribute colors",
        **{name: f"attribute {name}" for name in _TEXTS},
    },
)
EVENTS = Format(
    "google-retail",
    Kind.EVENTS,
    signature=("eventType", "visitorId", "eventTime"),
    nested=True,
    read=read_event,
    types=TYPES,
    reads={
        "eventType": "event_type",
        "visitorId": "user_id, where there is no userId",
        "userInfo": "user_id",
        "sessionId": "session_id",
        "eventTime": "time",
        "searchQuery": "text",
        "productDetails": "item_id, quantity, value: an event for each",
        "purchaseTransaction": "event_id, value",
    },
)
