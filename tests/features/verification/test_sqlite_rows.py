"""Rows of any table of a SQLite file, by their column; odd names and many forms are no hindrance."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from features.verification import sqlite_rows
from features.verification.sqlite_rows import find_in_rows, is_sqlite
from features.verification.traces import Found, Traces

WHO, TEXT = "user-12", "a kettle"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "some.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute('CREATE TABLE "an odd ""name""" (who TEXT, "what is said" TEXT, number INTEGER)')
        rows = [(WHO, f"{TEXT} and {TEXT}", 1), ("other", TEXT, 2), ("other", "nothing", 12)]
        connection.executemany('INSERT INTO "an odd ""name""" VALUES (?, ?, ?)', rows)
        connection.execute("CREATE TABLE empty (who TEXT)")
        connection.commit()
    return file


@pytest.mark.parametrize("forms_a_query", [1, 50])
def test_each_column_s_traces_are_counted_once(path: Path, forms_a_query: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_rows, "FORMS_A_QUERY", forms_a_query)
    found = find_in_rows(path, Traces(WHO, (TEXT,)))
    assert found == {'an odd "name".who': Found(ids=1), 'an odd "name".what is said': Found(texts=3)}


def test_a_file_is_known_by_how_it_begins(path: Path) -> None:
    assert is_sqlite(path.read_bytes()[:32])
    assert not is_sqlite(b"PAR1")
    assert not is_sqlite(b"")
