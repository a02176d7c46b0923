"""`zhiyin import`: the shop's data in, with how far it is and what became of the rows."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from recommender.cli.columns import show_columns, show_preview
from recommender.cli.output import print_table, say_next
from recommender.db import engine as database
from recommender.db.engine import session_scope
from recommender.db.tables import STORED_TYPES
from recommender.importing.column_names import UnclearColumns, parse_map, parse_types
from recommender.importing.demo import DemoDataMissing
from recommender.importing.faq import import_faq
from recommender.importing.folder import Reading, find_files, unread_files
from recommender.importing.formats import FAMILIES, NO_FORMAT, check_family
from recommender.importing.old_times import offer_shift
from recommender.importing.pipeline import Report
from recommender.importing.preview import preview_files
from recommender.importing.reading.encodings import check_encoding
from recommender.importing.reading.rows import UnreadableFile
from recommender.importing.sources import ImportSummary, run_amazon_reviews, run_demo, run_files, run_synthetic
from recommender.importing.storing.progress import BusyImport
from recommender.importing.storing.whole_catalogue import RETIRE_AT_MOST, IncompleteCatalogue
from recommender.importing.synthetic.import_jobs import OtherSyntheticShop, SyntheticOptions
from recommender.settings import get_settings
from recommender.store.queries import time_span
from recommender.utils.time_zones import UnknownZone, check_zone

imports = typer.Typer(no_args_is_help=True, help="Bring data in; a second run of the same data adds nothing.")
LONGEST_SHIFT = 36_500  # days
MOST_MADE = 99_999_999  # shoppers or items of a synthetic shop: eight digits of an id
out = Console()
err = Console(stderr=True)
_PLAIN: Any = {"markup": False, "highlight": False, "soft_wrap": True}  # as it is, for grep and pipes
IMPORT_FAILURES = (
    UnreadableFile,
    UnclearColumns,
    UnknownZone,
    DemoDataMissing,
    OtherSyntheticShop,
    BusyImport,
    IncompleteCatalogue,
)

StubItems = Annotated[
    bool | None, typer.Option("--stub-items/--no-stub-items", help="Take events of unknown items, as stubs.")
]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="What a row of items or users leaves out or blank becomes empty.")
]
TimeZone = Annotated[
    str | None, typer.Option(help="Zone of times that have none: Asia/Shanghai, +08:00; else ZHIYIN_TIME_ZONE.")
]
Encoding = Annotated[str | None, typer.Option(help="Of text files that are not in Unicode: gb18030, big5, cp1252 ...")]
Verbatim = Annotated[bool, typer.Option("--verbatim", help="Take ids like 17850.0 and words like NULL as they stand.")]
ShiftDays = Annotated[int, typer.Option(min=-LONGEST_SHIFT, max=LONGEST_SHIFT, help="Move every time by so many days.")]
Again = Annotated[bool, typer.Option("--again", help="Read files once more that were imported before.")]


@imports.command("demo")
def import_demo(
    shift_days: ShiftDays = 0,
    until: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Leave out what came later.")] = None,
    stub_items: StubItems = None,
    again: Again = False,
) -> None:
    """The Complete Journey: a year of grocery shopping by 2,469 households."""
    moment = until.replace(tzinfo=UTC) if until else None
    with report_import_failures(), _progress() as report:
        summary = run_demo(shift_days, moment, stub_items, again, report=report)
    _show(summary)
    _say_what_follows()


@imports.command("synthetic")
def import_synthetic(
    shoppers: Annotated[int, typer.Option(min=1, max=MOST_MADE, help="How many shoppers.")],
    items: Annotated[int, typer.Option(min=1, max=MOST_MADE, help="How many items.")],
    days: Annotated[int, typer.Option(min=1, max=LONGEST_SHIFT, help="Days of purchases; the last is 2017-12-31.")] = (
        365
    ),
    seed: Annotated[int, typer.Option(min=0, help="The same seed and sizes make the same shop.")] = 0,
    shift_days: ShiftDays = 0,
    again: Again = False,
) -> None:
    """A made shop of any size, distributed as the demo's: items, shoppers, purchases."""
    options = SyntheticOptions(shoppers, items, days, seed, shift_days)
    with report_import_failures(), _progress() as report:
        summary = run_synthetic(options, again, report=report)
    _show(summary)
    _say_what_follows()


