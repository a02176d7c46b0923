"""What orders and refunds tell: purchases, and what came back of those that are known."""

from datetime import UTC, datetime
from typing import Any

from recommender.db.engine import session_scope
from services.container import Shop
from services.schemas.events import NewEvent
from services.webhooks.orders import OrderEvents, read_order, read_refund, store_order

NOW = datetime(2026, 5, 1, 1, tzinfo=UTC)
TIME = "2026-05-01T00:30:00Z"


def line(event_id: str, item_id: str = "tea-1", **changes: Any) -> dict[str, Any]:
    told = {"event_type": "purchase", "value": "6.00", "quantity": "2", "time": TIME}
    return {"event_id": event_id, "user_id": "orders", "item_id": item_id, **told, **changes}


def read(*rows: dict[str, Any]) -> OrderEvents:
    with session_scope() as session:
        return read_order(session, rows, NOW)


def refund(shop: Shop, order_id: str, *parts: dict[str, Any]) -> OrderEvents:
    with session_scope() as session:
        return read_refund(session, order_id, parts, shop.answers.live_items, NOW)


def part(*names: str, quantity: float = 1.0) -> dict[str, Any]:
    return {"id": 7, "names": names, "quantity": quantity, "subtotal": 3.0, "time": TIME}


def test_lines_that_are_no_good_are_told_by_their_place_and_spoil_no_other(module_shop: Shop) -> None:
    told = read(line("o1-1"), line("o1-2", quantity="many"), line("o1-3", item_id="coffee-1"))
    assert [event["event_id"] for event in told.events] == ["o1-1", "o1-3"]
    assert told.places == [0, 2]
    (bad,) = told.rejected
    assert (bad.index, bad.field) == (1, "quantity")
    assert "docs/formats.md" in bad.remedy


def test_what_came_back_counts_where_its_purchase_is_known(module_shop: Shop) -> None:
    back = line("o2-1~return", event_type="return")
    assert read(back).events == [], "another purchase of the item would be taken back"
    assert [one["event_id"] for one in read(line("o2-1"), back).events] == ["o2-1", "o2-1~return"]


def test_an_order_is_stored_by_the_rules_of_events(module_shop: Shop) -> None:
    told = read(line("o3-1"), line("o3-2", item_id="in no catalogue"))
    answer = store_order(module_shop.intake, told, "orders/create", NOW)
    assert (answer.outcome, answer.added, [one.index for one in answer.rejected]) == ("taken", 1, [1])
    again = store_order(module_shop.intake, told, "orders/create", NOW)
    assert (again.added, again.duplicates) == (0, 1)


def test_an_order_that_tells_nothing_is_passed_over(module_shop: Shop) -> None:
    assert store_order(module_shop.intake, OrderEvents([], [], []), "orders/create", NOW).outcome == "ignored"
    bad = read(line("o4-1", quantity="many"))
    answer = store_order(module_shop.intake, bad, "orders/create", NOW)
    assert (answer.outcome, len(answer.rejected)) == ("taken", 1)


def test_a_refund_gives_back_a_line_whole_or_in_part_and_each_line_once(module_shop: Shop) -> None:
    bought = [
        NewEvent(event_id=f"77-{n}", user_id="refunds", item_id="tea-2", event_type="purchase", quantity=2.0)
        for n in (1, 2)
    ]
    module_shop.intake.take(bought, NOW)
    assert [one["event_id"] for one in refund(module_shop, "77", part("x", "tea-2")).events] == ["77-1~7"]
    whole = refund(module_shop, "77", part("tea-2", quantity=2.0), part("tea-2", quantity=3.0), part("tea-2"))
    assert [(one["event_type"], one["user_id"]) for one in whole.events] == [("return", "refunds")] * 2
    assert len({one["event_id"].partition("~")[0] for one in whole.events}) == 2
    assert refund(module_shop, "77", part("tea-3")).events == []
    assert refund(module_shop, "78", part("tea-2")).events == [], "of an order nobody told of"
