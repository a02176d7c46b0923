"""Track calls of Segment."""

from pathlib import Path
from typing import Any

from recommender.importing.sources import run_folder
from recommender.settings import Settings
from tests.support.shops.files import jsonl, rejected, table, write


def segment(event: str, minute: int, **properties: Any) -> dict[str, Any]:
    return {
        "type": "track",
        "event": event,
        "userId": None,
        "anonymousId": "a1",
        "messageId": f"m{minute}",
        "timestamp": f"2026-01-01T10:{minute:02}:00.000Z",
        "properties": properties,
    }


CATALOGUE = "item_id,title\ntee,Tee\nmug,Mug\n"


def test_segment(home: Settings, migrated: None, tmp_path: Path) -> None:
    order = [{"product_id": "tee", "price": 20, "quantity": 2}, {"sku": "mug", "price": 5.5, "quantity": 1}]
    rows = [
        {"type": "page", "anonymousId": "a1", "messageId": "m0", "timestamp": "2026-01-01T10:00:00Z"},
        segment("Product Viewed", 1, product_id="tee", price=20),
        segment("Product Added", 2, product_id="mug", quantity=1),
        segment("Product Removed", 3, product_id="mug", quantity=1, products=[{"product_id": "tee"}]),
        segment("Product Added to Wishlist", 4, product_id="tee"),
        segment("Products Searched", 5, query="red tee"),
        segment("Order Completed", 6, order_id="o1", products=order),
        segment("Order Refunded", 7, order_id="o1", products=order[1:]),
        segment("Product Reviewed", 8, product_id="tee", review_body="Soft", rating="5"),
    ]
    summary = run_folder(write(tmp_path, items__csv=CATALOGUE, tracks__jsonl=jsonl(rows)))
    assert rejected() == []
    found = table("events", "time", "event_type", "item_id", "quantity", "value", "text")
    assert [row[1:] for row in found] == [
        ("view", "tee", None, None, None),
        ("cart", "mug", 1.0, None, None),
        ("removal", "mug", 1.0, None, None),
        ("favorite", "tee", None, None, None),
        ("search", None, None, None, "red tee"),
        ("purchase", "tee", 2.0, 40.0, None),
        ("purchase", "mug", 1.0, 5.5, None),
        ("return", "mug", 1.0, 5.5, None),
        ("review", "tee", None, 5.0, "Soft"),
    ]
    assert any("1 rows tell of nothing that is kept here: page" in note for note in summary.notes)
