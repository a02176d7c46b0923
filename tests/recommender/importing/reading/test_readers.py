"""Files as batches of rows, by what their names claim, from any row on."""

import gzip
from pathlib import Path

import pytest

from recommender.importing.reading.readers import columns_of, encoding_of, read_batches, record_batch, suffix_of
from recommender.importing.reading.rows import Record, UnreadableFile

CSV = "id,name\n1,茶\n2,Cup\n"
JSONL = '{"id": 1, "name": "茶"}\n{"id": 2, "name": "Cup"}\n'
XML = "<feed><entry><id>1</id><name>茶</name></entry><entry><id>2</id><name>Cup</name></entry></feed>"
FILES = {
    "x.csv": CSV,
    "x.TSV": CSV.replace(",", "\t"),
    "x.txt": CSV.replace(",", ";"),
    "x.dat": "1::茶\n2::Cup\n",
    "x.jsonl": JSONL,
    "x.json": f"[{JSONL.strip().replace(chr(10), ',')}]",
    "x.xml": XML,
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("packed", [False, True])
def test_every_kind_of_file_gives_the_same_rows(tmp_path: Path, name: str, packed: bool) -> None:
    if packed and name in ("x.dat", "x.txt"):
        pytest.skip("not packed")
    path = tmp_path / (f"{name}.gz" if packed else name)
    data = FILES[name].encode()
    path.write_bytes(gzip.compress(data) if packed else data)
    names = ["1", "2"] if name == "x.dat" else ["id", "name"]
    assert columns_of(path) == names
    for skip in range(3):
        for size in (1, 9):
            rows = [row for batch in read_batches(path, skip, size) for row in batch.rows.select(names).rows()]
            assert rows == [("1", "茶"), ("2", "Cup")][skip:]


def test_a_name_claims_the_longest_of_its_suffixes() -> None:
    assert suffix_of(Path("a.CSV.gz")) == ".csv.gz"
    assert suffix_of(Path("a.jsonl")) == ".jsonl"
    for name in ("a.pdf", "csv", "a.gz", "a.csv.zip"):
        assert suffix_of(Path(name)) is None


def test_other_encodings_are_found_and_read(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(CSV.encode("utf-16"))
    assert encoding_of(path) != "utf-8"
    [batch] = read_batches(path, 0, 9)
    assert batch.rows["name"].to_list() == ["茶", "Cup"]


def test_a_packed_file_that_is_cut_short_is_told(tmp_path: Path) -> None:
    path = tmp_path / "x.csv.gz"
    path.write_bytes(gzip.compress(CSV.encode() * 500)[:-20])
    with pytest.raises(UnreadableFile, match=r"is not a whole gzip file .*: pack it again"):
        list(read_batches(path, 0, 9))


def test_lines_of_which_none_is_a_row_are_told_with_the_first(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text("oops\n[1]\n")
    with pytest.raises(UnreadableFile, match="no line of it can be read as a row; line 1: not JSON"):
        columns_of(path)


def test_objects_with_other_fields_each_are_rows_of_all_of_them() -> None:
    batch = record_batch([Record(1, {"a": 1}), Record(2, None, "bad", "raw"), Record(3, {"b": ["茶"], "line": 5})])
    assert batch.rows.rows(named=True) == [
        {"line": 1, "a": "1", "b": None, "line ": None},
        {"line": 3, "a": None, "b": '["茶"]', "line ": "5"},
    ]
    assert batch.rejects.rows() == [(2, "*", "bad", "raw")]
    assert record_batch([]).taken == 0
