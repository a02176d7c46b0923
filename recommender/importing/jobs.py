"""A shop's file as a job of the pipeline: how its rows are read, checked and written, and what to tell of it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from hashlib import blake2b
from pathlib import Path

import polars as pl

from recommender.data.returns import PURCHASE
from recommender.importing.checking.checks import check
from recommender.importing.checking.order_ids import ORDER_ID
from recommender.importing.checking.rows import Rules, column_of
from recommender.importing.checking.sales_pieces import DEAL
from recommender.importing.checking.suspect_columns import LOOKS_LIKE, find_suspects
from recommender.importing.column_names import (
    EVENT_TYPE_NAMES,
    KEEPS_ATTRIBUTES,
    Columns,
    Kind,
    map_columns,
    own_columns,
    same_name,
)
from recommender.importing.folder import Reading, ShopFile
from recommender.importing.formats.base import NOT_USED, Format
from recommender.importing.formats.row_mapping import PARTS, hold_together, read_rows, rename
from recommender.importing.notices import Notice
from recommender.importing.old_times import shift_times
from recommender.importing.pipeline import Batch, Job, Write
from recommender.importing.reading.encodings import UTF8
from recommender.importing.reading.parquet_rows import open_parquet
from recommender.importing.reading.readers import read_batches, suffix_of
from recommender.importing.reading.rows import RawBatch
from recommender.importing.storing.event_and_link_rows import write_events, write_links
from recommender.importing.storing.item_and_user_rows import write_items, write_undescribed_items, write_users
from recommender.importing.storing.progress import REJECT_SCHEMA, file_digest
from recommender.importing.storing.whole_catalogue import Named
from recommender.utils.time_zones import UTC_ZONE

READING = 4  # another one when rows are read otherwise, so that a file that was imported before is read anew
READ_AS = "its text was read as {examples}"
UNUSED = "columns that are not used: {examples}"
SHOWN = 30
Shaped = tuple[RawBatch, Columns, list[Notice]]


def file_job(file: ShopFile, reading: Reading, now: datetime, named: Named | None = None) -> Job:
    """The import of one file; `named` is told the items that a file of items names."""
    kind, rules = file.kind, rules_of(file, reading, now)

    def batches(done: int) -> Iterator[Batch]:
        for raw, columns, notices in shape_batches(file, reading, done):
            if raw.rows.is_empty():
                yield Batch(raw.taken, pl.DataFrame(), raw.rejects, tuple(notices))
                continue
            checked = check(raw, columns, rules)
            checked = replace(checked, good=shift_times(checked.good, reading.shift_days, now))
            if named is not None and kind is Kind.ITEMS and not (file.form and file.form.derived):
                kinds = checked.good["kind"] if "kind" in checked.good.columns else None
                named.add(column_of(raw.rows, "item_id", columns), kinds, raw.rejects.height)
            yield replace(checked, notices=(*checked.notices, *notices))

    return Job(
        _source(file),
        f"{file_digest(file.path)};{_way(file, reading, rules)}",
        batches,
        _writer(file, reading),
        total=_rows(file.path),
        resumable=kind is Kind.EVENTS and not (file.form and file.form.query),
        notices=tuple(_notices(file)),
        parts=_parts(file),
    )


def _writer(file: ShopFile, reading: Reading) -> Write:
    if file.form and file.form.derived:
        return write_undescribed_items
    writers: dict[Kind, Write] = {
        Kind.ITEMS: partial(write_items, overwrite=reading.overwrite),
        Kind.USERS: partial(write_users, overwrite=reading.overwrite),
        Kind.EVENTS: partial(write_events, stub_items=reading.stub_items),
        Kind.LINKS: write_links,
    }
    return writers[file.kind]


def rules_of(file: ShopFile, reading: Reading, now: datetime) -> Rules:
    """What holds of each row of the file; event types that were named by hand come before the format's."""
    theirs = {same_name(name): ours for name, ours in file.form.types.items()} if file.form else {}
    by_hand = {name: ours for name, ours in reading.types.items() if EVENT_TYPE_NAMES.get(name) != ours}
    default = file.default_type or reading.default_type or "view"
    rules = Rules.of(now, {**EVENT_TYPE_NAMES, **theirs, **by_hand}, default)
    return replace(rules, verbatim=reading.verbatim, zone=reading.zone, pieces=_has_pieces(file))


def shape_batches(file: ShopFile, reading: Reading, done: int = 0) -> Iterator[Shaped]:
    """The file's rows after the first `done`, the columns they are read by, and what there is to tell of them."""
    form = file.form
    if form is None:
        raws = read_batches(file.path, done, reading.batch, file.encoding)
        for raw in hold_together(raws, *_together(file, file.columns.fields)):
            columns = _columns_of(file, raw)
            yield raw, columns, _tell_unused(columns)
        return
    for raw, notices in _by_form(file, form, reading, done):
        yield raw, own_columns(form.kind, raw.rows.columns[1:]), notices


