"""Whatever a file is packed as, what it holds is found; what can't be read is told."""

import gzip
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import polars as pl
import pytest

from features.verification import files
from features.verification.files import scan_folder
from features.verification.findings import Finding, Findings
from features.verification.traces import Traces

WHO, TEXT = "shopper-7391", "a kettle that sings"
LINE = f'{{"user_id":"{WHO}","text":"{TEXT}"}}\n'


def scan(folder: Path) -> Findings:
    findings = Findings(Traces(WHO, (TEXT,)))
    scan_folder(findings, folder, lambda relative: None if relative.parts[0] == "skipped" else "files")
    return findings


def test_each_kind_of_file_is_read_unpacked(tmp_path: Path) -> None:
    (tmp_path / "plain.log").write_text(LINE)
    with gzip.open(tmp_path / "old.log.gz", "wb") as packed:
        packed.write(LINE.encode())
    with zipfile.ZipFile(tmp_path / "both.zip", "w", zipfile.ZIP_DEFLATED) as packed_too:
        packed_too.writestr("inside.txt", LINE * 2)
    pl.DataFrame({"user_id": [WHO, "other"], "text": [TEXT, ""], "key": [WHO.encode(), b""]}).write_parquet(
        tmp_path / "rows.parquet", compression="zstd", statistics=False
    )
    (tmp_path / f"{WHO}.txt").touch()
    (tmp_path / "empty").touch()
    (tmp_path / "skipped").mkdir()
    (tmp_path / "skipped" / "plain.log").write_text(LINE)
    found = {one.place: (one.ids, one.texts) for one in scan(tmp_path).found}
    found.pop("rows.parquet", None)  # as bytes, where the codec left so short a page as it was
    assert found == {
        "plain.log": (1, 1),
        "old.log.gz (unpacked)": (1, 1),
        "both.zip (inside.txt)": (2, 2),
        "rows.parquet (rows)": (2, 1),
        "….txt (its name)": (1, 0),
    }


def test_rows_of_sqlite_name_their_column_and_deleted_ones_stand_in_free_pages(tmp_path: Path) -> None:
    path = tmp_path / "some.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA secure_delete=OFF")
        connection.execute("CREATE TABLE notes (who TEXT, what BLOB)")
        connection.execute("INSERT INTO notes VALUES (?, ?)", (WHO, TEXT.encode()))
        connection.commit()
        assert {one.place for one in scan(tmp_path).found} == {
            "some.db (notes.who)",
            "some.db (notes.what)",
            f"some.db ({files.FREE})",
        }
        connection.execute("DELETE FROM notes")
        connection.commit()
        assert scan(tmp_path).found == [Finding("files", f"some.db ({files.FREE})", 1, 1)]
        connection.execute("VACUUM")
    assert scan(tmp_path).found == []


def test_what_is_longer_than_a_piece_is_counted_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "PIECE", 64)
    with gzip.open(tmp_path / "long.gz", "wb") as packed:
        packed.write(LINE.encode() * 40)
    assert scan(tmp_path).found == [Finding("files", "long.gz (unpacked)", 40, 40)]


def test_what_can_t_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "torn.gz").write_bytes(gzip.compress(LINE.encode() * 99)[:40])
    (tmp_path / "torn.parquet").write_bytes(b"PAR1 and no more")
    findings = scan(tmp_path)
    assert [one.split(":")[0] for one in findings.unread] == ["torn.gz", "torn.parquet"]
    assert findings.scanned == {"files": {"places": 2, "bytes": 56}}


def test_links_are_read_by_name_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / WHO)
    assert scan(tmp_path).found == [Finding("files", "link (a link)", 1, 0)]
