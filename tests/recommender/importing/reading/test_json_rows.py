"""Rows of JSON: lines, lists and documents."""

import json
from pathlib import Path

from recommender.importing.sources import run_folder
from recommender.settings import Settings
from tests.support.shops.files import table, write


def test_a_document_of_json(home: Settings, migrated: None, tmp_path: Path) -> None:
    rows = [{"user_id": "ann", "item_id": "tea", "type": "view", "time": 1767261600}]
    write(tmp_path, items__json=json.dumps([{"item_id": "tea", "title": "Tea"}], indent=2))
    run_folder(write(tmp_path, events__json=json.dumps({"events": rows}, indent=2)))
    assert table("events", "item_id", "event_type") == [("tea", "view")]
