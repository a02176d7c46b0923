"""Google Analytics 4 as it is exported to BigQuery, and from there to JSON or Parquet: an event of ours for each item.

Times are microseconds in UTC. Who it was is `user_id`, or the device (`user_pseudo_id`) as long as nobody has signed
in. What the events say of the items makes a catalogue where there is no other.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import polars as pl

from recommender.importing.column_names import Kind
from recommender.importing.formats.base import Format, Row, Skip
from recommender.importing.formats.events.catalogue import items_of_events
from recommender.importing.formats.helpers import line_total, listed, nested

TYPES = {
    "view_item": "view",
    "select_item": "view",
    "add_to_cart": "cart",
    "remove_from_cart": "removal",
    "add_to_wishlist": "favorite",
    "purchase": "purchase",
    "in_app_purchase": "purchase",
    "refund": "return",
    "view_search_results": "search",
    "search": "search",
}
_NOT_SET = ("(not set)", "(not provided)", "(none)", "(data not available)")


def read_event(rows: list[Row]) -> Iterable[Row]:
    """What one event says, of each of its items."""
    [row] = rows
    name = row.get("event_name")
    if name not in TYPES:
        raise Skip(str(name))
    device, params = row.get("user_pseudo_id"), _params(row.get("event_params"))
    visit = params.get("ga_session_id")
    fields = {
        "event_type": TYPES[name],
        "user_id": _present(row.get("user_id")) or device,
        "session_id": f"{device}.{visit}" if device and visit else device,
        "time": row.get("event_timestamp"),
    }
    if TYPES[name] == "search":
        yield {**fields, "text": params.get("search_term") or params.get("q")}
        return
    items = [item for item in listed(row.get("items")) if isinstance(item, dict)]
    if not items:
        raise Skip(f"{name} without items")
    order = _present((nested(row.get("ecommerce")) or {}).get("transaction_id")) or _present(
        params.get("transaction_id")
    )
    for place, item in enumerate(items, 1):
        yield {**fields, **_deal(name, item), "event_id": _event_id(name, order, device, row, place)}


def _deal(name: str, item: Row) -> Row:
    quantity = item.get("quantity")
    paid = item.get("item_refund") if name == "refund" else item.get("item_revenue")
    bought = name in ("purchase", "in_app_purchase", "refund")
    return {
        "item_id": _present(item.get("item_id")),
        "quantity": quantity,
        "value": (paid or line_total(item.get("price"), quantity)) if bought else None,
    }


def _event_id(name: str, order: str | None, device: Any, row: Row, place: int) -> str:
    """An order's own id, so that a page that is loaded twice buys once; else the device, the moment and the name."""
    if order and name in ("purchase", "refund"):
        return f"{name}-{order}-{place}"
    return f"{name}-{device}-{row.get('event_timestamp')}-{place}"


def _params(value: Any) -> dict[str, Any]:
    """`event_params` by their keys; each has one value of four kinds."""
    found = {}
    for param in listed(value):
        values = nested(param.get("value")) or {}
        found[param.get("key")] = next((_present(one) for one in values.values() if one is not None), None)
    return found


def _present(value: Any) -> Any:
    return None if value in (None, "", *_NOT_SET) else value


def items_of(row: Row) -> Iterator[Row]:
    """What an event says of its items."""
    for item in listed(row.get("items")):
        levels = [_present(item.get(name)) for name in ("item_category", *(f"item_category{n}" for n in range(2, 6)))]
        if (row.get("event_name") in TYPES) and _present(item.get("item_id")):
            yield {
                "item_id": item["item_id"],
                "title": _present(item.get("item_name")),
                "brand": _present(item.get("item_brand")),
                "categories": [level for level in levels if level],
                "price": item.get("price"),
            }


def read_items(path: Path) -> Iterable[pl.DataFrame]:
    """The items that the file's events of shopping name, each once."""
    return items_of_events(path, items_of)


_SIGNATURE = ("event_name", "event_timestamp", "event_params|items", "user_pseudo_id|user_id")
EVENTS = Format(
    "ga4",
    Kind.EVENTS,
    signature=_SIGNATURE,
    nested=True,
    types=TYPES,
    read=read_event,
    reads={
        "event_name": "event_type",
        "event_timestamp": "time",
        "user_id": "user_id",
        "user_pseudo_id": "user_id, where nobody has signed in; part of session_id",
        "event_params": "session_id (ga_session_id), text (search_term)",
        "ecommerce": "event_id (transaction_id)",
        "items": "item_id, quantity, value: an event for each",
    },
)
ITEMS = Format(
    "ga4",
    Kind.ITEMS,
    signature=_SIGNATURE,
    query=read_items,
    derived=True,
    second=True,
    reads={"items": "item_id, title, brand, categories, price of items that no catalogue describes"},
)
