"""Rows as they were read."""

import polars as pl

from recommender.importing.reading.rows import Record, decoded, own_name, raw_batch


def test_a_batch_holds_what_could_be_read_and_what_could_not() -> None:
    batch = raw_batch(3, {"名": pl.Series(["茶", None])}, [2, 5], [Record(4, None, "too long", "x" * 9)])
    assert batch.rows.rows() == [(2, "茶"), (5, None)]
    assert batch.rejects.rows() == [(4, "*", "too long", "x" * 9)]
    assert batch.taken == 3
    empty = raw_batch(0, {}, [], [])
    assert (empty.rows.columns, len(empty.rows), len(empty.rejects)) == (["line"], 0, 0)


def test_a_column_called_line_is_not_where_a_row_stood() -> None:
    assert own_name("line") == "line "
    assert own_name("Line") == "Line"


def test_text_that_is_no_utf_8_is_told_and_shown_as_far_as_it_goes() -> None:
    assert decoded("茶".encode()) == ("茶", True)
    assert decoded(b"a\xffb") == ("a\ufffdb", False)
    assert decoded(b"") == ("", True)
