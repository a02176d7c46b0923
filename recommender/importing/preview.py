"""An import that is only shown: what each file's rows would become, what would be rejected and why, what is not used.

It reads the files to their end and writes nothing. What the database alone could tell, whether an id came before with
other content, it does not foresee.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import polars as pl
from sqlalchemy import Engine, select
from sqlalchemy.exc import DatabaseError

from recommender.db.tables import Item
from recommender.importing.column_names import Kind
from recommender.importing.folder import Reading, ShopFile
from recommender.importing.jobs import file_job
from recommender.importing.notices import combine
from recommender.importing.old_times import offer_shift
from recommender.importing.storing.event_and_link_rows import UNKNOWN_ITEM
from recommender.importing.storing.item_versions import Told, complete_versions, settle_rows
from recommender.importing.storing.row_defaults import complete_items
from recommender.importing.storing.variants import VARIANTS, find_variants, listed_variants
from recommender.settings import get_settings

EXAMPLES = 3
_NOT_SHOWN = ("line", "content_hash", "updated_at", "retired", "stub", "price_converted")


@dataclass(slots=True)
class FilePreview:
    """What an import would make of one file."""

    file: ShopFile
    taken: int = 0  # rows of the file
    good: int = 0  # rows that would be kept, of which one of the file may make several
    examples: list[dict[str, Any]] = field(default_factory=list)
    rejects: Counter[tuple[str, str]] = field(default_factory=Counter)  # by field and reason
    first_lines: dict[tuple[str, str], int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    newest: datetime | None = None  # time of an event


def preview_files(engine: Engine, files: Iterable[ShopFile], reading: Reading, now: datetime) -> list[FilePreview]:
    """What an import of these files would do, in the order in which they would go in."""
    known = _known_items(engine)
    return [_preview(file, reading, now, known) for file in files]


def _known_items(engine: Engine) -> set[str]:
    """The items and variants that the database has; none where it has no tables yet."""
    try:
        with engine.connect() as connection:
            return {*connection.scalars(select(Item.item_id)), *find_variants(connection)}
    except DatabaseError:
        return set()


def _preview(file: ShopFile, reading: Reading, now: datetime, known: set[str]) -> FilePreview:
    job = file_job(file, reading, now)
    shown, notices = FilePreview(file), list(job.notices)
    there = pl.Series(list(known) if file.kind is Kind.EVENTS else [], dtype=pl.String)
    for batch in job.batches(0):
        good, rejects = batch.good, batch.rejects.with_columns(pl.col("line") // job.parts)
        if file.kind is Kind.ITEMS and not good.is_empty():
            known.update(good["item_id"], _variants(good))
        if file.kind is Kind.EVENTS and not good.is_empty() and not reading.stub_items:
            strange = pl.col("item_id").is_not_null() & ~pl.col("item_id").is_in(there.implode())
            _count(shown, good.filter(strange)["line"] // job.parts, "item_id", UNKNOWN_ITEM)
            good = good.filter(~strange)
        for line, where, reason, _ in rejects.iter_rows():
            _count(shown, pl.Series([line]), where, reason)
        shown.taken, shown.good = shown.taken + batch.taken, shown.good + len(good)
        shown.newest = _later(shown.newest, good)
        if len(shown.examples) < EXAMPLES and not good.is_empty():
            shown.examples += _as_stored(file.kind, good.head(EXAMPLES - len(shown.examples)))
        notices = combine([*notices, *batch.notices])
    offer = offer_shift(shown.newest, now)
    shown.notes = (*map(str, notices), *([offer] if offer else []))
    return shown


def _later(newest: datetime | None, good: pl.DataFrame) -> datetime | None:
    """The newest time of an event so far."""
    last = good["time"].max() if "time" in good.columns and not good.is_empty() else None
    return max(newest or last, last) if isinstance(last, datetime) else newest


def _variants(items: pl.DataFrame) -> list[str]:
    texts: list[str] = items["attributes"].drop_nulls().to_list() if "attributes" in items.columns else []
    return [one for attributes in texts if f'"{VARIANTS}"' in attributes for one in listed_variants(attributes)]


def _count(shown: FilePreview, lines: pl.Series, where: str, reason: str) -> None:
    if len(lines):
        shown.rejects[where, reason] += len(lines)
        shown.first_lines.setdefault((where, reason), int(lines[0]))


def _as_stored(kind: Kind, rows: pl.DataFrame) -> list[dict[str, Any]]:
    """The rows as they would be kept, without what is empty."""
    frame = rows
    if kind is Kind.ITEMS:
        settings, told = get_settings(), Told()
        settled, _ = settle_rows(rows, pl.DataFrame(), settings.currency, told)
        frame = complete_items(complete_versions(settled, settings.currency, settings.rates, told))
    return [
        {name: value for name, value in row.items() if value not in (None, "", "[]", "{}") and name not in _NOT_SHOWN}
        for row in frame.iter_rows(named=True)
    ]
