"""Frames into tables in bulk: a batch goes to a temporary table first, then into its own by one statement.

It knows tables and columns, on SQLite and PostgreSQL alike, and neither files nor what a valid row is. Only the way
into the temporary table differs: executemany here, COPY there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    MetaData,
    Select,
    Table,
    Text,
    cast,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.dialects import postgresql, sqlite

SQLITE_TIME = "%Y-%m-%d %H:%M:%S%.6f"  # as SQLAlchemy writes it
SQLITE_CACHE_KB = 100_000
POSTGRES_TIME = "%Y-%m-%d %H:%M:%S%.6f+00"


@dataclass(frozen=True, slots=True)
class WriteCounts:
    """What became of rows that were good: new, changed an older one, or were here already."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0

    def __add__(self, other: "WriteCounts") -> "WriteCounts":
        return WriteCounts(self.added + other.added, self.updated + other.updated, self.unchanged + other.unchanged)


def prepare(connection: Connection) -> None:
    """Gives SQLite memory enough for bulk work on this connection."""
    if connection.dialect.name == "sqlite":
        with connection.begin():
            connection.exec_driver_sql("PRAGMA temp_store=MEMORY")
            connection.exec_driver_sql(f"PRAGMA cache_size={-SQLITE_CACHE_KB}")


def stage(connection: Connection, target: Table, frame: pl.DataFrame) -> Table:
    """`frame`, alone in the temporary table of `target`, which has its columns, `line` and `digest`."""
    staged = _staging_table(target)
    staged.create(connection, checkfirst=True)
    connection.execute(staged.delete())
    frame = frame.select(column.name for column in staged.columns if column.name in frame.columns)
    if frame.is_empty():
        return staged
    if connection.dialect.name == "sqlite":
        statement = staged.insert().values({name: None for name in frame.columns}).compile(connection)
        connection.exec_driver_sql(str(statement), _times_as_text(frame, SQLITE_TIME).rows())
    else:
        names = ", ".join(f'"{name}"' for name in frame.columns)
        text = _times_as_text(frame, POSTGRES_TIME).write_csv(include_header=False, quote_style="non_numeric")
        cursor: Any = connection.connection.cursor()
        with cursor.copy(f"COPY {staged.name} ({names}) FROM STDIN (FORMAT csv)") as copy:
            copy.write(text)
    return staged


def columns_of(target: Table, staged: Table) -> list[Column[Any]]:
    """The staged columns that the target has."""
    return [column for column in staged.columns if column.name in target.columns]


def insert_new(connection: Connection, target: Table, rows: Select[Any]) -> int:
    """Inserts the rows of a query whose key the target doesn't have yet; returns how many those were."""
    names = [column.name for column in rows.selected_columns]
    statement = _insert(connection, target).from_select(names, _unambiguous(rows)).on_conflict_do_nothing()
    return _count(connection, statement)


def upsert(connection: Connection, target: Table, staged: Table, touched: str | None = None) -> WriteCounts:
    """Inserts the staged rows, and updates those that are there with other content (`touched` alone is no change)."""
    names = [column.name for column in columns_of(target, staged)]
    keys = [column.name for column in target.primary_key.columns]
    total = connection.scalar(select(func.count()).select_from(staged)) or 0
    known = connection.scalar(select(func.count()).select_from(staged.join(target, _same(staged, target, keys)))) or 0
    statement = _insert(connection, target).from_select(names, _unambiguous(select(*(staged.c[n] for n in names))))
    compared = [name for name in names if name not in keys and name != touched]
    if compared:
        new = statement.excluded
        changed = or_(*(_plain(target.c[name]).is_distinct_from(_plain(new[name])) for name in compared))
        fresh = {name: new[name] for name in names if name not in keys}
        statement = statement.on_conflict_do_update(index_elements=keys, set_=fresh, where=changed)
    else:
        statement = statement.on_conflict_do_nothing(index_elements=keys)
    written = _count(connection, statement)
    return WriteCounts(added=total - known, updated=written - (total - known), unchanged=total - written)


def upsert_newer(connection: Connection, target: Table, staged: Table, moment: str) -> None:
    """Inserts the staged rows, and updates those that are there from an earlier `moment`; other columns become null."""
    keys = [column.name for column in target.primary_key.columns]
    names = [column.name for column in columns_of(target, staged)]
    statement = _insert(connection, target).from_select(names, _unambiguous(select(*(staged.c[n] for n in names))))
    fresh = {name: statement.excluded[name] for name in names if name not in keys}
    newer = statement.excluded[moment] > target.c[moment]
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=fresh, where=newer))


def differing(
    connection: Connection, target: Table, staged: Table, same: ColumnElement[bool], compared: Sequence[str]
) -> list[int]:
    """The lines of staged rows that are there (`same` says when) with other content in the columns to be compared."""
    other = or_(*(_plain(target.c[name]).is_distinct_from(_plain(staged.c[name])) for name in compared))
    query = select(staged.c.line).join_from(staged, target, same).where(other)
    return list(connection.scalars(query.order_by(staged.c.line)))


def _staging_table(target: Table) -> Table:
    columns = [Column(column.name, column.type) for column in target.columns if column.name != "id"]
    missing = [name for name in ("line", "digest") if name not in target.columns]
    numbers: list[Column[Any]] = [Column(name, BigInteger) for name in missing]
    return Table(f"staged_{target.name}", MetaData(), *columns, *numbers, prefixes=["TEMPORARY"])


def _times_as_text(frame: pl.DataFrame, form: str) -> pl.DataFrame:
    times = [name for name, dtype in frame.schema.items() if isinstance(dtype, pl.Datetime)]
    return frame.with_columns(pl.col(name).dt.convert_time_zone("UTC").dt.strftime(form) for name in times)


def _insert(connection: Connection, target: Table) -> Any:
    return (sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert)(target)


def _unambiguous(rows: Select[Any]) -> Select[Any]:
    """SQLite takes the ON of ON CONFLICT for a join's unless the query has a WHERE."""
    return rows if rows.whereclause is not None else rows.where(true())


def _count(connection: Connection, statement: Any) -> int:
    return int(connection.execute(statement.execution_options(preserve_rowcount=True)).rowcount)


def _same(left: Table, right: Table, keys: list[str]) -> ColumnElement[bool]:
    condition: ColumnElement[bool] = true()
    for key in keys:
        condition = condition & (left.c[key] == right.c[key])
    return condition


def _plain(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """JSON as text, since PostgreSQL can't compare it otherwise."""
    return cast(column, Text) if isinstance(column.type, JSON) else column