@imports.command("csv")
def import_csv(
    folder: Annotated[Path, typer.Argument(help="Folder with items, users and interactions.")],
    mapping: Annotated[
        list[str] | None, typer.Option("--map", metavar="OURS=THEIRS", help="Name a column by hand; repeatable.")
    ] = None,
    types: Annotated[
        list[str] | None, typer.Option("--type", metavar="OURS=THEIRS", help="What you call an event type; repeatable.")
    ] = None,
    default_type: Annotated[str | None, typer.Option(help="Type of events that don't say theirs.")] = None,
    family: Annotated[
        str | None, typer.Option("--format", help=f"{', '.join(FAMILIES)}; {NO_FORMAT}: by columns' names alone.")
    ] = None,
    stub_items: StubItems = None,
    encoding: Encoding = None,
    time_zone: TimeZone = None,
    overwrite: Overwrite = False,
    verbatim: Verbatim = False,
    again: Again = False,
    whole: Annotated[
        bool, typer.Option("--whole", help="The items are the whole catalogue: retire those that it doesn't name.")
    ] = False,
    retire_at_most: Annotated[
        float, typer.Option(min=0, max=1, help="With --whole: the share of the items that may be retired.")
    ] = RETIRE_AT_MOST,
    shift_days: ShiftDays = 0,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show how each column is read and what would become of the rows.")
    ] = False,
) -> None:
    """Your shop's files: .csv or .tsv, .json, .jsonl or .xml (also .gz), or .parquet."""
    with report_import_failures():
        if default_type is not None and default_type not in STORED_TYPES:
            raise UnclearColumns(f"--default-type {default_type!r} is none of {', '.join(STORED_TYPES)}")
        stubs = get_settings().stub_items if stub_items is None else stub_items
        reading = Reading(
            parse_map(mapping or ()),
            parse_types(types or ()),
            default_type,
            stubs,
            overwrite=overwrite,
            encoding=check_encoding(encoding) if encoding else None,
            zone=check_zone(time_zone) if time_zone else get_settings().time_zone,
            verbatim=verbatim,
            family=check_family(family) if family else None,
            shift_days=shift_days,
        )
        if dry_run:
            files = find_files(folder, reading)
            notes = tuple(unread_files(folder, files))
            show_preview(preview_files(database.get_engine(), files, reading, datetime.now(UTC)), notes)
            say_next(f"zhiyin loop {folder}")
            return
        import_folder(folder, reading, again, retire_at_most if whole else None)
    _say_what_follows()


@imports.command("amazon-reviews")
def import_amazon_reviews(
    reviews: Annotated[Path, typer.Argument(help="CATEGORY.jsonl(.gz): the reviews.")],
    meta: Annotated[Path, typer.Argument(help="meta_CATEGORY.jsonl(.gz): the products.")],
    stub_items: StubItems = None,
    again: Again = False,
) -> None:
    """Amazon Reviews 2023."""
    with report_import_failures(), _progress() as report:
        summary = run_amazon_reviews(reviews, meta, stub_items, again, report=report)
    _show(summary)
    _say_what_follows()


@imports.command("faq")
def import_faq_file(
    file: Annotated[Path, typer.Argument(help="question, answer, language (en, zh): .csv, .jsonl, .parquet, .json.")],
    replace: Annotated[bool, typer.Option("--replace", help="Remove entries that the file doesn't hold.")] = False,
) -> None:
    """The questions that the shop's assistant answers."""
    with report_import_failures():
        with session_scope() as session:
            summary = import_faq(session, file, datetime.now(UTC), replace)
        for line, reason in summary.rejects or ():
            out.print(f"{file.name}:{line}: {reason}", **_PLAIN)
        counts = f"{summary.added:,} added, {summary.updated:,} updated, {summary.unchanged:,} unchanged"
        out.print(f"faq: {counts}, {summary.removed:,} removed, {len(summary.rejects or ()):,} rejected")


def import_folder(folder: Path, reading: Reading, again: bool = False, whole: float | None = None) -> None:
    """Imports a shop's folder, and shows how each column is read and what came in; `whole` as for `run_folder`."""
    files = find_files(folder, reading)
    for file in files:
        show_columns(file)
    with _progress() as report:
        summary = run_files(files, reading, again, None, report, tuple(unread_files(folder, files)), whole)
    _show(summary)
    with session_scope() as session:
        span = time_span(session)
    if offer := offer_shift(span[1] if span else None, datetime.now(UTC)):
        out.print(f"note: {offer}", **_PLAIN)


def _say_what_follows() -> None:
    with session_scope() as session:
        there = time_span(session) is not None
    say_next(*(("zhiyin features build", "zhiyin run") if there else ("zhiyin import csv FOLDER, with interactions",)))


@contextmanager
def report_import_failures() -> Iterator[None]:
    """What only these commands can meet, in one line; what any can, `describe_failure` says."""
    try:
        yield
    except IMPORT_FAILURES as error:
        _fail(str(error))


def _fail(message: str) -> NoReturn:
    err.print(f"[red]error:[/red] {escape(message)}", soft_wrap=True, highlight=False)
    raise typer.Exit(1)


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
    rows = []
    for file in summary.files:
        remark = "not read again" if file.skipped else ""
        if file.resumed_at:
            remark = f"went on after row {file.resumed_at:,}"
        counts = (file.written.added, file.written.updated, file.written.unchanged, file.rejected)
        rows.append((Path(file.source).name, *counts, remark))
    print_table("file added updated unchanged rejected remark", rows)
    for note in summary.notes:
        out.print(f"note: {note}", **_PLAIN)
    out.print(
        f"{summary.source}: {summary.added:,} added, {summary.updated:,} updated, {summary.unchanged:,} unchanged, "
        f"{summary.rejected:,} rejected in {summary.seconds:.1f} s"
    )
    if summary.rejected:
        out.print("what was rejected and why: zhiyin rejects --counts")
