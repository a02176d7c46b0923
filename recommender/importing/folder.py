"""A shop's own files: items, users, interactions and links in one folder, as CSV, JSON Lines or Parquet.

It knows which file is which by its name, and reads each by the mapping that is shown beforehand.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from hashlib import blake2b
from pathlib import Path

from recommender.importing.checks import Rules, check, column_of
from recommender.importing.described import write_items, write_users
from recommender.importing.encodings import UTF8
from recommender.importing.naming import (
    EVENT_TYPE_NAMES,
    KEEPS_ATTRIBUTES,
    Columns,
    Kind,
    UnclearColumns,
    map_columns,
    same_name,
)
from recommender.importing.notices import Notice
from recommender.importing.orders import ORDER_ID, names_orders
from recommender.importing.parquet_rows import open_parquet
from recommender.importing.pipeline import BATCH, Batch, Job, Write
from recommender.importing.progress import file_digest
from recommender.importing.readers import SUFFIXES, Transform, columns_of, encoding_of, read_batches, suffix_of
from recommender.importing.rows import UnreadableFile
from recommender.importing.unread import tell_unread
from recommender.importing.whole import Named
from recommender.importing.writing import write_events, write_links
from recommender.utils.time_zones import UTC_ZONE

READING = 2  # another one when rows are read otherwise, so that a file that was imported before is read anew
FILE_NAMES = {
    Kind.ITEMS: ("items", "products", "catalogue", "catalog"),
    Kind.USERS: ("users", "customers", "shoppers"),
    Kind.EVENTS: ("interactions", "events", "feedback", "ratings", "purchases"),
    Kind.LINKS: ("links", "trust", "follows", "friends"),
}
READ_AS = "its text was read as {examples}"
UNUSED = "columns that are not used: {examples}"
SHOWN = 30


@dataclass(frozen=True, slots=True)
class Reading:
    """How files are read: the columns and event types that were named by hand, and what to do with unknown items."""

    mapping: Mapping[str, str]  # ours -> theirs
    types: Mapping[str, str]
    default_type: str | None = None
    stub_items: bool = False
    batch: int = BATCH  # rows of a transaction
    overwrite: bool = False  # what a row of items or users leaves out or blank becomes empty
    encoding: str | None = None  # of text files that aren't Unicode; None: it is looked for
    zone: str = UTC_ZONE  # of times that have none of their own
    verbatim: bool = False  # ids and null words are taken as they stand

    @classmethod
    def automatic(cls, stub_items: bool = False, zone: str = UTC_ZONE) -> "Reading":
        return cls({}, EVENT_TYPE_NAMES, None, stub_items, zone=zone)


@dataclass(frozen=True, slots=True)
class ShopFile:
    """One file of the shop, and how its columns are read."""

    path: Path
    columns: Columns
    default_type: str | None = None  # of events that don't say theirs; None: every row says it
    encoding: str = UTF8
    mapping: Mapping[str, str] = field(default_factory=dict)  # names by hand, as far as this file goes
    order_id: str = ""  # the column that looked like an event's id and is the order's


def find_files(folder: Path, reading: Reading) -> list[ShopFile]:
    """The shop's files in the order they refer to each other; says what is missing or doubtful."""
    if not folder.is_dir():
        raise UnreadableFile(f"there is no folder {folder}")
    found = [(kind, path) for kind in Kind for path in sorted(folder.iterdir()) if kind_of(path) is kind]
    if not found:
        names = ", ".join(f"{kind}.csv" for kind in Kind)
        there = ", ".join(sorted(path.name for path in folder.iterdir())[:SHOWN]) or "nothing"
        raise UnreadableFile(
            f"{folder} holds none of {names} (or {', '.join(SUFFIXES[1:])}), but {there}: put the shop's files there"
        )
    files = [shop_file(path, kind, reading) for kind, path in found]
    columns = {theirs for file in files for theirs in (*file.columns.used, *file.columns.rest)}
    strange = [f"{ours}={theirs}" for ours, theirs in reading.mapping.items() if theirs and theirs not in columns]
    if strange:
        raise UnclearColumns(f"--map {strange[0]}: no file has such a column; they have {', '.join(sorted(columns))}")
    return _without_order_ids(files, reading)


def _without_order_ids(files: list[ShopFile], reading: Reading) -> list[ShopFile]:
    """The files, in which an `id` that repeats with other content is taken for the order's: in all if in one."""
    doubtful = [file for file in files if _has_doubtful_id(file, reading)]
    if not any(names_orders(file.path, file.columns.fields["event_id"], file.encoding) for file in doubtful):
        return files
    return [_with_order_id(file) if file in doubtful else file for file in files]


def _has_doubtful_id(file: ShopFile, reading: Reading) -> bool:
    fields = file.columns.fields
    return (
        file.columns.kind is Kind.EVENTS
        and "event_id" not in reading.mapping
        and same_name(fields.get("event_id", "")) == "id"
    )


