"""Rows of events as a whole: types in a shop's words, what each type must say, and an id for each."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from recommender.importing.checking.event_rows import finish_events
from recommender.importing.checking.rows import Rules
from recommender.importing.column_names import Kind, map_columns
from recommender.importing.sources import run_folder
from recommender.settings import Settings, get_settings
from tests.support.shops.files import ITEMS, rejected, table, write

NOW = datetime(2026, 6, 1, tzinfo=UTC)
RULES = Rules.of(NOW)
SCHEMA: dict[str, Any] = {
    **dict.fromkeys(
        ("event_id", "user_id", "session_id", "item_id", "event_type", "text", "status", "currency"), pl.String
    ),
    **dict.fromkeys(("value", "quantity"), pl.Float64),
    **dict.fromkeys(("time", "returned_at"), pl.Datetime("us", "UTC")),
}
GOOD = {"user_id": "u", "item_id": "i", "event_type": "view", "time": NOW}


def finish(*rows: dict[str, object], rules: Rules = RULES) -> tuple[pl.DataFrame, list[set[str]]]:
    """The events, and the fields with a problem of each row."""
    frame = pl.DataFrame([dict.fromkeys(SCHEMA) | row for row in rows], schema=SCHEMA)
    events, found = finish_events(
        frame, frame, map_columns(Kind.EVENTS, ["user_id", "item_id", "time"]), rules, Counter()
    )
    bad = [(name, problem.where.fill_null(False).to_list()) for name, problem in found]
    return events, [{name for name, where in bad if where[place]} for place in range(len(rows))]


def test_names_of_types_are_read_spelling_aside_and_none_is_the_default() -> None:
    said = ["Add_To_Cart", "ORDER", "Wishlist", None]
    events, problems = finish(*(GOOD | {"event_type": name} for name in said), rules=Rules.of(NOW, default_type="view"))
    assert events["event_type"].to_list()[0] == "cart"
    assert events["event_type"].to_list()[3] == "view"
    assert problems[3] == set()
    _, [unknown] = finish(GOOD | {"event_type": "跳舞"})
    assert unknown == {"event_type"}


@pytest.mark.parametrize(
    ("row", "fields"),
    [
        ({}, set()),
        ({"user_id": None}, {"user_id"}),
        ({"user_id": None, "session_id": "s"}, set()),
        ({"item_id": None}, {"item_id"}),
        ({"event_type": "search", "item_id": None, "text": "茶"}, set()),
        ({"event_type": "search", "item_id": None}, {"text"}),
        ({"event_type": "rating"}, {"value"}),
        ({"event_type": "rating", "value": -1.0}, set()),
        ({"value": -1.0}, {"value"}),
        ({"quantity": -1.0}, {"quantity"}),
        ({"event_type": "review"}, {"text"}),
        ({"event_type": "review", "value": 4.0}, set()),
        ({"time": None}, {"time"}),
    ],
)
def test_each_type_says_what_it_must(row: dict[str, object], fields: set[str]) -> None:
    assert finish(GOOD | row)[1] == [fields]


def test_an_event_without_an_id_has_the_same_one_each_time_it_is_told() -> None:
    rows = [GOOD, GOOD | {"value": 1.0}, GOOD | {"item_id": "j"}, GOOD | {"user_id": None, "session_id": "u"}]
    first, again = finish(*rows)[0]["event_id"], finish(*reversed(rows))[0]["event_id"]
    assert first.to_list() == again.to_list()[::-1]
    assert first.n_unique() == 4
    assert finish(GOOD | {"event_id": "own"}, GOOD)[0]["event_id"].to_list() == ["own", first[0]]


def test_values_in_another_currency_are_converted_or_rejected(
    home: Settings, migrated: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZHIYIN_CURRENCY", "EUR")
    monkeypatch.setenv("ZHIYIN_CURRENCY_RATES", "USD=0.5")
    get_settings.cache_clear()
    rows = (
        "a,purchase,8,usd",
        "b,purchase,8,",
        "c,purchase,900 JPY,",
        "d,purchase,€ 3,",
        "e,rating,4,USD",
        "f,review,3,USD",
    )
    lines = [f"{row},2026-01-0{day},ann,tea" for day, row in enumerate(rows, 1)]
    events = "\n".join(["event_id,event_type,value,currency,time,user_id,item_id", *lines])
    run_folder(write(tmp_path, items__csv=ITEMS, interactions__csv=events))
    assert table("events", "event_id", "value") == [("a", 4.0), ("b", 8.0), ("d", 3.0), ("e", 4.0), ("f", 3.0)]
    assert [(line, field) for _, line, field, _ in rejected()] == [(4, "value")]


def test_values_in_several_currencies_are_told(home: Settings, migrated: None, tmp_path: Path) -> None:
    rows = ("ann,tea,8 USD,2026-01-01", "ann,cup,3 EUR,2026-01-02", "bob,cup,3 EUR,2026-01-03")
    events = "\n".join(("user_id,item_id,value,time", *rows))
    summary = run_folder(write(tmp_path, items__csv=ITEMS, purchases__csv=events))
    assert any("values are in several currencies, EUR, USD" in note for file in summary.files for note in file.notes)
    assert sorted(value for _, value in table("events", "time", "value")) == [3.0, 3.0, 8.0]
