"""Lines of orders as they are stored: which were bought, and which came back. Sessions are handed in."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from recommender.db.tables import RETURN, Event

MOST_LINES = 500  # of an order that are looked for
PURCHASE = "purchase"


@dataclass(frozen=True, slots=True)
class StoredLine:
    """A line of an order."""

    event_id: str
    user_id: str | None
    session_id: str | None
    item_id: str | None
    event_type: str
    quantity: float


def find_lines(session: Session, event_ids: Iterable[str]) -> dict[str, StoredLine]:
    """Purchases and returns under these ids, as the shop told them, by their ids."""
    columns = (Event.event_id, Event.user_id, Event.session_id, Event.item_id, Event.event_type, Event.quantity)
    conditions = (Event.event_id.in_(sorted(set(event_ids))), Event.confirmed, Event.event_type.in_((PURCHASE, RETURN)))
    rows = session.execute(select(*columns).where(*conditions))
    return {row.event_id: StoredLine(*row[:5], row.quantity or 1.0) for row in rows}


def find_order(session: Session, order_id: str) -> list[StoredLine]:
    """What an order bought, line by line."""
    ids = [f"{order_id}-{place}" for place in range(1, MOST_LINES + 1)]
    found = find_lines(session, ids)
    return [found[one] for one in ids if one in found and found[one].event_type == PURCHASE]
