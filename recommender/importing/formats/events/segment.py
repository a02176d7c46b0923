"""Track calls of Segment and RudderStack by their e-commerce specification, an object on each line.

Who it was is `userId`, or `anonymousId` as long as nobody has signed in. Products are known by `product_id`, or by
`sku` where there is none.
"""

from collections.abc import Iterable
from typing import Any

from recommender.importing.column_names import Kind, same_name
from recommender.importing.formats.base import Format, Row, Skip
from recommender.importing.formats.helpers import line_total, listed

_NAMES = {
    "Product Viewed": "view",
    "Product Clicked": "view",
    "Product Added": "cart",
    "Product Removed": "removal",
    "Product Added to Wishlist": "favorite",
    "Wishlist Product Added to Cart": "cart",
    "Order Completed": "purchase",
    "Order Refunded": "return",
    "Order Cancelled": "return",
    "Products Searched": "search",
    "Product Reviewed": "review",
}
TYPES = {same_name(name): ours for name, ours in _NAMES.items()}
_ORDERS = ("purchase", "return")


def read_event(rows: list[Row]) -> Iterable[Row]:
    """An event for each product of an order, and one for what is said of one product."""
    [row] = rows
    name = str(row.get("event") or row.get("type"))
    kind = TYPES.get(same_name(name))
    if kind is None:
        raise Skip(name)
    properties, context = row.get("properties") or {}, row.get("context") or {}
    fields = {
        "event_type": kind,
        "user_id": row.get("userId") or row.get("anonymousId"),
        "session_id": context.get("sessionId") or row.get("anonymousId"),
        "time": row.get("timestamp") or row.get("originalTimestamp") or row.get("receivedAt"),
    }
    if kind == "search":
        yield {**fields, "event_id": row.get("messageId"), "text": properties.get("query")}
        return
    # what stands beside one product is the whole cart, as some senders have it
    products = listed(properties.get("products")) if kind in _ORDERS or not _item_id(properties) else [properties]
    if not products:
        raise Skip(f"{name} without products")
    for place, product in enumerate(products, 1):
        yield {**fields, **_deal(kind, product, properties), "event_id": _event_id(kind, row, properties, place)}


def _item_id(product: Row) -> Any:
    return product.get("product_id") or product.get("sku") or product.get("id")


def _deal(kind: str, product: Row, properties: Row) -> Row:
    quantity = product.get("quantity")
    paid = line_total(product.get("price"), quantity) if kind in _ORDERS else None
    words = {"value": properties.get("rating"), "text": properties.get("review_body")} if kind == "review" else {}
    return {"item_id": _item_id(product), "quantity": quantity, "value": paid, **words}


def _event_id(kind: str, row: Row, properties: Row, place: int) -> str | None:
    order = properties.get("order_id") or properties.get("checkout_id")
    if kind in _ORDERS and order:
        return f"{kind}-{order}-{place}"
    return f"{row['messageId']}-{place}" if row.get("messageId") else None


EVENTS = Format(
    "segment",
    Kind.EVENTS,
    signature=("event", "properties", "userId|anonymousId", "timestamp|originalTimestamp|receivedAt"),
    nested=True,
    types=TYPES,
    read=read_event,
    reads={
        "event": "event_type",
        "type": "left out unless it is a track call",
        "userId": "user_id",
        "anonymousId": "user_id, where nobody has signed in; session_id",
        "context": "session_id (sessionId)",
        "messageId": "event_id",
        "timestamp": "time",
        "originalTimestamp": "time, where there is no timestamp",
        "receivedAt": "time, where there is no other",
        "properties": "item_id, quantity, value, text: an event for each product of an order",
    },
)
