"""Rows that come in by themselves, not in a file: judged and stored by the same rules, in the caller's transaction.

It knows the order of the steps. What makes a row good is `checking`'s affair, how it gets into its table `storing`'s.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import polars as pl
from sqlalchemy import Connection, select

from recommender.db.engine import one_writer_at_a_time
from recommender.db.tables import Item, User
from recommender.importing.checking.checks import check
from recommender.importing.checking.rows import Rules
from recommender.importing.coded_columns import TEXTS
from recommender.importing.column_names import REQUIRED, Columns, Kind, UnclearColumns, map_columns, own_columns
from recommender.importing.notices import Notice, combine
from recommender.importing.pipeline import Batch
from recommender.importing.reading.readers import record_batch
from recommender.importing.reading.rows import Record
from recommender.importing.storing.event_and_link_rows import Outcome
from recommender.importing.storing.item_and_user_rows import (
    forget_seen,
    forget_staged,
    write_items,
    write_users,
)
from recommender.importing.storing.staging import WriteCounts
from recommender.privacy.refusals import permitted

DELETED = "this item was deleted: PUT it to bring it back"
ERASED = "this shopper was erased: one who comes back has a new id"
UNKNOWN = "no such item in the catalogue: PUT it first"
NO_OBJECT = "not a JSON object: send the row's fields by their names"
NULL_BESIDE_LANGUAGE = (
    "null beside language: leave language out to empty the item's own text, or take a translation away by its code, "
    'as translations {"zh": null}'
)
IDS_A_QUERY = 500
Problems = Mapping[int, tuple[str, str]]  # by a row's place: the field and what is wrong with it


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that was not stored: where it stood, its id where it has one, the field and the reason."""

    place: int
    key: str | None
    field: str
    reason: str


@dataclass(frozen=True, slots=True)
class BulkOutcome:
    """What became of all rows of a call."""

    written: WriteCounts
    rejected: Sequence[RejectedRow] = ()
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class CheckedRows:
    """Rows by their places (from 0): the good ones in our columns, the others as problems; and what they empty.

    `emptied` names by field of ours the places of rows that say null there.
    """

    key: str
    ids: Sequence[str | None]
    good: pl.DataFrame
    problems: Problems
    emptied: Mapping[str, frozenset[int]] = field(default_factory=dict)
    notices: Sequence[Notice] = ()

    def without(self, problems: Problems) -> "CheckedRows":
        """The same with more of the rows found bad."""
        good = self.good.filter(~pl.col("line").is_in(list(problems)))
        return CheckedRows(self.key, self.ids, good, {**self.problems, **problems}, self.emptied, self.notices)

    def outcome(self, written: Outcome | None) -> BulkOutcome:
        """What to tell, once the good rows are written."""
        problems, counts, notices = dict(self.problems), WriteCounts(), list(self.notices)
        if written is not None:
            counts = written.written
            problems |= _by_place(written.rejects)
            notices += written.notices
        rejected = [RejectedRow(place, self.ids[place], *problems[place]) for place in sorted(problems)]
        return BulkOutcome(counts, rejected, [str(notice) for notice in combine(notices)])

    def emptied_ids(self) -> dict[str, list[str]]:
        """By field, the ids of good rows that say null there."""
        key_of = dict(self.good.select("line", self.key).iter_rows()) if len(self.good) else {}
        return {name: [key_of[place] for place in places if place in key_of] for name, places in self.emptied.items()}


def check_rows(kind: Kind, rows: Sequence[Any], now: datetime) -> CheckedRows:
    """Judges rows as they were sent, objects of JSON, by the rules that hold of a file's."""
    key = REQUIRED[kind][0]
    records = [Record(place, row, "" if isinstance(row, dict) else NO_OBJECT) for place, row in enumerate(rows)]
    raw = record_batch(records)
    try:
        columns = map_columns(kind, raw.rows.columns[1:])
    except UnclearColumns:  # none of them has an id
        missing = {place: (key, "missing, and it is required") for place in raw.rows["line"]}
        return CheckedRows(key, [None] * len(rows), pl.DataFrame(), {**missing, **_by_place(raw.rejects)})
    batch = check(raw, columns, Rules.of(now)) if len(raw.rows) else Batch(0, pl.DataFrame(), raw.rejects)
    ids = [_id_of(row, columns.fields[key], columns.also.get(key, ())) for row in rows]
    return CheckedRows(key, ids, batch.good, _by_place(batch.rejects), _emptied(rows, columns), batch.notices)


