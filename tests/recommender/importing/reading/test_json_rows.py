"""Rows of JSON: lines, lists and documents."""

import json
from pathlib import Path

import pytest

from recommender.importing.reading.json_rows import document_records, json_records
from recommender.importing.reading.rows import UnreadableFile
from recommender.importing.sources import run_folder
from recommender.settings import Settings
from tests.support.shops.files import table, write


def test_a_document_of_json(home: Settings, migrated: None, tmp_path: Path) -> None:
    rows = [{"user_id": "ann", "item_id": "tea", "type": "view", "time": 1767261600}]
    write(tmp_path, items__json=json.dumps([{"item_id": "tea", "title": "Tea"}], indent=2))
    run_folder(write(tmp_path, events__json=json.dumps({"events": rows}, indent=2)))
    assert table("events", "item_id", "event_type") == [("tea", "view")]


def lines(*raw: str | bytes) -> list[tuple[int, object, str]]:
    data = [one.encode() if isinstance(one, str) else one for one in raw]
    return [(one.line, one.value, one.reason) for one in json_records(iter(data))]


def document(content: str) -> list[object]:
    data = content.encode().splitlines(keepends=True)
    return [one.value for one in document_records(Path("x.json"), iter(data))]


def test_each_line_is_an_object_or_told_with_its_number() -> None:
    assert lines("\ufeff" + '{"a": "茶"}\n', "\n", '{"a": NaN}\n') == [(1, {"a": "茶"}, ""), (3, {"a": None}, "")]
    assert [(line, reason) for line, _, reason in lines("[1]", "7", b'{"a": "\xff"}')] == [
        (1, "not a JSON object"),
        (2, "not a JSON object"),
        (3, "not UTF-8: save the file in that encoding"),
    ]
    [(_, value, reason)] = lines('{"a":')
    assert value is None
    assert reason.startswith("not JSON (")


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        ('[{"a": 1}, {"a": 2}]', [{"a": 1}, {"a": 2}]),
        ('{"data": [{"a": 1}]}', [{"a": 1}]),
        ('{"data": [{"a": 1}], "total": 1}', [{"data": [{"a": 1}], "total": 1}]),  # an item that has a list
        ('{"a": 1}', [{"a": 1}]),
        ('{"a": 1}\n{"a": 2}\n', [{"a": 1}, {"a": 2}]),
        ("[]", []),
    ],
)
def test_a_document_s_list_is_its_rows(content: str, rows: list[object]) -> None:
    assert document(content) == rows


def test_what_is_neither_a_document_nor_lines_is_refused() -> None:
    with pytest.raises(UnreadableFile, match=r"x.json is neither one JSON document nor one object a line"):
        document("{broken\n")
