"""Algolia's Insights events."""

import json
from pathlib import Path

from recommender.importing.sources import run_folder
from recommender.settings import Settings
from tests.support.shops.files import table, write

CATALOGUE = "item_id,title\ntee,Tee\nmug,Mug\n"


def test_algolia(home: Settings, migrated: None, tmp_path: Path) -> None:
    base = {"index": "products", "userToken": "u1", "eventName": "x"}
    rows = [
        {**base, "eventType": "click", "objectIDs": ["tee"], "timestamp": 1767261600000, "queryID": "q"},
        {**base, "eventType": "view", "filters": ["brand:loom"], "timestamp": 1767261601000},
        {
            **{**base, "eventType": "conversion", "eventSubtype": "purchase", "timestamp": 1767261602000},
            **{"objectIDs": ["tee", "mug"], "objectData": [{"price": 20, "quantity": 2}, {"price": "5"}]},
        },
        {
            **base,
            "eventType": "conversion",
            "eventSubtype": "addToCart",
            "objectIDs": ["mug"],
            "timestamp": 1767261603000,
        },
    ]
    run_folder(write(tmp_path, items__csv=CATALOGUE, insights__json=json.dumps({"events": rows})))
    assert [row[1:] for row in table("events", "time", "event_type", "item_id", "quantity", "value")] == [
        ("view", "tee", None, None),
        ("purchase", "tee", 2.0, 40.0),
        ("purchase", "mug", None, 5.0),
        ("cart", "mug", None, None),
    ]
