"""Bad rows as rejects: each once, with its first problem."""

import orjson
import polars as pl

from recommender.importing.checking.rejects import make_rejects, name_person
from recommender.importing.column_names import Kind, map_columns
from recommender.importing.fields.values import Problem

RAW = pl.DataFrame({"line": [4, 5, 9], "Customer": ["安", "bob", None], "value": [1.5, None, None]})


def test_a_row_with_several_problems_is_told_of_once_and_rows_come_in_order() -> None:
    found = [
        ("time", Problem(pl.Series([False, None, True]), "late")),
        ("value", Problem(pl.Series([True, False, True]), "bad")),
    ]
    rejects = make_rejects(RAW, found)
    assert rejects.select("line", "field", "reason").rows() == [(4, "value", "bad"), (9, "time", "late")]
    assert [orjson.loads(raw) for raw in rejects["raw"]] == [{"Customer": "安", "value": 1.5}, {}]


def test_without_problems_there_are_no_rejects() -> None:
    assert make_rejects(RAW, [("time", Problem(pl.Series([None, None, False]), "late"))]).is_empty()
    assert make_rejects(RAW, []).columns == ["line", "field", "reason", "raw"]


def test_the_shopper_s_column_is_named_as_ours_so_that_the_reject_is_found() -> None:
    columns = map_columns(Kind.USERS, ["Customer", "value"], {"user_id": "Customer"})
    assert name_person(RAW, columns).columns == ["line", "user_id", "value"]
    both = RAW.with_columns(user_id=pl.lit("x"))
    assert name_person(both, columns).columns == both.columns
    assert name_person(RAW, map_columns(Kind.ITEMS, ["item_id"])) is RAW
