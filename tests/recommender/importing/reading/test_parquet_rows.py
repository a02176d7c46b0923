"""Parquet as batches of rows: types stay what they are, anything else is JSON or words."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from recommender.importing.reading.parquet_rows import as_text, open_parquet, parquet_batches, parquet_columns
from recommender.importing.reading.rows import UnreadableFile

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def written(folder: Path, **columns: pa.Array) -> Path:
    pq.write_table(pa.table(columns), folder / "x.parquet")
    return folder / "x.parquet"


def test_rows_are_read_on_from_any_row(tmp_path: Path) -> None:
    path = written(tmp_path, id=pa.array(range(7)))
    for skip in range(9):
        for size in (1, 3, 100):
            batches = list(parquet_batches(path, skip, size))
            lines = [line for batch in batches for line in batch.rows["line"]]
            ids = [one for batch in batches for one in batch.rows["id"]]
            assert lines == list(range(skip + 1, 8)), (skip, size)
            assert ids == list(range(skip, 7))
            assert sum(batch.taken for batch in batches) == max(0, 7 - skip)


def test_values_keep_their_types(tmp_path: Path) -> None:
    columns = {
        "number": pa.array([1.5], pa.float32()),
        "word": pa.array(["茶"]).dictionary_encode(),
        "time": pa.array([NOON], pa.timestamp("us", "Asia/Shanghai")),
        "bytes": pa.array([b"\xff"], pa.binary()),
        "money": pa.array([Decimal("4.50")]),
        "list": pa.array([["a", "茶"]]),
        "object": pa.array([{"a": 1}]),
        "line": pa.array([9]),
        "nothing": pa.nulls(1),
    }
    [batch] = parquet_batches(written(tmp_path, **columns), 0, 10)
    row = batch.rows.row(0, named=True)
    assert (row["line"], row["line "]) == (1, 9)
    assert (row["number"], row["word"], row["time"], row["bytes"]) == (1.5, "茶", NOON, b"\xff")
    assert (row["money"], row["list"], row["object"]) == (Decimal("4.50"), '["a","茶"]', '{"a":1}')
    assert row["nothing"] is None
    assert batch.rows["time"].dtype == pl.Datetime("us", "UTC")


def test_names_of_columns_are_told_and_must_differ(tmp_path: Path) -> None:
    assert parquet_columns(written(tmp_path, id=pa.array([1]), line=pa.array([1]))) == ["id", "line "]
    pq.write_table(pa.Table.from_arrays([pa.array([1])] * 2, names=["a", "a"]), tmp_path / "twice.parquet")
    with pytest.raises(UnreadableFile, match="must name each column once; it says a, a"):
        parquet_columns(tmp_path / "twice.parquet")


def test_what_is_no_parquet_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "no.parquet"
    path.write_bytes(b"id,title\n")
    with pytest.raises(UnreadableFile, match="is not a Parquet file"):
        open_parquet(path)
    whole = written(tmp_path, id=pa.array(range(5000)))
    damaged = whole.read_bytes()
    (tmp_path / "cut.parquet").write_bytes(damaged[: len(damaged) // 2])
    with pytest.raises(UnreadableFile, match=r"cut\.parquet"):
        list(parquet_batches(tmp_path / "cut.parquet", 0, 10))


def test_values_in_words() -> None:
    assert as_text(None) is None
    assert as_text("茶") == "茶"
    assert as_text({1: ("a", None)}) == '{"1":["a",null]}'
    assert as_text(1.5) == "1.5"
