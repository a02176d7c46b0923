"""The sources that can be imported, each as one plain function that a command or a DAG calls.

It knows which files a source has and in which order they go in; it prints nothing. Where no engine is handed in, the
settings' database is meant.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any

from sqlalchemy import Engine

from recommender.db.engine import get_engine, session_scope
from recommender.importing import demo
from recommender.importing.checking.similar_ids import tell_twins
from recommender.importing.faq import import_faq
from recommender.importing.folder import Reading, ShopFile, find_files, form_file, unread_files
from recommender.importing.formats.datasets import amazon_reviews
from recommender.importing.jobs import file_job
from recommender.importing.pipeline import FileSummary, Job, Report, run_job
from recommender.importing.reading.readers import columns_of, encoding_of, suffix_of
from recommender.importing.reading.rows import UnreadableFile
from recommender.importing.storing.whole_catalogue import RETIRE_AT_MOST, Named, retire_others
from recommender.importing.synthetic.import_jobs import SyntheticOptions, check_other_shop, synthetic_jobs
from recommender.settings import get_settings
from recommender.store.rating_scale import count_only_ones, sync_scale

LEAST_ONES = 20
ONLY_ONES = "all {ones:,} ratings are 1, taken as the worst of five stars; for likes set ZHIYIN_RATING_SCALE=0..1"
NEW_SCALE = (
    "ratings are taken as from {scale} from now on, also those that were here before: build the features of all days "
    "again (ingest with announce_again); ZHIYIN_RATING_SCALE sets another scale"
)


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """What an import brought, file by file, and what there is to know about it."""

    source: str
    files: tuple[FileSummary, ...] = ()
    notes: tuple[str, ...] = ()
    seconds: float = field(default=0.0, compare=False)
    new_scale: bool = False  # ratings mean something else than before, also those that were there

    @property
    def added(self) -> int:
        """How many rows of all files were new."""
        return sum(file.written.added for file in self.files)

    @property
    def updated(self) -> int:
        """How many rows of all files changed one that was there."""
        return sum(file.written.updated for file in self.files)

    @property
    def unchanged(self) -> int:
        """How many rows of all files said what was there already."""
        return sum(file.written.unchanged for file in self.files)

    @property
    def rejected(self) -> int:
        """How many rows of all files could not be taken."""
        return sum(file.rejected for file in self.files)


def run_demo(
    shift_days: int = 0,
    until: datetime | None = None,
    stub_items: bool | None = None,
    again: bool = False,
    engine: Engine | None = None,
    report: Report | None = None,
) -> ImportSummary:
    """The Complete Journey, moved by `shift_days`, up to `until`, with things to read and an FAQ for that shop.

    Data that is there keeps the shift it has.
    """
    engine, now = engine or get_engine(), datetime.now(UTC)
    with engine.connect() as connection:
        there = demo.shift_in_place(connection)
    notes: tuple[str, ...] = ()
    if there is not None and there != shift_days:
        notes = (f"the demo's data is here already, moved by {there} days: it stays so",)
        shift_days = there
    options = demo.DemoOptions(shift_days, until, _stubs(stub_items))
    reading = Reading.automatic()
    to_read = [file_job(file, reading, now) for file in find_files(demo.SHOP, reading)]
    with session_scope(engine) as session:
        faq = import_faq(session, demo.SHOP / "faq.jsonl", now)
    if faq.added or faq.updated:
        notes = (*notes, f"the shop's FAQ: {faq.added} answers added, {faq.updated} updated")
    return _run("demo", engine, [*demo.jobs(options), *to_read], now, again, report, notes)


def run_synthetic(
    options: SyntheticOptions, again: bool = False, engine: Engine | None = None, report: Report | None = None
) -> ImportSummary:
    """A shop of these sizes, made while it is written; OtherSyntheticShop where one of other options is there."""
    engine = engine or get_engine()
    with engine.connect() as connection:
        check_other_shop(connection, options)
    return _run("synthetic", engine, synthetic_jobs(options), datetime.now(UTC), again, report)


def run_folder(
    folder: Path,
    reading: Reading | None = None,
    again: bool = False,
    engine: Engine | None = None,
    report: Report | None = None,
    whole: float | None = None,
) -> ImportSummary:
    """A shop's own items, users, interactions and links; see `folder` for names and formats.

    `whole` says that the items are the whole catalogue: others are retired, up to that share of the shop's items.
    """
    reading = reading or Reading.automatic(_stubs(None), get_settings().time_zone)
    files = find_files(folder, reading)
    return run_files(files, reading, again, engine, report, tuple(unread_files(folder, files)), whole)


def run_files(
    files: Iterable[ShopFile],
    reading: Reading,
    again: bool = False,
    engine: Engine | None = None,
    report: Report | None = None,
    notes: tuple[str, ...] = (),
    whole: float | None = None,
) -> ImportSummary:
    """Imports files of a shop as they were found; `whole` is what `run_folder` takes it for."""
    now, engine, named = datetime.now(UTC), engine or get_engine(), Named()
    jobs = [file_job(file, reading, now, named=named) for file in files]
    summary = _run("csv", engine, jobs, now, again or whole is not None, report, notes)
    if whole is None:
        return summary
    retired = retire_others(engine, named, datetime.now(UTC), whole)
    return replace(summary, notes=(*summary.notes, f"{retired:,} items that the catalogue no longer names are retired"))


def run_amazon_reviews(
    reviews: Path,
    meta: Path,
    stub_items: bool | None = None,
    again: bool = False,
    engine: Engine | None = None,
    report: Report | None = None,
) -> ImportSummary:
    """Imports reviews and their products, in the form of Amazon Reviews 2023."""
    now, reading = datetime.now(UTC), Reading.automatic(_stubs(stub_items))
    jobs = []
    for path, form in ((meta, amazon_reviews.META), (reviews, amazon_reviews.REVIEWS)):
        if suffix_of(path) not in (".jsonl", ".jsonl.gz") or not path.is_file():
            raise UnreadableFile(f"{path} is not a .jsonl or .jsonl.gz file: download it from the data set's page")
        encoding = encoding_of(path)
        jobs.append(file_job(form_file(path, form, columns_of(path, encoding), encoding, reading), reading, now))
    return _run("amazon-reviews", engine or get_engine(), jobs, now, again, report)


def import_source(
    source: str, folder: str | None = None, shift_days: int = 0, until: str | None = None, whole: bool = False
) -> dict[str, Any]:
    """One of the sources by its name, as the ingest DAG asks for it; the answer is small and plain."""
    place = Path(folder) if folder else get_settings().landing_dir
    if source == "service":
        summary = ImportSummary("service", notes=("the service records events itself",))
    elif source == "demo":
        summary = run_demo(shift_days, datetime.fromisoformat(until).replace(tzinfo=UTC) if until else None)
    elif source == "csv":
        summary = run_folder(place, whole=RETIRE_AT_MOST if whole else None)
    elif source == "amazon-reviews":
        summary = run_amazon_reviews(*_amazon_files(place))
    else:
        raise ValueError(f"source {source!r} is none of demo, csv, amazon-reviews, service")
    counts = ("added", "updated", "unchanged", "rejected")
    outcome = {"notes": list(summary.notes), "new_scale": summary.new_scale}
    return {"source": source, **outcome, **{name: getattr(summary, name) for name in counts}}


def _amazon_files(folder: Path) -> tuple[Path, Path]:
    """The data set's two files in a folder: meta_CATEGORY.jsonl(.gz) and CATEGORY.jsonl(.gz)."""
    files = [path for path in sorted(folder.glob("*.jsonl*")) if suffix_of(path)]
    meta = [path for path in files if path.name.lower().startswith("meta")]
    reviews = [path for path in files if path not in meta]
    if len(meta) != 1 or len(reviews) != 1:
        raise UnreadableFile(f"{folder} must hold one meta_*.jsonl(.gz) and one file of reviews; it holds {len(files)}")
    return reviews[0], meta[0]


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
    began, files = monotonic(), list[FileSummary]()
    for job in jobs:
        # what changed in the files before may make rows good that were not: an item that is known now
        changed = any(file.written.added or file.written.updated for file in files)
        files.append(run_job(engine, job, now, again, changed, report))
    file_notes = [f"{Path(file.source).name}: {note}" for file in files for note in file.notes]
    if any(file.added or file.rejected for file in files):
        with engine.connect() as connection:
            file_notes += tell_twins(connection, [file.source for file in files])
    with session_scope(engine) as session:
        scale = sync_scale(session, wanted := get_settings().wanted_scale)
        ones = count_only_ones(session) if wanted is None else 0
    if ones >= LEAST_ONES:
        file_notes.append(ONLY_ONES.format(ones=ones))
    if scale is not None:
        file_notes.append(NEW_SCALE.format(scale=scale))
    return ImportSummary(source, tuple(files), (*notes, *file_notes), monotonic() - began, new_scale=scale is not None)
