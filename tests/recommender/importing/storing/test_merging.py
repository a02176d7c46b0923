"""Rows joined with what is stored: what a row leaves out or blank stays as it was."""

import polars as pl
import pytest

from recommender.importing.storing.merging import merge_json, merge_rows


def test_nulls_and_columns_that_are_lacking_stay_as_stored() -> None:
    said = pl.DataFrame({"item_id": ["b", "a", "new"], "title": [None, "茶", "N"], "price": [None, 2.0, 3.0]})
    stored = pl.DataFrame({"item_id": ["a", "b"], "title": ["Tea", "Cup"], "price": [1.0, 9.0], "brand": ["Lark", "W"]})
    merged = merge_rows(said, stored, "item_id")
    assert merged.select("item_id", "title", "price", "brand").rows() == [
        ("b", "Cup", 9.0, "W"),
        ("a", "茶", 2.0, "Lark"),
        ("new", "N", 3.0, None),
    ]


def test_attributes_are_merged_by_name_and_categories_replaced() -> None:
    said = pl.DataFrame({"item_id": ["a"], "attributes": ['{"x":2,"材":"棉"}'], "categories": ['["B"]']})
    stored = pl.DataFrame({"item_id": ["a"], "attributes": ['{"x":1,"y":3}'], "categories": ['["A"]']})
    assert merge_rows(said, stored, "item_id").row(0) == ("a", '{"x":2,"y":3,"材":"棉"}', '["B"]')


def test_without_anything_stored_rows_stay_as_they_are() -> None:
    said = pl.DataFrame({"item_id": ["a"], "title": [None]}, schema={"item_id": pl.String, "title": pl.String})
    assert merge_rows(said, said.clear(), "item_id") is said


@pytest.mark.parametrize(
    ("said", "stored", "merged"),
    [
        (None, '{"a": 1}', '{"a": 1}'), ('{"a": 1}', None, '{"a": 1}'), (None, None, None),
        ('{"a":1}', '{"a": 1}', '{"a": 1}'),  # the same, written otherwise: the stored text itself
        ('{"a":null}', '{"a": 1}', '{"a":null}'), ("[1]", '{"a": 1}', "[1]"), ("[]", "[1]", "[]"),
    ],
)  # fmt: skip
def test_texts_of_json(said: str | None, stored: str | None, merged: str | None) -> None:
    assert merge_json(said, stored) == merged
