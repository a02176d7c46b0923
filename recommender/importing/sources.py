"""The sources that can be imported, each as one plain function that a command or a DAG calls.

It knows which files a source has and in which order they go in; it prints nothing. Where no engine is handed in, the
settings' database is meant.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic

from sqlalchemy import Engine

from recommender.database import get_engine
from recommender.importing import demo
from recommender.importing.pipeline import FileSummary, Job, Report, run_job
from recommender.settings import get_settings


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """What an import brought, file by file, and what there is to know about it."""

    source: str
    files: tuple[FileSummary, ...] = ()
    notes: tuple[str, ...] = ()
    seconds: float = field(default=0.0, compare=False)

    @property
    def added(self) -> int:
        return sum(file.written.added for file in self.files)

    @property
    def updated(self) -> int:
        return sum(file.written.updated for file in self.files)

    @property
    def unchanged(self) -> int:
        return sum(file.written.unchanged for file in self.files)

    @property
    def rejected(self) -> int:
        return sum(file.rejected for file in self.files)


def run_demo(
    shift_days: int = 0,
    until: datetime | None = None,
    stub_items: bool | None = None,
    again: bool = False,
    engine: Engine | None = None,
    report: Report | None = None,
) -> ImportSummary:
    """The Complete Journey, moved by `shift_days`, up to `until`. Data that is there keeps the shift it has."""
    engine, now = engine or get_engine(), datetime.now(UTC)
    with engine.connect() as connection:
        there = demo.shift_in_place(connection)
    notes: tuple[str, ...] = ()
    if there is not None and there != shift_days:
        notes = (f"the demo's data is here already, moved by {there} days: it stays so",)
        shift_days = there
    options = demo.DemoOptions(shift_days, until, _stubs(stub_items))
    return _run("demo", engine, demo.jobs(options, now), now, again, report, notes)


def _stubs(wanted: bool | None) -> bool:
    return get_settings().stub_items if wanted is None else wanted


def _run(
    source: str,
    engine: Engine,
    jobs: Iterable[Job],
    now: datetime,
    again: bool,
    report: Report | None,
    notes: tuple[str, ...] = (),
) -> ImportSummary:
    began, files = monotonic(), []
    for job in jobs:
        files.append(run_job(engine, job, now, again, report))
    return ImportSummary(source, tuple(files), notes, monotonic() - began)
