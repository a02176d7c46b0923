"""Rows of SQLite's files that hold a trace, whatever their tables: the database, Feast's online store, Airflow's."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from features.verification.traces import Found, Traces, batches

MAGIC = b"SQLite format 3\0"
FORMS_A_QUERY = 50
WAIT_SECONDS = 30


def is_sqlite(head: bytes) -> bool:
    """Whether a file that begins so is SQLite's."""
    return head.startswith(MAGIC)


def find_in_rows(path: Path, traces: Traces) -> dict[str, Found]:
    """What each column of each table holds, those that hold nothing left out."""
    found: dict[str, Found] = {}
    address = f"{path.resolve().as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True, timeout=WAIT_SECONDS)) as connection:
        for table in _tables(connection):
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({_quoted(table)})")]
            for row in _rows(connection, table, columns, traces.forms):
                for column, value in zip(columns, row, strict=True):
                    if one := traces.find_value(value):
                        name = f"{table}.{column}"
                        found[name] = found.get(name, Found()) + one
    return found


def _tables(connection: sqlite3.Connection) -> list[str]:
    names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'")
    return [str(name) for (name,) in names]


def _rows(
    connection: sqlite3.Connection, table: str, columns: list[str], forms: Sequence[bytes]
) -> Iterator[tuple[object, ...]]:
    """Rows that hold one of the forms, each once."""
    shown = ", ".join(map(_quoted, columns))
    seen = set[tuple[object, ...]]()
    for some in batches(forms, max(FORMS_A_QUERY // len(columns), 1)):
        tests = [f"instr(CAST({_quoted(name)} AS BLOB), ?{i + 1})" for name in columns for i in range(len(some))]
        query = f"SELECT {shown} FROM {_quoted(table)} WHERE {' OR '.join(tests)}"  # noqa: S608 (names are quoted)
        for row in connection.execute(query, some):
            if row not in seen:
                seen.add(row)
                yield row


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
