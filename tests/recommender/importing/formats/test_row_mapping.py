"""A file's rows as rows in our names; rows that belong together are read as one."""

from collections.abc import Iterable

import polars as pl

from recommender.importing.column_names import Kind
from recommender.importing.formats.base import ALL, Format, Row, Skip
from recommender.importing.formats.row_mapping import PARTS, hold_together, read_rows, rename
from recommender.importing.reading.rows import RawBatch
from recommender.importing.storing.progress import reject_frame


def batch(*orders: str | None, first: int = 1, bad: tuple[int, ...] = ()) -> RawBatch:
    lines = [line for line in range(first, first + len(orders) + len(bad)) if line not in bad]
    rows = pl.DataFrame({"line": pl.Series(lines, dtype=pl.Int64), "order": pl.Series(orders, dtype=pl.String)})
    return RawBatch(len(orders) + len(bad), rows, reject_frame([(line, "*", "no", "") for line in bad]))


def held(*batches: RawBatch, together: str = "order") -> list[list[str | None]]:
    cut = list(hold_together(batches, together))
    assert sum(one.taken for one in cut) == sum(one.taken for one in batches)
    assert all(one.taken == len(one.rows) + len(one.rejects) for one in cut)
    return [one.rows["order"].to_list() for one in cut]


def test_an_order_is_never_cut_between_batches() -> None:
    assert held(batch("a", "b"), batch("b", "c", first=3)) == [["a"], ["b", "b"], ["c"]]
    assert held(batch("a"), batch("a", first=2), batch("a", first=3)) == [["a", "a", "a"]]
    assert held(batch("a", None), batch(None, first=3)) == [["a"], [None, None]]
    assert held() == []


def test_all_rows_may_belong_together_and_none() -> None:
    assert held(batch("a", "b"), batch("c", first=3), together=ALL) == [["a", "b", "c"]]
    batches = [batch("a", "b"), batch("c", first=3)]
    assert list(hold_together(batches)) == batches


def test_rejects_stay_with_the_rows_around_them() -> None:
    assert held(batch("a", "a", "b", bad=(2,)), batch("b", first=5, bad=(6,))) == [["a", "a"], ["b", "b"]]


def test_columns_are_renamed_and_those_of_no_use_left_out() -> None:
    raw = batch("a")
    renamed = rename(raw, {"order": "session_id", "gone": "x"}, ["nothing"])
    assert renamed.rows.columns == ["line", "session_id"]
    assert rename(raw, {}, ["order"]).rows.columns == ["line"]


def read(rows: list[Row]) -> Iterable[Row]:
    """Two of ours for each, with what its order says."""
    if rows[0].get("order") == "skip":
        raise Skip("page views")
    for row in rows:
        yield {"item_id": f"{row['order']}-1", "line": row["line"]}
        yield {"item_id": ["a", "茶"], "title": "", "line": row["line"]}


def test_each_row_of_ours_has_a_line_of_its_own() -> None:
    form = Format("shop", Kind.EVENTS, signature=(), read=read, together="order")
    made, notices = read_rows(batch("x", "x", "skip"), form, read)
    assert made.rows["line"].to_list() == [PARTS, PARTS + 1, 2 * PARTS, 2 * PARTS + 1]
    assert made.rows["item_id"].to_list() == ["x-1", '["a","茶"]', "x-1", '["a","茶"]']
    assert made.taken == 3
    assert [str(notice) for notice in notices] == ["1 rows tell of nothing that is kept here: page views"]


def test_a_row_that_is_not_in_the_form_is_rejected_with_its_line() -> None:
    form = Format("shop", Kind.EVENTS, signature=(), read=read)
    made, notices = read_rows(batch("x", None, bad=(3,)), form, read)
    assert [line // PARTS for line in made.rejects["line"]] == [3, 2]
    assert "not in the form of shop (KeyError" in made.rejects["reason"][1]
    assert notices == []
