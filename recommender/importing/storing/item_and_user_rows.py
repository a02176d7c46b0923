"""Items and shoppers into their tables: what a row says is taken, what it leaves out or blank stays as it was.

It knows frames whose columns are ours, with nulls where nothing is said, and the rule that one id has one content in
a file. Consent that a shopper gave or withdrew in person gives way only to a file's word of a later time.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import polars as pl
from sqlalchemy import BigInteger, Column, Connection, Label, MetaData, String, Table, and_, false, func, select

from recommender.db.engine import one_writer_at_a_time
from recommender.db.tables import ID_LENGTH, Base
from recommender.importing.notices import Notice
from recommender.importing.storing.event_and_link_rows import OTHER_CONTENT, Outcome, first_of_each, reject_lines
from recommender.importing.storing.item_versions import DIFFER, Told, complete_versions, part_versions, settle_rows
from recommender.importing.storing.merging import merge_rows, read_stored
from recommender.importing.storing.row_defaults import complete_items, complete_users
from recommender.importing.storing.staging import WriteCounts, insert_new, stage, upsert, upsert_newer
from recommender.privacy.refusals import permitted
from recommender.settings import get_settings
from recommender.store.consent import PURPOSES
from recommender.store.identity.item_aliases import find_aliases

_items = Base.metadata.tables["items"]
_users = Base.metadata.tables["users"]
_consents = Base.metadata.tables["consents"]
Complete = Callable[[pl.DataFrame], pl.DataFrame]
Settle = Callable[[pl.DataFrame, pl.DataFrame], tuple[pl.DataFrame, list[int]]]  # rows and what is stored
Emptied = Mapping[str, Sequence[str]]  # by field, the ids of what has nothing there any more
RENAMED = "a former id of another item: describe that one, or take this id out of its aliases first"
OVERRULED = (
    "{rows} shoppers said otherwise of consent themselves, and that stands: {examples}. A column consent_time with a "
    "later time changes it."
)


def write_items(
    connection: Connection, frame: pl.DataFrame, overwrite: bool = False, emptied: Emptied | None = None
) -> Outcome:
    """Items by their id; `updated_at` is the moment of writing, by which a running service finds what is new to it.

    With `overwrite`, what a row leaves out becomes empty; without, only the fields of items that `emptied` names.
    """
    settings, told = get_settings(), Told()
    former = list(find_aliases(connection, frame["item_id"].to_list()))
    renamed = reject_lines(frame, frame.filter(pl.col("item_id").is_in(former))["line"].to_list(), "item_id", RENAMED)
    frame, changed = frame.filter(~pl.col("item_id").is_in(former)), "updated_at"
    written, rejects = WriteCounts(), [renamed]

    def settle(rows: pl.DataFrame, stored: pl.DataFrame) -> tuple[pl.DataFrame, list[int]]:
        return settle_rows(rows, stored, settings.currency, told)

    def complete(rows: pl.DataFrame) -> pl.DataFrame:
        return complete_items(complete_versions(rows, settings.currency, settings.rates, told))

    for part in part_versions(frame):
        done = _write_described(
            connection, _items, "item_id", part, complete, overwrite, changed, emptied or {}, settle
        )
        written, rejects = written + done.written, [*rejects, done.rejects]
    return Outcome(written, pl.concat(rejects), told.notices())


def write_undescribed_items(connection: Connection, frame: pl.DataFrame) -> Outcome:
    """Items that nobody has described yet, by what events say of them; the others stay as they are."""
    staged = stage(connection, _items, frame.select("item_id", "line"))
    query = select(staged.c.line).join_from(staged, _items, _items.c.item_id == staged.c.item_id)
    described = list(connection.scalars(query.where(_items.c.stub == false(), _items.c.title != _items.c.item_id)))
    return write_items(connection, frame.filter(~pl.col("line").is_in(described)))


def write_users(connection: Connection, frame: pl.DataFrame, overwrite: bool = False) -> Outcome:
    """Shoppers by their id, and their consent with its time where the file has one. Consent is never emptied."""
    frame = permitted(connection, frame)
    outcome = _write_described(connection, _users, "user_id", frame, complete_users, overwrite)
    taken = frame.filter(~pl.col("line").is_in(outcome.rejects["line"].implode()))
    return Outcome(outcome.written, outcome.rejects, _write_consents(connection, taken))


def _write_described(
    connection: Connection,
    target: Table,
    key: str,
    frame: pl.DataFrame,
    complete: Complete,
    overwrite: bool,
    touched: str | None = None,
    emptied: Emptied = MappingProxyType({}),
    settle: Settle | None = None,
) -> Outcome:
    """Upserts rows that describe something; what came before in this file under the same id is remembered.

    `settle` changes rows in view of what is stored, and names the lines of those that contradict themselves.
    """
    one_writer_at_a_time(connection, target.name)
    content = [name for name in frame.columns if name not in ("line", touched)]
    frame = frame.with_columns(frame.select(content).hash_rows().reinterpret(signed=True).alias("digest"))
    first = first_of_each(frame, key)
    staged = stage(connection, target, first.rows)
    clashes, repeats = _came_before(connection, target, staged, key)
    begun = _begun(connection, target, staged, key) if overwrite else []
    insert_new(connection, _seen(target, key), select(staged.c[key].label("key"), *_version(staged), staged.c.digest))
    rows = first.rows.filter(~pl.col("line").is_in([*clashes, *repeats]))
    stored = _without_emptied(_without_stand_ins(read_stored(connection, target, staged, key)), key, emptied)
    if overwrite:
        gone = [name for name in stored.columns if name not in (key, "consent")]
        stored = stored.with_columns(pl.when(pl.col(key).is_in(begun)).then(name).alias(name) for name in gone)
    rows, differing = settle(rows, stored) if settle else (rows, [])
    rows = rows.filter(~pl.col("line").is_in(differing))
    staged = stage(connection, target, complete(merge_rows(rows, stored, key)))
    written = upsert(connection, target, staged, touched)
    written += WriteCounts(unchanged=first.repeats + len(repeats))
    frame = frame.drop("digest")
    rejects = [reject_lines(frame, first.clashes + clashes, key, OTHER_CONTENT)]
    return Outcome(written, pl.concat([*rejects, reject_lines(frame, differing, "prices", DIFFER)]))


def _without_stand_ins(stored: pl.DataFrame) -> pl.DataFrame:
    """Stored rows without the titles that nobody gave: an item's id stands in until it is described."""
    if "title" not in stored.columns:
        return stored
    stand_in = pl.col("stub") | (pl.col("title") == pl.col("item_id"))
    return stored.with_columns(title=pl.when(~stand_in).then("title"))