def check_read_rows(kind: Kind, rows: Sequence[Mapping[str, Any]], now: datetime, default_type: str) -> CheckedRows:
    """The same for rows that a format has read: they are in our names, and only those names are fields."""
    key = "event_id" if kind is Kind.EVENTS else REQUIRED[kind][0]
    fields = [{name: value for name, value in row.items() if name != "line"} for row in rows]
    raw = record_batch([Record(place, row) for place, row in enumerate(fields)])
    if raw.rows.is_empty():
        return CheckedRows(key, [], pl.DataFrame(), {})
    batch = check(raw, own_columns(kind, raw.rows.columns[1:]), Rules.of(now, default_type=default_type))
    ids = [str(row.get(key)) for row in rows]
    return CheckedRows(key, ids, batch.good, _by_place(batch.rejects), notices=batch.notices)


def put_items(connection: Connection, checked: CheckedRows) -> BulkOutcome:
    """Items made, or replaced as a whole: what a row leaves out is empty."""
    one_writer_at_a_time(connection, Item.__tablename__)
    return _write(connection, checked, lambda good: write_items(connection, good, overwrite=True))


def patch_items(connection: Connection, checked: CheckedRows) -> BulkOutcome:
    """Fields of items changed: what a row leaves out stays, what it says is null is emptied."""
    if not len(checked.good):
        return checked.outcome(None)
    one_writer_at_a_time(connection, Item.__tablename__)
    known, found = _known(connection, checked.good["item_id"].to_list()), dict[int, tuple[str, str]]()
    for place, item_id in checked.good.select("line", "item_id").iter_rows():
        if (retired := known.get(item_id)) is not False:
            found[place] = ("item_id", UNKNOWN if retired is None else DELETED)
    checked = checked.without({**_nulls_beside_language(checked), **found})
    return _write(connection, checked, lambda good: write_items(connection, good, emptied=checked.emptied_ids()))


def _nulls_beside_language(checked: CheckedRows) -> Problems:
    """Rows that say in which language they are and empty a text: whether the item's own, can't be told."""
    if "language" not in checked.good.columns:
        return {}
    spoken = checked.good.filter(pl.col("language").is_not_null())["line"].to_list()
    emptied = {name: checked.emptied.get(name, frozenset()) for name in TEXTS}
    return {place: (name, NULL_BESIDE_LANGUAGE) for name, places in emptied.items() for place in places & {*spoken}}


def put_users(connection: Connection, checked: CheckedRows) -> BulkOutcome:
    """Shoppers made, or what is known beside their doings replaced. What they said of consent is never emptied."""
    one_writer_at_a_time(connection, User.__tablename__)
    if len(checked.good):
        may_be_known = set(permitted(connection, checked.good)["user_id"].to_list())
        rows = checked.good.select("line", "user_id").iter_rows()
        checked = checked.without({place: ("user_id", ERASED) for place, user in rows if user not in may_be_known})
    return _write(connection, checked, lambda good: write_users(connection, good, overwrite=True))


def _write(connection: Connection, checked: CheckedRows, write: Callable[[pl.DataFrame], Outcome]) -> BulkOutcome:
    """The caller has its turn already: what is staged begins a transaction that could not take one any more."""
    if not len(checked.good):
        return checked.outcome(None)
    forget_seen(connection)
    written = write(checked.good)
    forget_seen(connection)
    forget_staged(connection)
    return checked.outcome(written)


def _known(connection: Connection, item_ids: Sequence[str]) -> dict[str, bool]:
    """Of the items that exist, whether each was taken out of the catalogue."""
    found: dict[str, bool] = {}
    for start in range(0, len(item_ids), IDS_A_QUERY):
        some = Item.item_id.in_(item_ids[start : start + IDS_A_QUERY])
        found |= {
            item_id: retired for item_id, retired in connection.execute(select(Item.item_id, Item.retired).where(some))
        }
    return found


def _by_place(rejects: pl.DataFrame) -> dict[int, tuple[str, str]]:
    return {line: (name, reason) for line, name, reason in rejects.select("line", "field", "reason").iter_rows()}


def _id_of(row: Any, theirs: str, also: Sequence[str]) -> str | None:
    """The id as it was sent, for whoever looks for the row."""
    values = (row.get(name) for name in (theirs, *also)) if isinstance(row, dict) else ()
    return next((str(one)[:200] for one in values if one is not None and not isinstance(one, (dict, list))), None)


def _emptied(rows: Sequence[Any], columns: Columns) -> dict[str, frozenset[int]]:
    read_from = {ours: (theirs, *columns.also.get(ours, ())) for ours, theirs in columns.fields.items()}
    if columns.availability:
        read_from |= dict.fromkeys(("availability", "stock"), tuple(columns.availability))
    found = {
        ours: frozenset(place for place, row in enumerate(rows) if isinstance(row, dict) and _says_null(row, names))
        for ours, names in read_from.items()
    }
    return {ours: places for ours, places in found.items() if places}


def _says_null(row: Mapping[str, Any], names: Sequence[str]) -> bool:
    values = [row[name] for name in names if name in row]
    return bool(values) and all(one is None for one in values)
