"""A shop's own files: items, users, interactions and links in one folder, as CSV, JSON Lines or Parquet.

It knows which file is which by its name, and reads each by the mapping that is shown beforehand.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from hashlib import blake2b
from pathlib import Path

from recommender.importing.checks import Rules, check
from recommender.importing.described import write_items, write_users
from recommender.importing.naming import EVENT_TYPE_NAMES, Columns, Kind, UnclearColumns, map_columns, same_name
from recommender.importing.parquet_rows import open_parquet
from recommender.importing.pipeline import BATCH, Batch, Job, Write
from recommender.importing.progress import file_digest
from recommender.importing.readers import SUFFIXES, Transform, columns_of, read_batches, suffix_of
from recommender.importing.rows import UnreadableFile
from recommender.importing.writing import write_events, write_links

FILE_NAMES = {
    Kind.ITEMS: ("items", "products", "catalogue", "catalog"),
    Kind.USERS: ("users", "customers", "shoppers"),
    Kind.EVENTS: ("interactions", "events", "feedback", "ratings", "purchases"),
    Kind.LINKS: ("links", "trust", "follows", "friends"),
}


@dataclass(frozen=True, slots=True)
class Reading:
    """How files are read: the columns and event types that were named by hand, and what to do with unknown items."""

    mapping: Mapping[str, str]  # ours -> theirs
    types: Mapping[str, str]
    default_type: str | None = None
    stub_items: bool = False
    batch: int = BATCH  # rows of a transaction
    overwrite: bool = False  # what a row of items or users leaves out or blank becomes empty
    verbatim: bool = False  # ids and null words are taken as they stand

    @classmethod
    def automatic(cls, stub_items: bool = False) -> "Reading":
        return cls({}, EVENT_TYPE_NAMES, None, stub_items)


@dataclass(frozen=True, slots=True)
class ShopFile:
    """One file of the shop, and how its columns are read."""

    path: Path
    columns: Columns
    default_type: str | None = None  # of events that don't say theirs; None: every row says it


def find_files(folder: Path, reading: Reading) -> list[ShopFile]:
    """The shop's files in the order they refer to each other; says what is missing or doubtful."""
    if not folder.is_dir():
        raise UnreadableFile(f"there is no folder {folder}")
    found = [(kind, path) for kind in Kind for path in sorted(folder.iterdir()) if kind_of(path) is kind]
    if not found:
        names = ", ".join(f"{kind}.csv" for kind in Kind)
        raise UnreadableFile(
            f"{folder} holds none of {names} (or {', '.join(SUFFIXES[1:])}): put the shop's files there"
        )
    files = [shop_file(path, kind, reading) for kind, path in found]
    columns = {theirs for file in files for theirs in (*file.columns.fields.values(), *file.columns.rest)}
    strange = [f"{ours}={theirs}" for ours, theirs in reading.mapping.items() if theirs not in columns]
    if strange:
        raise UnclearColumns(f"--map {strange[0]}: no file has such a column; they have {', '.join(sorted(columns))}")
    return files


def kind_of(path: Path) -> Kind | None:
    """What a file holds, by its name: items.csv, UserFeedback.jsonl.gz, ratings_2024.parquet."""
    suffix = suffix_of(path)
    if suffix is None or not path.is_file():
        return None
    name = same_name(path.name.removesuffix(suffix))
    kinds = [kind for kind, names in FILE_NAMES.items() for known in names if name.startswith(known)]
    return kinds[0] if kinds else None


def shop_file(path: Path, kind: Kind, reading: Reading, transform: Transform | None = None) -> ShopFile:
    try:
        columns = map_columns(kind, columns_of(path, transform), reading.mapping)
    except UnclearColumns as error:
        raise UnclearColumns(f"{path.name}: {error}") from error
    default = None
    if kind is Kind.EVENTS and "event_type" not in columns.fields:
        stars = same_name(columns.fields.get("value", "")) in ("rating", "stars", "score")
        default = reading.default_type or ("rating" if stars else "view")
    return ShopFile(path, columns, default)


def file_job(file: ShopFile, reading: Reading, now: datetime, transform: Transform | None = None) -> Job:
    """The import of one file."""
    kind = file.columns.kind
    rules = Rules.of(now, reading.types, file.default_type or reading.default_type or "view")
    rules = replace(rules, verbatim=reading.verbatim)

    def batches(done: int) -> Iterator[Batch]:
        for raw in read_batches(file.path, done, reading.batch, transform):
            columns = file.columns
            if transform is not None or suffix_of(file.path) in (".jsonl", ".jsonl.gz"):
                names = [*columns.fields.values(), *columns.levels, *raw.rows.columns[1:]]
                columns = map_columns(kind, dict.fromkeys(names), reading.mapping)
            yield check(raw, columns, rules)

    writers: dict[Kind, Write] = {
        Kind.ITEMS: partial(write_items, overwrite=reading.overwrite),
        Kind.USERS: partial(write_users, overwrite=reading.overwrite),
        Kind.EVENTS: partial(write_events, stub_items=reading.stub_items),
        Kind.LINKS: write_links,
    }
    names = sorted(file.columns.fields.items())
    way = repr((names, sorted(reading.types.items()), rules.default_type, reading.stub_items, *_unusual(reading)))
    return Job(
        str(file.path.resolve()),
        f"{file_digest(file.path)};{blake2b(way.encode(), digest_size=8).hexdigest()}",
        batches,
        writers[kind],
        total=_rows(file.path),
        resumable=kind is Kind.EVENTS,
    )


def _unusual(reading: Reading) -> list[str]:
    """What was asked for that is not the rule; a file that is read in another way is another import."""
    asked = {"overwrite": reading.overwrite, "verbatim": reading.verbatim}
    return [name for name, value in asked.items() if value]


def _rows(path: Path) -> int | None:
    return int(open_parquet(path).metadata.num_rows) if suffix_of(path) == ".parquet" else None
