"""Snowplow's e-commerce events."""

from pathlib import Path
from typing import Any

from recommender.importing.sources import run_folder
from recommender.settings import Settings
from tests.support.shops.files import jsonl, table, write

CATALOGUE = "item_id,title\ntee,Tee\nmug,Mug\n"


def test_snowplow(home: Settings, migrated: None, tmp_path: Path) -> None:
    vendor = "com_snowplowanalytics_snowplow_ecommerce_"

    def event(kind: str, second: int, *products: dict[str, Any], **more: Any) -> dict[str, Any]:
        return {
            "app_id": "shop",
            "event_id": f"e{second}",
            "event_name": "snowplow_ecommerce_action",
            "collector_tstamp": f"2026-01-01T10:00:{second:02}.000Z",
            "derived_tstamp": f"2026-01-01T10:00:{second:02}.123Z",
            "domain_userid": "d1",
            f"unstruct_event_{vendor}snowplow_ecommerce_action_1": {"type": kind},
            f"contexts_{vendor}product_1": list(products),
            **more,
        }

    tee, mug = {"id": "tee", "price": 20, "quantity": 2}, {"id": "mug", "price": 5}
    order = {f"contexts_{vendor}transaction_1": [{"transaction_id": "t1", "revenue": 45}]}
    rows = [
        event("product_view", 1, tee),
        event("list_view", 2, tee, mug),
        event("add_to_cart", 3, mug),
        event("remove_from_cart", 4, mug),
        event("transaction", 5, tee, mug, **order),
        {**event("ping", 6), "event_name": "page_ping", f"unstruct_event_{vendor}snowplow_ecommerce_action_1": None},
    ]
    run_folder(write(tmp_path, items__csv=CATALOGUE, snowplow__jsonl=jsonl(rows)))
    found = table("events", "time", "event_type", "item_id", "quantity", "value", "event_id")
    assert [row[1:] for row in found] == [
        ("view", "tee", 2.0, None, "e1-1"),
        ("cart", "mug", None, None, "e3-1"),
        ("removal", "mug", None, None, "e4-1"),
        ("purchase", "tee", 2.0, 40.0, "transaction-t1-1"),
        ("purchase", "mug", None, 5.0, "transaction-t1-2"),
    ]