def _with_order_id(file: ShopFile) -> ShopFile:
    order = file.columns.fields["event_id"]
    mapping = {**file.mapping, "event_id": ""}
    if "session_id" not in file.columns.fields:
        mapping["session_id"] = order
    columns = map_columns(Kind.EVENTS, (*file.columns.fields.values(), *file.columns.rest), mapping)
    return replace(file, columns=columns, mapping=mapping, order_id=order)


def unread_files(folder: Path) -> list[str]:
    """What of the folder is left out, and why."""
    return tell_unread([path for path in sorted(folder.iterdir()) if kind_of(path) is None], FILE_NAMES)


def kind_of(path: Path) -> Kind | None:
    """What a file holds, by its name: items.csv, UserFeedback.jsonl.gz, ratings_2024.parquet."""
    suffix = suffix_of(path)
    if suffix is None or not path.is_file():
        return None
    name = same_name(path.name[: -len(suffix)])
    kinds = [kind for kind, names in FILE_NAMES.items() for known in names if name.startswith(known)]
    return kinds[0] if kinds else None


def shop_file(path: Path, kind: Kind, reading: Reading, transform: Transform | None = None) -> ShopFile:
    encoding = encoding_of(path, reading.encoding)
    try:
        columns = map_columns(kind, columns_of(path, transform, encoding), reading.mapping)
    except UnclearColumns as error:
        raise UnclearColumns(f"{path.name}: {error}") from error
    default = None
    if kind is Kind.EVENTS and "event_type" not in columns.fields:
        default = reading.default_type or _likely_type(path, columns)
    return ShopFile(path, columns, default, encoding, reading.mapping)


def _likely_type(path: Path, columns: Columns) -> str:
    """What rows are that don't say it: stars are ratings, what has pieces or is named so purchases, others views."""
    if same_name(columns.fields.get("value", "")) in ("rating", "stars", "score"):
        return "rating"
    bought = "quantity" in columns.fields or same_name(path.name).startswith("purchases")
    return "purchase" if bought else "view"


def file_job(
    file: ShopFile, reading: Reading, now: datetime, transform: Transform | None = None, named: Named | None = None
) -> Job:
    """The import of one file; `named` is told the items that a file of items names."""
    kind = file.columns.kind
    rules = Rules.of(now, reading.types, file.default_type or reading.default_type or "view")
    rules = replace(rules, verbatim=reading.verbatim, zone=reading.zone)

    def batches(done: int) -> Iterator[Batch]:
        for raw in read_batches(file.path, done, reading.batch, transform, file.encoding):
            columns = file.columns
            if transform is not None or suffix_of(file.path) in (".jsonl", ".jsonl.gz"):
                names = [*columns.fields.values(), *columns.levels, *raw.rows.columns[1:]]
                columns = map_columns(kind, dict.fromkeys(names), file.mapping)
            checked = check(raw, columns, rules)
            if named is not None and kind is Kind.ITEMS:
                kinds = checked.good["kind"] if "kind" in checked.good.columns else None
                named.add(column_of(raw.rows, "item_id", columns), kinds, raw.rejects.height)
            yield replace(checked, notices=(*checked.notices, *_tell_unused(columns)))

    writers: dict[Kind, Write] = {
        Kind.ITEMS: partial(write_items, overwrite=reading.overwrite),
        Kind.USERS: partial(write_users, overwrite=reading.overwrite),
        Kind.EVENTS: partial(write_events, stub_items=reading.stub_items),
        Kind.LINKS: write_links,
    }
    names = sorted(file.columns.fields.items())
    way = repr(
        (
            READING,
            names,
            sorted(reading.types.items()),
            rules.default_type,
            reading.stub_items,
            *_unusual(file, reading),
        )
    )
    return Job(
        str(file.path.resolve()),
        f"{file_digest(file.path)};{blake2b(way.encode(), digest_size=8).hexdigest()}",
        batches,
        writers[kind],
        total=_rows(file.path),
        resumable=kind is Kind.EVENTS,
        notices=tuple(_notices(file)),
    )


def _notices(file: ShopFile) -> list[Notice]:
    """What there is to tell of the file as a whole."""
    told = [] if file.encoding == UTF8 else [Notice(READ_AS, 1, (file.encoding,))]
    return told + ([Notice(ORDER_ID, 1, (file.order_id,))] if file.order_id else [])


def _tell_unused(columns: Columns) -> list[Notice]:
    if columns.kind in KEEPS_ATTRIBUTES or not columns.rest:
        return []
    return [Notice(UNUSED, 1, columns.rest, shown=SHOWN)]


def _unusual(file: ShopFile, reading: Reading) -> list[str]:
    """What was asked for that is not the rule; a file that is read in another way is another import."""
    zone = [] if reading.zone == UTC_ZONE else [reading.zone]
    asked = {"overwrite": reading.overwrite, "verbatim": reading.verbatim}
    encoding = [] if file.encoding == UTF8 else [file.encoding]
    return [*(name for name, value in asked.items() if value), *encoding, *zone]


def _rows(path: Path) -> int | None:
    return int(open_parquet(path).metadata.num_rows) if suffix_of(path) == ".parquet" else None
