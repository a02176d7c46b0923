"""Files of which little or nothing can be read: rejects and words, never a crash."""

import gzip
from datetime import time, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from recommender.importing.column_names import EVENT_TYPE_NAMES
from recommender.importing.folder import Reading
from recommender.importing.reading.rows import UnreadableFile
from recommender.importing.sources import run_folder
from recommender.settings import Settings
from tests.support.shops.files import ITEMS, rejected, table, write

HEADERS = {
    "items": "item_id,title\n",
    "users": "user_id,city\n",
    "interactions": "event_id,user_id,item_id,time\n",
    "links": "source_user_id,target_user_id\n",
}
BAD = b'a,b\x81\xff,c,2026-01-01\n"x\n1,2,3,4,5,6,7\n'


@pytest.mark.parametrize("kind", HEADERS)
def test_a_batch_without_a_good_row_is_rejects(database: Settings, tmp_path: Path, kind: str) -> None:
    summary = run_folder(write(tmp_path, **{f"{kind}__csv": HEADERS[kind].encode() + BAD}))
    assert (summary.added, summary.rejected) == (0, 3)
    assert [(line, field) for _, line, field, _ in rejected()] == [(2, "*"), (3, "*"), (4, "*")]


@pytest.mark.parametrize("kind", HEADERS)
def test_a_bad_batch_does_not_keep_the_next_from_coming(
    home: Settings, migrated: None, tmp_path: Path, kind: str
) -> None:
    good = {"items": "tea,Tea", "users": "ann,Ulm", "interactions": "e1,ann,tea,2026-01-01", "links": "ann,bob"}[kind]
    lines = "1,2,3,4,5,6,7\n" * 4 + f"{good}\n" + "1,2,3,4,5,6,7\n" * 2
    reading = Reading({}, EVENT_TYPE_NAMES, stub_items=True, batch=2)
    summary = run_folder(write(tmp_path, **{f"{kind}__csv": HEADERS[kind] + lines}), reading)
    assert (summary.added, summary.rejected) == (1, 6)


@pytest.mark.parametrize("kind", HEADERS)
def test_lines_that_are_no_json_are_named(home: Settings, migrated: None, tmp_path: Path, kind: str) -> None:
    with pytest.raises(UnreadableFile, match="no line of it can be read as a row; line 1: not JSON"):
        run_folder(write(tmp_path, **{f"{kind}__jsonl": "[\n{]\nnothing\n"}))


def parquet(path: Path, **columns: pa.Array) -> None:
    pq.write_table(pa.table(columns), path)


def test_bytes_are_text_where_they_can_be(home: Settings, migrated: None, tmp_path: Path) -> None:
    ids = pa.array([b"tea", b"\xff\xfe", b"cup"])
    photos = pa.array([b"\x89PNG", None, b"\xff"])
    parquet(tmp_path / "items.parquet", item_id=ids, title=pa.array([b"Tea", b"x", "杯子".encode()]), photo=photos)
    summary = run_folder(tmp_path)
    assert table("items", "item_id", "title", "attributes") == [("cup", "杯子", {}), ("tea", "Tea", {})]
    [(_, line, field, why)] = rejected()
    assert (line, field) == (2, "item_id")
    assert "not UTF-8 text" in why
    assert any("column photo holds bytes" in note for note in summary.notes)


@pytest.mark.parametrize("kind", HEADERS)
def test_columns_that_are_all_bytes_are_rejects(database: Settings, tmp_path: Path, kind: str) -> None:
    names = HEADERS[kind].strip().split(",")
    columns = {name: pa.array([b"\xff\xfe", b"\x80"]) for name in names}
    parquet(tmp_path / f"{kind}.parquet", **columns)
    summary = run_folder(tmp_path)
    assert (summary.added, summary.rejected) == (0, 2)


@pytest.mark.parametrize(
    "column",
    [
        pa.array([Decimal("1.5")], pa.decimal256(50, 2)),
        pa.array([timedelta(days=1)]),
        pa.array([time(9, 30)]),
        pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int32())),
        pa.array([[b"a", b"\xff"]]),
        pa.array([{"of": Decimal("1.5")}]),
        pa.array(["x"]).dictionary_encode(),
        pa.array(["x"], pa.string_view()),
        pa.array([b"abcd"], pa.binary(4)),
        pa.array([None], pa.null()),
        pa.array([1.5], pa.float16()),
        pa.array([0], pa.timestamp("ns", "+08:00")),
    ],
    ids=lambda column: str(column.type),
)
def test_any_type_of_parquet_is_taken(home: Settings, migrated: None, tmp_path: Path, column: pa.Array) -> None:
    parquet(tmp_path / "items.parquet", item_id=pa.array(["tea"]), extra=column)
    parquet(tmp_path / "users.parquet", user_id=pa.array(["ann"]), extra=column)
    parquet(tmp_path / "interactions.parquet", user_id=["ann"], item_id=["tea"], time=["2026-01-01"], extra=column)
    summary = run_folder(tmp_path)
    assert (summary.added, summary.rejected) == (3, 0)


@pytest.mark.parametrize("field", ["price", "hidden", "available_until", "categories", "title"])
def test_a_field_of_an_odd_type_is_a_reject_at_most(home: Settings, migrated: None, tmp_path: Path, field: str) -> None:
    for number, column in enumerate([pa.array([timedelta(days=1)]), pa.array([b"\xff"]), pa.array([time(9)])]):
        parquet(tmp_path / f"items_{number}.parquet", item_id=pa.array([f"i{number}"]), **{field: column})
    summary = run_folder(tmp_path)
    assert summary.added + summary.rejected == 3


def test_a_parquet_file_that_is_damaged_inside_is_named(home: Settings, migrated: None, tmp_path: Path) -> None:
    path = tmp_path / "items.parquet"
    pl.DataFrame({"item_id": [f"i{n}" for n in range(20_000)]}).write_parquet(path, row_group_size=1_000)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 2_000] = b"\x00" * 2_000
    path.write_bytes(data)
    with pytest.raises(UnreadableFile, match="write it again"):
        run_folder(tmp_path)


def test_a_gzip_file_that_is_damaged_inside_is_named(home: Settings, migrated: None, tmp_path: Path) -> None:
    data = bytearray(gzip.compress((ITEMS + "".join(f"i{n},{n * n},,,\n" for n in range(50_000))).encode()))
    data[5_000:5_100] = b"\xff" * 100
    with pytest.raises(UnreadableFile, match="gzip"):
        run_folder(write(tmp_path, items__csv__gz=bytes(data)))