def _without_emptied(stored: pl.DataFrame, key: str, emptied: Emptied) -> pl.DataFrame:
    fields = ((name, pl.col(key).is_in(list(ids))) for name, ids in emptied.items() if ids and name in stored.columns)
    return stored.with_columns(pl.when(~gone).then(name).alias(name) for name, gone in fields)


def _came_before(connection: Connection, target: Table, staged: Table, key: str) -> tuple[list[int], list[int]]:
    """Lines whose id came earlier in this file: with other content, and with the same."""
    seen = _seen(target, key)
    same = and_(seen.c.key == staged.c[key], *(seen.c[column.name] == column for column in _version(staged)))
    again = select(staged.c.line).join_from(staged, seen, same)
    clashes = list(connection.scalars(again.where(seen.c.digest != staged.c.digest)))
    return clashes, list(connection.scalars(again.where(seen.c.digest == staged.c.digest)))


def _begun(connection: Connection, target: Table, staged: Table, key: str) -> list[str]:
    """The staged ids that came earlier in this file in any language or currency: what it said of them stands."""
    seen = _seen(target, key)
    query = select(staged.c[key]).join_from(staged, seen, seen.c.key == staged.c[key])
    return list(connection.scalars(query.distinct()))


def _write_consents(connection: Connection, frame: pl.DataFrame) -> tuple[Notice, ...]:
    """Keeps consent that was said at a time, unless a later word is there; tells where an earlier word stands."""
    if "consent" not in frame.columns:
        return ()
    stated = frame.filter(pl.col("consent").is_not_null())
    if "consent_time" in stated.columns:
        timed = stated.filter(pl.col("consent_time").is_not_null())
        latest = timed.sort("consent_time").unique(subset="user_id", keep="last", maintain_order=True)
        _keep_later(connection, latest.select("user_id", given="consent", time="consent_time"))
    staged = stage(connection, _users, stated.unique(subset="user_id", keep="last", maintain_order=True))
    query = select(staged.c.user_id).join_from(staged, _consents, _consents.c.user_id == staged.c.user_id)
    overruled = list(connection.scalars(query.where(_consents.c.given != staged.c.consent).distinct()))
    return (Notice(OVERRULED, len(overruled), tuple(sorted(overruled)[:9])),) if overruled else ()


def _keep_later(connection: Connection, stated: pl.DataFrame) -> None:
    rows = pl.concat([stated.with_columns(purpose=pl.lit(purpose)) for purpose in PURPOSES])
    if not rows.is_empty():
        upsert_newer(connection, _consents, stage(connection, _consents, rows), "time")


def forget_seen(connection: Connection) -> None:
    """A new file begins: its ids have not been seen yet."""
    for target, key in ((_items, "item_id"), (_users, "user_id")):
        seen = _seen(target, key)
        seen.create(connection, checkfirst=True)
        connection.execute(seen.delete())


def forget_staged(connection: Connection) -> None:
    """What was staged last is in its tables: a connection that is used on keeps no copy."""
    for target in (_items, _users, _consents):
        stage(connection, target, pl.DataFrame(schema={"line": pl.Int64}))


def _seen(target: Table, key: str) -> Table:
    digest: Column[Any] = Column("digest", BigInteger)
    names = [("key", ID_LENGTH), *((column.name, 16) for column in _version(target))]
    columns: list[Column[Any]] = [Column(name, String(length), primary_key=True) for name, length in names]
    return Table(f"seen_{target.name}", MetaData(), *columns, digest, prefixes=["TEMPORARY"])


def _version(table: Table) -> list[Label[str]]:
    """The columns that tell rows of one item apart: its language and currency; of others none."""
    return [func.coalesce(table.c[name], "").label(name) for name in ("language", "currency") if name in table.c]