def _by_form(file: ShopFile, form: Format, reading: Reading, done: int) -> Iterator[tuple[RawBatch, list[Notice]]]:
    if form.query is not None:
        yield from ((raw, []) for raw in _numbered(form.query(file.path)))
        return
    names, unread = form.names(file.header, file.mapping), form.not_used(file.header, file.mapping)
    raws = read_batches(file.path, done, reading.batch, file.encoding)
    together = (form.together,) if form.together else _together(file, {ours: ours for ours in names.values()})
    for raw in hold_together((rename(raw, names, unread) for raw in raws), *together):
        shaped, notices = read_rows(raw, form, form.read) if form.read else (raw, [])
        yield shaped, [*notices, *([Notice(UNUSED, 1, tuple(unread), shown=SHOWN)] if unread else [])]


def _together(file: ShopFile, fields: Mapping[str, str]) -> list[str]:
    """The columns in which pieces of one purchase say the same, of a file that may have a row for each."""
    return [fields[ours] for ours in DEAL if ours in fields] if _has_pieces(file) else []


def _has_pieces(file: ShopFile) -> bool:
    """Whether a file is of sales alone, and neither counts pieces nor tells its rows apart by ids."""
    form = file.form
    fields = form.names(file.header, file.mapping).values() if form else file.columns.fields
    needed = {"event_id", "quantity", "event_type"}.intersection(fields) or (form and (form.read or form.query))
    return file.kind is Kind.EVENTS and file.default_type == PURCHASE and not needed


def _numbered(frames: Iterable[pl.DataFrame]) -> Iterator[RawBatch]:
    done = 0
    for frame in frames:
        lines = pl.int_range(done + 1, done + len(frame) + 1, dtype=pl.Int64, eager=True).alias("line")
        yield RawBatch(len(frame), frame.insert_column(0, lines), pl.DataFrame(schema=REJECT_SCHEMA))
        done += len(frame)


def _columns_of(file: ShopFile, raw: RawBatch) -> Columns:
    """How the batch's columns are read; lines of JSON may each have others."""
    if not (suffix_of(file.path) or "").startswith((".json", ".xml")):
        return file.columns
    names = [*file.columns.fields.values(), *file.columns.levels, *raw.rows.columns[1:]]
    return map_columns(file.kind, dict.fromkeys(names), file.mapping)


def _source(file: ShopFile) -> str:
    """Where the rows are from; a file that holds two kinds of rows is two sources."""
    second = f" ({file.kind})" if file.form and file.form.second else ""
    return f"{file.path.resolve()}{second}"


def _parts(file: ShopFile) -> int:
    return PARTS if file.form and file.form.read else 1


def _way(file: ShopFile, reading: Reading, rules: Rules) -> str:
    """How the file is read, as a short name; a file that is read in another way is another import."""
    names = sorted(file.columns.fields.items())
    form = [file.form.name] if file.form else []
    way = (READING, names, sorted(rules.types.items()), rules.default_type, reading.stub_items, *form)
    return blake2b(repr((*way, *_unusual(file, reading, rules))).encode(), digest_size=8).hexdigest()


def _notices(file: ShopFile) -> list[Notice]:
    """What there is to tell of the file as a whole."""
    notices = [] if file.encoding == UTF8 else [Notice(READ_AS, 1, (file.encoding,))]
    notices += [Notice(file.form.note)] if file.form and file.form.note else []
    suspects = find_suspects(_rest(file)) if file.kind is Kind.ITEMS else []
    notices += [Notice(LOOKS_LIKE, 1, tuple(suspects), shown=SHOWN)] if suspects else []
    return notices + ([Notice(ORDER_ID, 1, (file.order_id,))] if file.order_id else [])


def _rest(file: ShopFile) -> Iterable[str]:
    """The columns that are read as none of our fields."""
    if file.form is None:
        return file.columns.rest
    if file.form.query is not None:
        return ()
    kept = "attribute" if file.form.read is None else NOT_USED
    return [name for name, becomes in file.lines() if becomes.startswith((NOT_USED, kept))]


def _tell_unused(columns: Columns) -> list[Notice]:
    if columns.kind in KEEPS_ATTRIBUTES or not columns.rest:
        return []
    return [Notice(UNUSED, 1, columns.rest, shown=SHOWN)]


def _unusual(file: ShopFile, reading: Reading, rules: Rules) -> list[str]:
    """What was asked for that is not the rule."""
    zone = [] if reading.zone == UTC_ZONE else [reading.zone]
    options = {"overwrite": reading.overwrite, "verbatim": reading.verbatim}
    encoding = [] if file.encoding == UTF8 else [file.encoding]
    by_hand = sorted(f"{ours}={theirs}" for ours, theirs in file.mapping.items()) if file.form else []
    moved = [f"shift={reading.shift_days}"] if reading.shift_days else []
    money = [f"{rules.currency} {sorted(rules.rates.items())}"] if rules.currency or rules.rates else []
    return [*money, *(name for name, value in options.items() if value), *encoding, *zone, *by_hand, *moved]


def _rows(path: Path) -> int | None:
    return int(open_parquet(path).metadata.num_rows) if suffix_of(path) == ".parquet" else None
