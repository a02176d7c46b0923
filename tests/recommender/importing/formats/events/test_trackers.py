"""Events as trackers and recommenders export them."""

import json
from pathlib import Path
from typing import Any

from recommender.importing.sources import run_folder
from recommender.settings import Settings
from tests.support.shops.files import jsonl, rejected, table, write

MICROS = 1767261600000000


def ga4(name: str, at: int, items: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    params = [{"key": "ga_session_id", "value": {"string_value": None, "int_value": "77"}}]
    return {
        "event_date": "20260101",
        "event_timestamp": str(MICROS + at),
        "event_name": name,
        "event_params": params + more.pop("params", []),
        "user_id": None,
        "user_pseudo_id": "dev.1",
        "ecommerce": {"transaction_id": "(not set)"},
        "items": items,
        **more,
    }


TEE = {"item_id": "tee", "item_name": "Tee", "item_brand": "(not set)", "item_category": "Clothing", "price": 20.0}
MUG = {"item_id": "mug", "item_name": "Mug", "item_category": "Kitchen", "item_category2": "Cups", "price": 5.0}
ORDER = {"ecommerce": {"transaction_id": "T1"}}


def test_ga4(database: Settings, tmp_path: Path) -> None:
    search = [{"key": "search_term", "value": {"string_value": "red tee"}}]
    rows = [
        ga4("session_start", 0, []),
        ga4("view_item", 1, [TEE]),
        ga4("add_to_cart", 2, [TEE, MUG]),
        ga4("remove_from_cart", 3, [MUG]),
        ga4("purchase", 4, [{**TEE, "quantity": "2", "item_revenue": 36.0}, {**MUG, "quantity": "1"}], **ORDER),
        ga4("refund", 5, [{**MUG, "quantity": "1", "item_refund": 5.0}], user_id="ann", **ORDER),
        ga4("view_search_results", 6, [], params=search),
        ga4("view_item", 7, [{"item_id": "(not set)"}]),
    ]
    summary = run_folder(write(tmp_path, events_20260101__json=jsonl(rows)))
    assert table("items", "item_id", "title", "categories", "brand", "price") == [
        ("mug", "Mug", ["Kitchen", "Cups"], "", 5.0),
        ("tee", "Tee", ["Clothing"], "", 20.0),
    ]
    events = table("events", "time", "event_type", "item_id", "quantity", "value", "user_id")
    assert [row[1:] for row in events] == [
        ("view", "tee", None, None, "dev.1"),
        ("cart", "tee", None, None, "dev.1"),
        ("cart", "mug", None, None, "dev.1"),
        ("removal", "mug", None, None, "dev.1"),
        ("purchase", "tee", 2.0, 36.0, "dev.1"),
        ("purchase", "mug", 1.0, 5.0, "dev.1"),
        ("return", "mug", 1.0, 5.0, "ann"),
        ("search", None, None, None, "dev.1"),
    ]
    assert events[0][0].isoformat() == "2026-01-01T10:00:00.000001+00:00"
    assert [(line, field) for _, line, field, _ in rejected()] == [(8, "item_id")]
    assert any("session_start" in note for note in summary.notes)
    assert run_folder(tmp_path, again=True).added == 0


def test_a_purchase_that_is_loaded_twice_is_one(home: Settings, migrated: None, tmp_path: Path) -> None:
    rows = [ga4("purchase", at, [{**TEE, "quantity": 1}], **ORDER) for at in (1, 9_000_000)]
    run_folder(write(tmp_path, ga4__jsonl=jsonl(rows)))
    assert len(table("events", "event_id")) == 1
    assert "other content" in rejected()[0][3]


def test_a_catalogue_comes_before_what_events_say(home: Settings, migrated: None, tmp_path: Path) -> None:
    catalogue = "item_id,title,price\ntee,Plain Tee,19\n"
    run_folder(write(tmp_path, items__csv=catalogue, ga4__jsonl=jsonl([ga4("view_item", 1, [TEE, MUG])])))
    assert table("items", "item_id", "title", "price") == [("mug", "Mug", 5.0), ("tee", "Plain Tee", 19.0)]


def test_gorse(home: Settings, migrated: None, tmp_path: Path) -> None:
    items = (
        "item_id,is_hidden,categories,time_stamp,labels,description\r\n"
        '1,false,x|y,2020-01-01 01:01:01.000000001 +0000 UTC,"{""genre"":[""comedy""]}","o,n,e"\r\n'
        "2,true,,2021-01-01 01:01:01 +0000 UTC,a|b,\r\n"
    )
    feedback = (
        "feedback_type,user_id,item_id,time_stamp\r\n"
        "star,ann,1,2024-01-16 10:22:33 +0000 UTC\r\nread,bob,2,2024-01-16 10:22:33.5 +0100 CET\r\n"
    )
    users = 'user_id,labels\r\nann,"[""student""]"\r\n'
    run_folder(write(tmp_path, gorse_items__csv=items, gorse_feedback__csv=feedback, gorse_users__csv=users))
    assert rejected() == []
    assert table("items", "item_id", "hidden", "description", "attributes") == [
        ("1", False, "o,n,e", {"genre": ["comedy"]}),
        ("2", True, "", {"labels": ["a", "b"]}),
    ]
    events = table("events", "event_type", "user_id", "time")
    assert [(*row[:2], row[2].isoformat()) for row in events] == [
        ("favorite", "ann", "2024-01-16T10:22:33+00:00"),
        ("view", "bob", "2024-01-16T09:22:33.500000+00:00"),
    ]
    assert table("users", "user_id", "attributes")[0] == ("ann", {"labels": ["student"]})


def test_a_document_of_json(home: Settings, migrated: None, tmp_path: Path) -> None:
    rows = [{"user_id": "ann", "item_id": "tea", "type": "view", "time": 1767261600}]
    write(tmp_path, items__json=json.dumps([{"item_id": "tea", "title": "Tea"}], indent=2))
    run_folder(write(tmp_path, events__json=json.dumps({"events": rows}, indent=2)))
    assert table("events", "item_id", "event_type") == [("tea", "view")]


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
