"""Snowplow's e-commerce events, as its analytics SDKs write enriched events: an object on each line, or a table.

The columns of the action and of its products end in the version of their schema, as in ..._product_1 or _1_0_1.
"""

from collections.abc import Iterable
from typing import Any

from recommender.importing.column_names import Kind
from recommender.importing.formats.base import Format, Row, Skip
from recommender.importing.formats.helpers import line_total, listed

TYPES = {
    "product_view": "view",
    "list_click": "view",
    "add_to_cart": "cart",
    "remove_from_cart": "removal",
    "transaction": "purchase",
    "refund": "return",
}
_VENDOR = "com_snowplowanalytics_snowplow_ecommerce_"
_ACTION = f"unstruct_event_{_VENDOR}snowplow_ecommerce_action_1"
_CONTEXT = f"contexts_{_VENDOR}"


def read_event(rows: list[Row]) -> Iterable[Row]:
    """An event for each product of an action."""
    [row] = rows
    action = _entities(row, _ACTION)
    kind = str(action[0].get("type")) if action else str(row.get("event_name") or row.get("event"))
    if kind not in TYPES:
        raise Skip(kind)
    fields = {
        "event_type": TYPES[kind],
        "user_id": row.get("user_id") or row.get("domain_userid"),
        "session_id": row.get("domain_sessionid"),
        "time": row.get("derived_tstamp") or row.get("collector_tstamp"),
    }
    order = [*_entities(row, f"{_CONTEXT}transaction_1"), *_entities(row, f"{_CONTEXT}refund_1"), {}][0]
    products = _entities(row, f"{_CONTEXT}product_1")
    if not products:
        raise Skip(f"{kind} without products")
    for place, product in enumerate(products, 1):
        quantity = product.get("quantity")
        bought = TYPES[kind] in ("purchase", "return")
        yield {
            **fields,
            "item_id": product.get("id"),
            "quantity": quantity,
            "value": line_total(product.get("price"), quantity) if bought else None,
            "event_id": _event_id(kind, order, row, place),
        }


def _event_id(kind: str, order: Row, row: Row, place: int) -> str | None:
    if order.get("transaction_id"):
        return f"{kind}-{order['transaction_id']}-{place}"
    return f"{row['event_id']}-{place}" if row.get("event_id") else None


def _entities(row: Row, begins: str) -> list[dict[str, Any]]:
    """The entities of a schema, whatever its minor version."""
    found = next((value for name, value in row.items() if name.startswith(begins)), None)
    return [one for one in listed(found) if isinstance(one, dict)]


EVENTS = Format(
    "snowplow",
    Kind.EVENTS,
    signature=("event_id", "collector_tstamp", "domain_userid|user_id", "app_id|event_vendor|event_name"),
    nested=True,
    types=TYPES,
    read=read_event,
    reads={
        f"{_ACTION}*": "event_type",
        f"{_CONTEXT}product_1*": "item_id, quantity, value: an event for each",
        f"{_CONTEXT}transaction_1*": "event_id",
        f"{_CONTEXT}refund_1*": "event_id",
        "user_id": "user_id",
        "domain_userid": "user_id, where nobody has signed in",
        "domain_sessionid": "session_id",
        "derived_tstamp": "time",
        "collector_tstamp": "time, where there is no derived_tstamp",
        "event_id": "event_id",
        "event_name": "what is left out, by its name",
    },
)
