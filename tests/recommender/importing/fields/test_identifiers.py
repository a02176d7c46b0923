"""Ids and blanks as programs write them: one shopper stays one, and nothing said is nothing."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from recommender.importing.fields.identifiers import identifier
from recommender.importing.folder import Reading
from recommender.importing.sources import run_folder
from recommender.settings import Settings
from tests.support.shops.files import ITEMS, jsonl, rejected, table, write

VERBATIM = replace(Reading.automatic(), verbatim=True)


def orders(user: list[Any]) -> pl.DataFrame:
    """Purchases of these shoppers, a guest's in a visit."""
    count = len(user)
    times = [datetime(2026, 1, day + 1) for day in range(count)]
    rest = {"item_id": ["tea"] * count, "session_id": ["s"] * count, "event_type": ["purchase"] * count}
    return pl.DataFrame({"user_id": user, **rest, "time": times}, strict=False)


@pytest.mark.parametrize("suffix", ["parquet", "csv", "jsonl"])
def test_a_number_that_became_a_float_is_the_shopper_it_was(
    home: Settings, migrated: None, tmp_path: Path, suffix: str
) -> None:
    write(tmp_path, items__csv=ITEMS, users__csv="user_id,consent\n17850,false\n17851,\n")
    getattr(
        orders([17850.0, None, 17851.0]), {"csv": "write_csv", "jsonl": "write_ndjson"}.get(suffix, "write_parquet")
    )(tmp_path / f"interactions.{suffix}")
    summary = run_folder(tmp_path)
    assert summary.rejected == 0
    assert table("users", "user_id", "consent") == [("17850", False), ("17851", True)]
    assert [row[0] for row in table("events", "user_id")] == ["17850", "17851", None]
    assert any("17850.0" in note and "user_id" in note for note in summary.notes)


@pytest.mark.parametrize(
    ("column", "ids"),
    [
        (pl.Series([17850.0, float("nan"), 2.5]), ["17850", "NaN", "2.5"]),
        (
            pl.Series(["17850.0", "0017850", " 7 ", "1.50", "v2.0", "12E5"]),
            ["17850", "0017850", "7", "1.50", "v2.0", "12E5"],
        ),
        (pl.Series([Decimal("17850.00"), None]), ["17850", None]),
        (pl.Series([17850, -1]), ["17850", "-1"]),
        (pl.Series([True]), ["true"]),
    ],
)
def test_ids_of_any_type(column: pl.Series, ids: list[str | None]) -> None:
    assert identifier(128)(column)[0].to_list() == ids


@pytest.mark.parametrize(
    ("column", "reason"),
    [(pl.Series([9.1e15]), "too large for a column of floats"), (pl.Series(["6.92E+12"]), "rounded by a spreadsheet")],
)
def test_an_id_whose_digits_are_lost_is_none(column: pl.Series, reason: str) -> None:
    _, problems = identifier(128)(column)
    [found] = [problem for problem in problems if problem.where.any()]
    assert reason in found.reason


def test_ids_and_words_are_kept_where_that_is_asked_for(home: Settings, migrated: None, tmp_path: Path) -> None:
    folder = write(tmp_path / "shop", items__csv="item_id,brand\n2,NA\n2.0,NULL\n6.92E+12,x\n")
    [note] = run_folder(folder, VERBATIM).notes
    assert "2 = 2.0. They are kept apart" in note
    assert table("items", "item_id", "brand") == [("2", "NA"), ("2.0", "NULL"), ("6.92E+12", "x")]


def test_two_ids_that_become_one_are_told(home: Settings, migrated: None, tmp_path: Path) -> None:
    summary = run_folder(write(tmp_path, items__csv="item_id,title\n2,Tea\n2.0,Cup\n"))
    assert summary.rejected == 1
    assert any("2.0" in note and "--verbatim" in note for note in summary.notes)
    assert rejected()[0][:3] == ("items.csv", 3, "item_id")


@pytest.mark.parametrize(
    "word", ["NULL", "null", r"\N", "NaN", "nan", "None", "N/A", "#N/A", "<NA>", "(null)", " NULL "]
)
def test_null_words_say_nothing(home: Settings, migrated: None, tmp_path: Path, word: str) -> None:
    items = "item_id,title,brand,price,categories,colour,hidden,available_until\n" + ",".join(
        ["tea", "Tea", *[word] * 6]
    )
    users = f"user_id,age,consent\nann,{word},{word}\n"
    events = f"event_id,user_id,session_id,item_id,event_type,value,time\n{word},{word},s,tea,view,{word},2026-01-01\n"
    summary = run_folder(write(tmp_path / "shop", items__csv=items, users__csv=users, interactions__csv=events))
    assert summary.rejected == 0
    columns = ("item_id", "brand", "price", "categories", "attributes", "hidden", "available_until")
    assert table("items", *columns) == [("tea", "", None, [], {}, False, None)]
    assert table("users", "user_id", "attributes", "consent") == [("ann", {}, True)]
    assert table("events", "user_id", "value") == [(None, None)]
    assert [note.split(" ")[:2] for note in summary.notes] == [
        ["items.csv:", "6"],
        ["users.csv:", "2"],
        ["interactions.csv:", "3"],
    ]
    assert all(word.strip() in note for note in summary.notes)


@pytest.mark.parametrize(
    ("field", "word"),
    [("price", "-"), ("available_until", "0000-00-00 00:00:00"), ("available_until", "none"), ("hidden", "n.a.")],
)
def test_a_dash_for_a_number_or_a_time_says_nothing(
    home: Settings, migrated: None, tmp_path: Path, field: str, word: str
) -> None:
    summary = run_folder(write(tmp_path, items__csv=f"item_id,brand,{field}\ntea,-,{word}\n"))
    assert summary.rejected == 0
    assert table("items", "item_id", "brand") == [("tea", "-")]


def test_a_null_word_takes_nothing_away(home: Settings, migrated: None, tmp_path: Path) -> None:
    run_folder(write(tmp_path, items__csv=ITEMS))
    rows = [{"item_id": "tea", "brand": "NULL", "price": float("nan"), "attributes": {"colour": None}}]
    run_folder(write(tmp_path / "again", items__jsonl=jsonl(rows)))
    assert table("items", "item_id", "brand", "price")[1] == ("tea", "Leaf", 4.5)
    assert rejected() == []


def test_a_column_called_line_is_an_attribute(home: Settings, migrated: None, tmp_path: Path) -> None:
    frame = pl.DataFrame({"item_id": ["a"], "line": ["Classic"]})
    frame.write_parquet(tmp_path / "items_1.parquet")
    write(tmp_path, items_2__csv="item_id,line\nb,Sport\n", items_3__jsonl=jsonl([{"item_id": "c", "line": "Home"}]))
    run_folder(tmp_path)
    lines = [row[1] for row in table("items", "item_id", "attributes")]
    assert lines == [{"line": "Classic"}, {"line": "Sport"}, {"line": "Home"}]
