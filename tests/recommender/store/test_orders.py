"""Lines of orders: purchases and returns the shop told, in the order they were bought."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from recommender.db.tables import Event
from recommender.store.orders import StoredLine, find_lines, find_order

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def add(session: Session, event_id: str, kind: str = "purchase", **more: Any) -> None:
    plain = {"event_id": event_id, "user_id": "ann", "session_id": None, "item_id": f"item of {event_id}"}
    session.add(Event(**plain | {"event_type": kind, "quantity": 2.0, "time": NOW} | more))
    session.flush()


def test_lines_are_found_by_their_ids(session: Session) -> None:
    add(session, "o-1")
    add(session, "o-2", "return", quantity=None)
    add(session, "o-3", "view")
    add(session, "o-4", confirmed=False)
    found = find_lines(session, ["o-1", "o-2", "o-2", "o-3", "o-4", "gone"])
    assert found == {
        "o-1": StoredLine("o-1", "ann", None, "item of o-1", "purchase", 2.0),
        "o-2": StoredLine("o-2", "ann", None, "item of o-2", "return", 1.0),
    }
    assert find_lines(session, []) == {}


def test_an_order_is_its_purchases_line_by_line(session: Session) -> None:
    for line in ("o-10", "o-2", "o-1", "oo-1", "o-1-1"):
        add(session, line)
    add(session, "o-3", "return")
    assert [one.event_id for one in find_order(session, "o")] == ["o-1", "o-2", "o-10"]
    assert find_order(session, "nothing") == []
