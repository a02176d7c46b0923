"""A shop's own files in one folder: items, users, interactions and links, in any form that `readers` knows.

It knows which file is which: by its columns, if they are those of a format, else by its name.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from recommender.importing.checking.order_ids import names_orders
from recommender.importing.column_names import EVENT_TYPE_NAMES, Columns, Kind, UnclearColumns, map_columns, same_name
from recommender.importing.formats import NO_FORMAT, find_formats, name_signatures
from recommender.importing.formats.base import Format
from recommender.importing.pipeline import BATCH
from recommender.importing.reading.encodings import UTF8
from recommender.importing.reading.readers import SUFFIXES, columns_of, encoding_of, suffix_of
from recommender.importing.reading.rows import UnreadableFile
from recommender.importing.unread_files import tell_unread
from recommender.utils.time_zones import UTC_ZONE

FILE_NAMES = {
    Kind.ITEMS: ("items", "products", "catalogue", "catalog"),
    Kind.USERS: ("users", "customers", "shoppers"),
    Kind.EVENTS: ("interactions", "events", "feedback", "ratings", "purchases"),
    Kind.LINKS: ("links", "trust", "follows", "friends"),
}
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
    family: str | None = None  # of formats, that files are looked at for; None: all
    shift_days: int = 0  # that all times are moved by

    @classmethod
    def automatic(cls, stub_items: bool = False, zone: str = UTC_ZONE) -> "Reading":
        """Files that are read by what their columns are called, with nothing named by hand."""
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
    form: Format | None = None  # by which its rows are read, where its columns are not all there is to it
    header: tuple[str, ...] = ()  # the file's columns as they stand

    @property
    def kind(self) -> Kind:
        """What the rows of the file are."""
        return self.columns.kind

    def lines(self) -> list[tuple[str, str]]:
        """What to show: (their column, what becomes of it)."""
        return self.form.lines(self.header, self.mapping) if self.form else self.columns.lines()


def find_files(folder: Path, reading: Reading) -> list[ShopFile]:
    """The shop's files in the order they refer to each other; says what is missing or doubtful."""
    if not folder.is_dir():
        raise UnreadableFile(f"there is no folder {folder}")
    paths = [path for path in sorted(folder.iterdir()) if path.is_file() and not path.name.startswith(".")]
    found = [file for path in paths for file in open_file(path, reading)]
    files = [file for kind in Kind for file in found if file.kind is kind]
    if not files:
        names = ", ".join(f"{kind}.csv" for kind in Kind)
        there = ", ".join(path.name for path in paths[:SHOWN]) or "nothing"
        raise UnreadableFile(
            f"{folder} holds none of {names} (or {', '.join(SUFFIXES[1:])}), but {there}: put the shop's files there"
        )
    _check_wanted(files, reading)
    return _without_order_ids(files, reading)


def open_file(path: Path, reading: Reading) -> list[ShopFile]:
    """How a file is read: by the formats that its columns are of, else by its name; not at all if it has neither."""
    kind = kind_of(path)
    if suffix_of(path) is None:
        return []
    try:
        encoding = encoding_of(path, reading.encoding)
        header = columns_of(path, encoding)
    except UnreadableFile:
        if kind is None:
            return []
        raise
    forms = [] if reading.family == NO_FORMAT else find_formats(path.name, header, reading.family)
    if forms:
        return [form_file(path, form, header, encoding, reading) for form in forms]
    return [] if kind is None else [shop_file(path, kind, header, encoding, reading)]


def _check_wanted(files: list[ShopFile], reading: Reading) -> None:
    """Raises where a column or a format was named by hand and no file has it."""
    columns = {theirs for file in files for theirs in file.header}
    strange = [f"{ours}={theirs}" for ours, theirs in reading.mapping.items() if theirs and theirs not in columns]
    if strange:
        raise UnclearColumns(f"--map {strange[0]}: no file has such a column; they have {', '.join(sorted(columns))}")
    if reading.family not in (None, NO_FORMAT) and not any(file.form for file in files):
        wanted = name_signatures(str(reading.family))
        raise UnclearColumns(f"--format {reading.family}: no file has the columns of it; {wanted}")


def _without_order_ids(files: list[ShopFile], reading: Reading) -> list[ShopFile]:
    """The files, in which an `id` that repeats with other content is taken for the order's: in all if in one."""
    doubtful = [file for file in files if _has_doubtful_id(file, reading)]
    if not any(names_orders(file.path, file.columns.fields["event_id"], file.encoding) for file in doubtful):
        return files
    return [_with_order_id(file) if file in doubtful else file for file in files]


def _has_doubtful_id(file: ShopFile, reading: Reading) -> bool:
    fields = file.columns.fields
    return (
        file.kind is Kind.EVENTS
        and file.form is None
        and "event_id" not in reading.mapping
        and same_name(fields.get("event_id", "")) == "id"
    )


def _with_order_id(file: ShopFile) -> ShopFile:
    order = file.columns.fields["event_id"]
    mapping = {**file.mapping, "event_id": ""}
    if "session_id" not in file.columns.fields:
        mapping["session_id"] = order
    columns = map_columns(Kind.EVENTS, file.header, mapping)
    return replace(file, columns=columns, mapping=mapping, order_id=order)


def unread_files(folder: Path, files: Iterable[ShopFile]) -> list[str]:
    """What of the folder is left out, and why."""
    read = {file.path.name for file in files} | {name for file in files if file.form for name in file.form.companions}
    return tell_unread([path for path in sorted(folder.iterdir()) if path.name not in read], FILE_NAMES)


def kind_of(path: Path) -> Kind | None:
    """What a file holds, by its name: items.csv, UserFeedback.jsonl.gz, ratings_2024.parquet."""
    suffix = suffix_of(path)
    if suffix is None or not path.is_file():
        return None
    name = same_name(path.name[: -len(suffix)])
    kinds = [kind for kind, names in FILE_NAMES.items() for known in names if name.startswith(known)]
    return kinds[0] if kinds else None


def shop_file(path: Path, kind: Kind, header: list[str], encoding: str, reading: Reading) -> ShopFile:
    """A file whose columns are read by their names."""
    try:
        columns = map_columns(kind, header, reading.mapping)
    except UnclearColumns as error:
        raise UnclearColumns(f"{path.name}: {error}") from error
    default = None
    if kind is Kind.EVENTS and "event_type" not in columns.fields:
        default = reading.default_type or _likely_type(path, columns)
    return ShopFile(path, columns, default, encoding, reading.mapping, header=tuple(header))


def form_file(path: Path, form: Format, header: list[str], encoding: str, reading: Reading) -> ShopFile:
    """A file that is read by a format."""
    default = reading.default_type or form.default_type
    return ShopFile(path, Columns(form.kind, {}, (), ()), default, encoding, reading.mapping, "", form, tuple(header))


def _likely_type(path: Path, columns: Columns) -> str:
    """What rows are that don't say it: stars are ratings, what has pieces or is named so purchases, others views."""
    if same_name(columns.fields.get("value", "")) in ("rating", "stars", "score"):
        return "rating"
    bought = "quantity" in columns.fields or same_name(path.name).startswith("purchases")
    return "purchase" if bought else "view"
