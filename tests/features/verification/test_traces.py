"""An id and texts are found in every form in which a store writes them, and nobody else's id is taken for this one."""

import json
from html import escape
from typing import Any
from urllib.parse import quote

from features.verification.traces import Found, Traces, batches, texts_of

TEXT = 'a "quiet" kettle & cup, für 茶'
SHOPPER = Traces("user-12", (TEXT,), longer_ids=("user-123", "big-user-12"))


def test_a_text_is_found_as_json_pages_and_addresses_write_it() -> None:
    for written in (TEXT, json.dumps(TEXT), json.dumps(TEXT, ensure_ascii=False), escape(TEXT), quote(TEXT, safe="")):
        assert SHOPPER.find(f"<p>{written}</p>".encode()) == Found(texts=1), written


def test_a_longer_id_is_another_shopper_s() -> None:
    assert SHOPPER.find(b'{"user":"user-12"} user-12,user-123 big-user-12 xuser-12') == Found(ids=2)
    page = b"\0user-12tea-1\0user-123tea-1\0big-user-12"
    assert SHOPPER.find(page, binary=True) == Found(ids=1)
    assert SHOPPER.find(page) == Found()


def test_a_short_id_needs_bounds_in_binary_data_too() -> None:
    assert Traces("u1").find(b"\0menu1\0u1\0u12", binary=True) == Found(ids=1)


def test_values_of_a_database_are_read_by_their_kind() -> None:
    assert SHOPPER.find_value("of user-12") == Found(ids=1)
    assert SHOPPER.find_value(b"\x01user-12tea") == Found(ids=1)
    assert SHOPPER.find_value(12) == Found()


def test_the_place_is_told_without_the_id() -> None:
    assert SHOPPER.mask("logs/user-12.log") == "logs/….log"
    assert Traces("ann@a.example").mask("exports/ann%40a.example.json") == "exports/….json"


def test_what_a_shopper_wrote_is_taken_from_their_export() -> None:
    held: dict[str, list[dict[str, Any]]] = {
        "events": [{"text": "a quiet kettle", "session_id": "visit-1"}, {"text": None, "session_id": None}],
        "users": [{"attributes": {"name": "Ann Example", "age": 40, "home": {"city": "Basel"}}}],
        "outgoing_messages": [{"data": {"question": "where is my order?", "kind": "x"}}],
    }
    told = ["a quiet kettle", "visit-1", "Ann Example", "Basel", "where is my order?"]
    assert list(texts_of(held)) == told


def test_forms_come_in_parts() -> None:
    assert list(batches((b"a", b"b", b"c"), 2)) == [(b"a", b"b"), (b"c",)]
