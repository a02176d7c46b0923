"""What programs write where there is nothing."""

import polars as pl
import pytest

from recommender.importing.fields.null_words import blank_out


def blanked(column: pl.Series, *bare: str) -> tuple[list[object], list[str]]:
    rows, notices = blank_out(pl.DataFrame([column]), bare)
    return rows[column.name].to_list(), list(map(str, notices))


@pytest.mark.parametrize("word", ["NULL", " null ", "\\N", "NaN", "#N/A", "(null)", "undefined", "NaT"])
def test_null_words_are_nulls_in_every_column(word: str) -> None:
    values, [notice] = blanked(pl.Series("title", [word, "tea"]))
    assert values == [None, "tea"]
    assert notice.startswith(f"1 cells that say {word.strip()} were read as blank (--verbatim")


@pytest.mark.parametrize("word", ["-", "?", "none", "n.a.", "0000-00-00", "0000-00-00 00:00:00"])
def test_where_a_number_or_a_time_is_expected_more_words_say_nothing(word: str) -> None:
    assert blanked(pl.Series("price", [word]), "price")[0] == [None]
    assert blanked(pl.Series("title", [word])) == ([word], [])


def test_words_that_are_words_and_numbers_stay() -> None:
    assert blanked(pl.Series("title", ["Null Sauce", "无", None, ""])) == (["Null Sauce", "无", None, ""], [])
    assert blanked(pl.Series("n", [1, 2])) == ([1, 2], [])
    assert blanked(pl.Series("n", [1.5, float("nan")])) == ([1.5, None], [])
