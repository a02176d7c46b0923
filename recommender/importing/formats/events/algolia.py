"""Algolia's Insights events: clicks, conversions and views, an event of ours for each object.

`queryID` names an answer of Algolia's, not of ours, and is not kept.
"""

from collections.abc import Iterable

from recommender.importing.column_names import Kind
from recommender.importing.formats.base import Format, Row, Skip
from recommender.importing.formats.helpers import line_total, listed

_SUBTYPES = {"addToCart": "cart", "purchase": "purchase"}


def read_event(rows: list[Row]) -> Iterable[Row]:
    """An event for each of its objects; a conversion that doesn't say which is a purchase."""
    [row] = rows
    kind = "view"
    if row.get("eventType") == "conversion":
        kind = _SUBTYPES.get(str(row.get("eventSubtype")), "purchase")
    objects, data = listed(row.get("objectIDs")), listed(row.get("objectData"))
    if not objects:
        raise Skip(f"{row.get('eventType')} of filters")
    for place, item_id in enumerate(objects):
        details = data[place] if place < len(data) and isinstance(data[place], dict) else {}
        yield {
            "event_type": kind,
            "user_id": row.get("authenticatedUserToken") or row.get("userToken"),
            "session_id": row.get("userToken"),
            "item_id": item_id,
            "quantity": details.get("quantity"),
            "value": line_total(details.get("price"), details.get("quantity")) if kind == "purchase" else None,
            "time": row.get("timestamp"),
        }


EVENTS = Format(
    "algolia",
    Kind.EVENTS,
    signature=("eventType", "userToken", "index", "objectIDs|filters"),
    nested=True,
    read=read_event,
    reads={
        "eventType": "event_type",
        "eventSubtype": "event_type of a conversion",
        "userToken": "user_id, where nobody has signed in; session_id",
        "authenticatedUserToken": "user_id",
        "objectIDs": "item_id: an event for each",
        "objectData": "quantity and value of a purchase",
        "timestamp": "time",
    },
)
