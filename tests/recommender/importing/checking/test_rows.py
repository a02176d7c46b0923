"""What all checks share: a field's columns, and what is missing or too long."""

import polars as pl

from recommender.importing.checking.rows import LONG_TEXT, column_of, find_missing, find_too_long
from recommender.importing.column_names import Columns, Kind

RAW = pl.DataFrame({"line": [1, 2, 3], "Preis": ["1", " ", None], "price_2": [7.5, 8.5, None]})


def columns(field: str | None, *also: str) -> Columns:
    return Columns(Kind.ITEMS, {"price": field} if field else {}, (), (), {"price": also})


def test_a_blank_is_filled_by_the_next_column_of_the_same_meaning() -> None:
    assert column_of(RAW, "price", columns("Preis", "price_2")).to_list() == ["1", "8.5", None]
    assert column_of(RAW, "price", columns("Preis")).to_list() == ["1", " ", None]
    assert column_of(RAW, "price", columns("price_2", "gone")).to_list() == [7.5, 8.5, None]


def test_a_field_that_the_file_lacks_is_as_many_nulls() -> None:
    assert column_of(RAW, "price", columns(None)).to_list() == [None] * 3
    assert column_of(RAW.clear(), "price", columns("gone")).to_list() == []


def test_what_is_missing_is_so_only_where_it_is_required() -> None:
    column = pl.Series(["a", None, None])
    assert find_missing(column).where.to_list() == [False, True, True]
    assert find_missing(column, pl.Series([True, True, False])).where.to_list() == [False, True, False]


def test_length_is_counted_in_characters() -> None:
    problem = find_too_long(pl.Series(["茶" * LONG_TEXT, "茶" * (LONG_TEXT + 1), None]))
    assert problem.where.to_list() == [False, True, None]
    assert "shorten it" in problem.reason
