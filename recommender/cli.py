"""The commands of the core library: the database, the shop's data in, what was rejected, what is there.

It parses options, shows progress and words errors; the work is done by plain functions that the DAGs call too.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from recommender import database
from recommender.importing.pipeline import Report
from recommender.importing.sources import ImportSummary, run_demo

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="Zhiyin's core: the shop's data.")
imports = typer.Typer(no_args_is_help=True, help="Bring data in; a second run of the same data adds nothing.")
app.add_typer(imports, name="import")
out = Console()
err = Console(stderr=True)


@app.command()
def migrate() -> None:
    """Bring the database's tables up to date."""
    database.migrate()
    out.print(f"The database is up to date: {database.get_engine().url.render_as_string()}")


StubItems = Annotated[
    bool | None, typer.Option("--stub-items/--no-stub-items", help="Take events of unknown items, as stubs.")
]
Again = Annotated[bool, typer.Option("--again", help="Read files once more that were imported before.")]


@imports.command("demo")
def import_demo(
    shift_days: Annotated[int, typer.Option(help="Move every time by so many days.")] = 0,
    until: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Leave out what came later.")] = None,
    stub_items: StubItems = None,
    again: Again = False,
) -> None:
    """The Complete Journey: a year of grocery shopping by 2,469 households."""
    moment = until.replace(tzinfo=UTC) if until else None
    with _progress() as report:
        summary = run_demo(shift_days, moment, stub_items, again, report=report)
    _show(summary)


@contextmanager
def _progress() -> Iterator[Report]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as progress:
        tasks: dict[str, TaskID] = {}

        def report(file: str, done: int, total: int | None) -> None:
            if file not in tasks:
                tasks[file] = progress.add_task(file, total=total)
            progress.update(tasks[file], completed=done, total=total)

        yield report


def _show(summary: ImportSummary) -> None:
    table = Table("file", *("added", "updated", "unchanged", "rejected"), "")
    for file in summary.files:
        counts = (file.written.added, file.written.updated, file.written.unchanged, file.rejected)
        remark = "imported before, unchanged" if file.skipped else ""
        if file.resumed_at:
            remark = f"went on after row {file.resumed_at:,}"
        table.add_row(file.source, *(f"{count:,}" for count in counts), remark)
    out.print(table)
    for note in summary.notes:
        out.print(f"note: {note}")
    out.print(
        f"{summary.source}: {summary.added:,} added, {summary.updated:,} updated, {summary.unchanged:,} unchanged, "
        f"{summary.rejected:,} rejected in {summary.seconds:.1f} s"
    )
