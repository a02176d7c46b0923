"""How far each file's import has come, in the same transaction as its rows."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from recommender.db.engine import get_engine
from recommender.db.tables import ImportRun, Reject
from recommender.importing.storing import progress
from recommender.importing.storing.progress import MAX_RAW_LENGTH, UNREAD, BusyImport, Run, file_digest, reject_frame

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def begun() -> Run:
    with get_engine().begin() as connection:
        return progress.begin(connection, progress.find_run(connection, "x.csv", "v1"), NOW)


def test_an_import_goes_on_where_it_stopped_and_ends(migrated: None) -> None:
    run = begun()
    assert run == Run("x.csv", "v1", 0, 0, False)
    with get_engine().begin() as connection:
        run = progress.advance(connection, run, 10, NOW)
        run = progress.record(connection, run, 7, reject_frame([(3, "time", "late", "{}")]), NOW)
    with get_engine().begin() as connection:
        assert progress.find_run(connection, "x.csv", "v1") == run == Run("x.csv", "v1", 10, 1, False)
        assert progress.find_run(connection, "x.csv", "v2") == Run("x.csv", "v2", 0, 0, False)
        progress.finish(connection, run, NOW)
        assert progress.find_run(connection, "x.csv", "v1").finished
        [row] = connection.execute(select(ImportRun.rows_done, ImportRun.rows_added, ImportRun.rows_rejected))
        assert row == (10, 7, 1)


def test_two_imports_of_one_file_are_told(migrated: None) -> None:
    run = begun()
    with get_engine().begin() as connection:
        progress.advance(connection, run, 10, NOW)
    with (
        pytest.raises(BusyImport, match=r"another import of x.csv is at work; wait for it"),
        get_engine().begin() as connection,
    ):
        progress.advance(connection, run, 10, NOW)


def test_a_transaction_that_fails_has_come_no_further(migrated: None) -> None:
    run = begun()

    def fail() -> None:
        with get_engine().begin() as connection:
            progress.advance(connection, run, 10, NOW)
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        fail()
    with get_engine().begin() as connection:
        assert progress.find_run(connection, "x.csv", "v1").done == 0


def test_of_rejects_that_nobody_could_read_or_that_are_long_no_text_is_kept(migrated: None) -> None:
    run = begun()
    rows = [
        (1, "time", "late", "茶" * MAX_RAW_LENGTH),
        (2, "time", "late", "x" * (MAX_RAW_LENGTH + 1)),
        (3, UNREAD, "no row", "ann"),
    ]
    with get_engine().begin() as connection:
        progress.record(connection, run, 0, reject_frame(rows), NOW)
        progress.record(connection, run, 0, reject_frame(rows[:1]), NOW)  # told again
        kept = connection.execute(select(Reject.line, Reject.raw).order_by(Reject.line)).all()
    assert [tuple(row) for row in kept] == [(1, "茶" * MAX_RAW_LENGTH), (2, ""), (3, "")]


def test_a_changed_file_is_another_one(tmp_path: Path) -> None:
    file = tmp_path / "x"
    digests = set()
    for content in (b"", b"a", b"b"):
        file.write_bytes(content)
        assert file_digest(file) == file_digest(file)
        digests.add(file_digest(file))
    assert len(digests) == 3
