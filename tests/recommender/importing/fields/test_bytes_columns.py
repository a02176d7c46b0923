"""Columns of bytes: text where they are UTF-8."""

import polars as pl

from recommender.importing.fields.bytes_columns import read_bytes

BAD = b"\xff\xfe\x00"


def test_bytes_of_a_field_are_text_and_those_that_are_none_a_problem() -> None:
    raw = pl.DataFrame({"line": [1, 2, 3], "Titel": ["茶".encode(), BAD, None]})
    rows, [(field, problem)], notices = read_bytes(raw, {"Titel": "title"})
    assert rows["Titel"].to_list() == ["茶", None, None]
    assert (field, problem.where.to_list(), notices) == ("title", [False, True, False], [])
    assert "store it as text" in problem.reason


def test_a_column_of_no_field_that_is_no_text_is_left_out_and_told() -> None:
    raw = pl.DataFrame({"line": [1], "photo": [BAD], "note": [b"ok"], "n": [7]})
    rows, problems, notices = read_bytes(raw, {})
    assert rows.columns == ["line", "note", "n"]
    assert rows["note"].to_list() == ["ok"]
    assert problems == []
    assert [str(notice) for notice in notices] == ["column photo holds bytes, not text: it is not used"]


def test_rows_without_bytes_stay_as_they_are() -> None:
    raw = pl.DataFrame({"line": [1], "title": ["x"]})
    rows, problems, notices = read_bytes(raw, {"title": "title"})
    assert rows.equals(raw)
    assert (problems, notices) == ([], [])
