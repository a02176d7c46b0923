"""Google Analytics 4's export: events, orders that are loaded twice, and a catalogue made of events."""

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
