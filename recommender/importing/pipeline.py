"""One file through the import: read a batch, check it, write it with its progress in one transaction, go on.

It knows the order of the steps. What a row means is the source's affair, what is valid `checks`', and how rows
get into tables `event_and_link_rows`'s.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl
from sqlalchemy import Connection, Engine

from recommender.importing.notices import Notice, combine
from recommender.importing.storing import progress
from recommender.importing.storing.event_and_link_rows import Outcome
from recommender.importing.storing.item_and_user_rows import forget_seen
from recommender.importing.storing.progress import REJECT_SCHEMA
from recommender.importing.storing.staging import WriteCounts, prepare
from recommender.utils.prefetch import prefetch

BATCH = 50_000
Report = Callable[[str, int, int | None], None]  # file, rows done, rows in all where that's known


Write = Callable[[Connection, pl.DataFrame], Outcome]
_NOTHING = Outcome(WriteCounts(), pl.DataFrame(schema=REJECT_SCHEMA))


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows as they were read and checked: `taken` rows of the file, of which `good` are valid and `rejects` are not."""

    taken: int
    good: pl.DataFrame
    rejects: pl.DataFrame
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """One file: where it's from, how it's read on from a row, and where its rows go.

    `resumable` is False for what must be read from the start to know which ids have come before.
    """

    source: str
    fingerprint: str
    batches: Callable[[int], Iterator[Batch]]
    write: Write
    total: int | None = None
    resumable: bool = True
    notices: tuple[Notice, ...] = ()  # what there is to tell of the file as a whole
    parts: int = 1  # lines that its batches count where the file has one


@dataclass(frozen=True, slots=True)
class FileSummary:
    """What one file brought."""

    source: str
    written: WriteCounts = field(default_factory=WriteCounts)
    rejected: int = 0
    skipped: bool = False  # unchanged since it was imported, so it was not read again
    resumed_at: int = 0  # rows that an earlier, interrupted import had done
    notes: tuple[str, ...] = ()  # what there is to tell of it

    @property
    def added(self) -> int:
        """How many rows were new to the database."""
        return self.written.added


def run_job(
    engine: Engine,
    job: Job,
    now: datetime,
    again: bool = False,
    retry_rejected: bool = False,
    report: Report | None = None,
) -> FileSummary:
    """Imports one file, or what is left of it.

    A finished file is not read once more, unless `again` asks for it, or `retry_rejected` does and rows of it were
    rejected.
    """
    with engine.connect() as connection:
        prepare(connection)
        with connection.begin():
            run = progress.find_run(connection, job.source, job.fingerprint)
        if run.finished and not again and not (retry_rejected and run.rejected):
            return FileSummary(job.source, skipped=True)
        with connection.begin():
            if run.finished or not run.done or not job.resumable:
                run = progress.begin(connection, run, now)
            forget_seen(connection)
        start, written, rejected, notices = run.done, WriteCounts(), 0, list(job.notices)
        for batch in prefetch(job.batches(run.done)):
            with connection.begin():
                run = progress.advance(connection, run, batch.taken, now)
                outcome = _NOTHING if batch.good.is_empty() else job.write(connection, batch.good)
                rejects = pl.concat([batch.rejects, outcome.rejects]).with_columns(pl.col("line") // job.parts)
                run = progress.record(connection, run, outcome.written.added, rejects, now)
            written, rejected = written + outcome.written, rejected + rejects.height
            notices = combine([*notices, *batch.notices, *outcome.notices])
            if report:
                report(job.source, run.done, job.total)
        with connection.begin():
            progress.finish(connection, run, now)
    return FileSummary(job.source, written, rejected, resumed_at=start, notes=tuple(map(str, notices)))
