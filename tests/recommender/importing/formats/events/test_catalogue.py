"""A catalogue out of events: the latest word on each item."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from recommender.importing.formats.events.catalogue import items_of_events
from tests.support.shops.files import jsonl, write


def items_of(row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from row["items"] or ()


def catalogue(folder: Path, *items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    path = write(folder, events__jsonl=jsonl({"items": some} for some in items)) / "events.jsonl"
    frames = list(items_of_events(path, items_of))
    return pl.concat(frames).to_dicts() if frames else []


def test_what_was_said_last_counts_and_a_blank_says_nothing(tmp_path: Path) -> None:
    assert catalogue(
        tmp_path,
        [{"item_id": 7, "title": "Tea", "price": 4}, {"item_id": "b", "categories": ["茶"]}],
        [{"item_id": 7, "title": "", "price": 5, "categories": []}],
        [],
    ) == [
        {"item_id": "7", "title": "Tea", "price": "5", "categories": None},
        {"item_id": "b", "title": None, "price": None, "categories": '["茶"]'},
    ]


def test_events_of_no_item_make_no_catalogue(tmp_path: Path) -> None:
    assert catalogue(tmp_path, []) == []
