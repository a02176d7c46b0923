"""How far each file's import has come, kept in the same transaction as its rows, and the rows that were not taken.

It knows import_runs and rejects. A killed import finds here where to go on; nothing is lost and nothing doubled,
because a batch and its progress are one transaction.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl
from sqlalchemy import Connection, select, update

from recommender.db.tables import Base, ImportRun
from recommender.importing.storing.staging import columns_of, insert_new, stage

REJECT_SCHEMA = {"line": pl.Int64, "field": pl.String, "reason": pl.String, "raw": pl.String}
MAX_RAW_LENGTH = 500  # characters of a rejected row; of a longer one, or one that nobody could read, none: whose is it?
UNREAD = "*"  # in place of the field of a row that nobody could read
_rejects = Base.metadata.tables["rejects"]
_runs = Base.metadata.tables["import_runs"]


class BusyImport(RuntimeError):
    """Two imports of one file at the same time."""


@dataclass(frozen=True, slots=True)
class Run:
    """One file in one state and one way of reading it; `done` rows of it are in."""

    source: str
    fingerprint: str
    done: int
    rejected: int
    finished: bool


def file_digest(path: Path) -> str:
    """What a file says, as a short name; a changed file gets another."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def find_run(connection: Connection, source: str, fingerprint: str) -> Run:
    """The run of this file as it stands; one that has not begun has 0 rows done."""
    query = select(ImportRun.rows_done, ImportRun.rows_rejected, ImportRun.finished)
    found = connection.execute(query.where(_runs.c.source == source, _runs.c.fingerprint == fingerprint)).first()
    done, rejected, finished = found or (0, 0, False)
    return Run(source, fingerprint, done, rejected, finished)


def begin(connection: Connection, run: Run, now: datetime) -> Run:
    """The run from its first row: what an earlier reading of this file rejected is forgotten."""
    connection.execute(_runs.delete().where(_runs.c.source == run.source))
    connection.execute(_rejects.delete().where(_rejects.c.file == run.source))
    connection.execute(_runs.insert().values(source=run.source, fingerprint=run.fingerprint, updated_at=now))
    return Run(run.source, run.fingerprint, 0, 0, False)


def advance(connection: Connection, run: Run, rows: int, now: datetime) -> Run:
    """Claims the next `rows` rows of the file; first in its transaction, so that it takes SQLite's write lock."""
    statement = (
        update(ImportRun)
        .where(ImportRun.source == run.source, ImportRun.fingerprint == run.fingerprint)
        .where(ImportRun.rows_done == run.done, ImportRun.finished.is_(False))
        .values(rows_done=run.done + rows, updated_at=now)
    )
    if connection.execute(statement).rowcount != 1:
        raise BusyImport(f"another import of {run.source} is at work; wait for it, then run this again")
    return Run(run.source, run.fingerprint, run.done + rows, run.rejected, False)


def record(connection: Connection, run: Run, added: int, rejects: pl.DataFrame, now: datetime) -> Run:
    """Keeps the batch's rejects and adds its counts to the run."""
    if rejects.height:
        rows = rejects.with_columns(
            pl.lit(run.source).alias("file"),
            pl.lit(now).dt.cast_time_unit("us").alias("created_at"),
            raw=pl.when((pl.col("field") == UNREAD) | (pl.col("raw").str.len_chars() > MAX_RAW_LENGTH))
            .then(pl.lit(""))
            .otherwise("raw"),
        )
        staged = stage(connection, _rejects, rows)
        insert_new(connection, _rejects, select(*columns_of(_rejects, staged)).order_by(staged.c.line))
    connection.execute(
        update(ImportRun)
        .where(ImportRun.source == run.source, ImportRun.fingerprint == run.fingerprint)
        .values(
            rows_added=ImportRun.rows_added + added,
            rows_rejected=ImportRun.rows_rejected + rejects.height,
        )
    )
    return Run(run.source, run.fingerprint, run.done, run.rejected + rejects.height, False)


def finish(connection: Connection, run: Run, now: datetime) -> None:
    """Notes that the file has been read to its end; `pipeline.run_job` passes over it from then on."""
    connection.execute(
        update(ImportRun)
        .where(ImportRun.source == run.source, ImportRun.fingerprint == run.fingerprint)
        .values(finished=True, updated_at=now)
    )


def reject_frame(rows: list[tuple[int, str, str, str]]) -> pl.DataFrame:
    """Rejects, each its line, field, reason and raw text, as a frame of `REJECT_SCHEMA`."""
    return pl.DataFrame(rows, schema=REJECT_SCHEMA, orient="row")
