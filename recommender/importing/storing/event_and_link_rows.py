"""Good rows of events and links into the shop's tables: links are upserted, events are kept once.

It knows frames whose columns are ours and whose values are valid, and the rules that need the database: an event's
item must be in the catalogue, and one id has one content in a file.
"""

from dataclasses import dataclass
from itertools import chain
from typing import Any

import orjson
import polars as pl
from sqlalchemy import Column, Connection, Table, and_, false, literal, select
from sqlalchemy import exists as sql_exists
from sqlalchemy.sql.elements import ColumnElement

from recommender.db.tables import Base
from recommender.encoders.sentiment import stars_of
from recommender.importing.notices import Notice
from recommender.importing.storing.progress import REJECT_SCHEMA
from recommender.importing.storing.row_defaults import complete_items
from recommender.importing.storing.staging import WriteCounts, columns_of, differing, insert_new, stage, upsert
from recommender.importing.storing.variants import name_items
from recommender.privacy.refusals import permitted
from recommender.store.identity.event_identity import COMPARED_FIELDS
from recommender.store.identity.visit_claims import name_visitors
from recommender.store.rating_scale import rating_scale

_items = Base.metadata.tables["items"]
_users = Base.metadata.tables["users"]
_events = Base.metadata.tables["events"]
_links = Base.metadata.tables["user_links"]
_OWNER = pl.coalesce("u" + pl.col("user_id"), "s" + pl.col("session_id")).alias("owner")
_answers = Base.metadata.tables["recommendations"]
OTHER_CONTENT = "this id came before with other content: give it an id of its own"
FOREIGN_ANSWER = "{rows} events are kept without recommendation_id: that answer was given to another shopper"
UNKNOWN_ITEM = "no such item in the catalogue: import it first, or take stubs with --stub-items"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one batch: the rows kept, and those that turned out bad beside what the database holds."""

    written: WriteCounts
    rejects: pl.DataFrame
    notices: tuple[Notice, ...] = ()


def write_links(connection: Connection, frame: pl.DataFrame) -> Outcome:
    """Whom shoppers trust or follow; a later row on the same two of the same kind is the newer word."""
    keys = ["source_user_id", "target_user_id", "kind"]
    latest = frame.unique(subset=keys, keep="last", maintain_order=True)
    staged = stage(connection, _links, latest)
    for end in (staged.c.source_user_id, staged.c.target_user_id):
        _make_users(connection, end)
    written = upsert(connection, _links, staged) + WriteCounts(unchanged=frame.height - latest.height)
    return Outcome(written, pl.DataFrame(schema=REJECT_SCHEMA))


def write_events(connection: Connection, frame: pl.DataFrame, stub_items: bool = False) -> Outcome:
    """Keeps events; an unknown item is stubbed or its event rejected, an unknown shopper is made."""
    frame = _with_words(connection, name_items(connection, frame.with_columns(confirmed=True)))
    frame = permitted(connection, name_visitors(connection, frame))
    first = first_of_each(frame, _OWNER, "event_id")
    bad = [reject_lines(frame, first.clashes, "event_id", OTHER_CONTENT)]
    staged = stage(connection, _events, first.rows)
    missing = and_(
        staged.c.item_id.is_not(None), ~sql_exists(1).where(_items.c.item_id == staged.c.item_id).correlate(staged)
    )
    if stub_items:
        _make_stubs(connection, staged, missing)
    else:
        unknown = list(connection.scalars(select(staged.c.line).where(missing)))
        if unknown:
            connection.execute(staged.delete().where(staged.c.line.in_(select(staged.c.line).where(missing))))
        bad.append(reject_lines(frame, unknown, "item_id", UNKNOWN_ITEM))
    _make_users(connection, staged.c.user_id)
    _remove_claims(connection, staged)
    foreign = _without_foreign_answers(connection, staged)
    added = insert_new(connection, _events, select(*columns_of(_events, staged)).order_by(staged.c.line))
    known = first.rows.height - bad[-1].height * (not stub_items) - added
    if known:
        changed = _changed(connection, staged)
        bad.append(reject_lines(frame, changed, "event_id", OTHER_CONTENT))
        known -= len(changed)
    return Outcome(WriteCounts(added=added, unchanged=known + first.repeats), pl.concat(bad), foreign)


def _with_words(connection: Connection, frame: pl.DataFrame) -> pl.DataFrame:
    """A review without a number gets the one that its words amount to, on the shop's scale."""
    if "text" not in frame.columns:
        return frame
    silent = (frame["event_type"] == "review") & frame["value"].is_null() & frame["text"].is_not_null()
    places = silent.fill_null(False).arg_true()
    if not len(places):
        return frame
    scale, stars = rating_scale(connection), stars_of(frame["text"].gather(places).to_list()).tolist()
    numbers = pl.Series([scale.from_stars(one) for one in stars], dtype=pl.Float64).fill_nan(None)
    return frame.with_columns(frame["value"].cast(pl.Float64).scatter(places, numbers))


def _of_shopper(staged: Table) -> ColumnElement[bool]:
    """A staged event and a stored one of the same shopper and id."""
    return and_(staged.c.event_id == _events.c.event_id, staged.c.user_id == _events.c.user_id)


def _of_visit(staged: Table) -> ColumnElement[bool]:
    """The same of a visit in which nobody has signed in."""
    nobody = and_(_events.c.user_id.is_(None), staged.c.user_id.is_(None))
    return and_(nobody, staged.c.event_id == _events.c.event_id, staged.c.session_id == _events.c.session_id)


def _changed(connection: Connection, staged: Table) -> list[int]:
    """The lines of events that are there with other content."""
    found = (
        differing(connection, _events, staged, same, COMPARED_FIELDS)
        for same in (_of_shopper(staged), _of_visit(staged))
    )
    return sorted(chain.from_iterable(found))


def _remove_claims(connection: Connection, staged: Table) -> None:
    """Takes out what shoppers' tokens said under the ids of these events: the shop says it now."""
    claimed = _events.c.confirmed.is_(False)
    if connection.scalar(select(_events.c.id).where(claimed).limit(1)) is None:
        return
    known = sql_exists(1).where(_of_shopper(staged)).correlate(_events)
    connection.execute(_events.delete().where(claimed, known))


def _without_foreign_answers(connection: Connection, staged: Table) -> tuple[Notice, ...]:
    """Takes the ids of answers that were given to other shoppers out of the events; tells of how many."""
    named = staged.c.recommendation_id.is_not(None)
    if connection.scalar(select(staged.c.line).where(named).limit(1)) is None:
        return ()
    same = _answers.c.recommendation_id == staged.c.recommendation_id
    foreign = sql_exists(1).where(same, _answers.c.user_id != staged.c.user_id).correlate(staged)
    lines = connection.scalars(
        staged.update().where(named, foreign).values(recommendation_id=None).returning(staged.c.line)
    )
    return (Notice(FOREIGN_ANSWER, len(lines.all())),)


@dataclass(frozen=True, slots=True)
class FirstOfEach:
    """Rows by their id, as far as one id has one content."""

    rows: pl.DataFrame  # the first row of each id
    repeats: int  # later rows that say the same
    clashes: list[int]  # lines of later rows that say something else


def first_of_each(frame: pl.DataFrame, *key: str | pl.Expr) -> FirstOfEach:
    """The first row of each id, and what became of the others."""
    if frame.select(pl.struct(key).n_unique()).item() == frame.height:
        return FirstOfEach(frame, 0, [])
    rows = frame.filter(pl.struct(key).is_first_distinct())
    content = [name for name in frame.columns if name != "line"]
    other = frame.join(rows.select(content), on=content, how="anti", nulls_equal=True)["line"].to_list()
    return FirstOfEach(rows, frame.height - rows.height - len(other), other)


def _make_stubs(connection: Connection, staged: Table, missing: ColumnElement[bool]) -> None:
    """Items known from events only: their id is all there is to say of them, so that's their title."""
    ids = list(connection.scalars(select(staged.c.item_id).where(missing).distinct()))
    if not ids:
        return
    frame = complete_items(pl.DataFrame({"item_id": ids})).with_columns(stub=pl.lit(True))
    stubs = stage(connection, _items, frame)
    insert_new(connection, _items, select(*columns_of(_items, stubs)))


def _make_users(connection: Connection, user_ids: Column[Any]) -> None:
    unknown = ~sql_exists(1).where(_users.c.user_id == user_ids).correlate(user_ids.table)
    nothing_more = (literal({}, _users.c.attributes.type).label("attributes"), (~false()).label("consent"))
    users = select(user_ids.label("user_id"), *nothing_more).where(user_ids.is_not(None), unknown)
    insert_new(connection, _users, users.group_by(user_ids))


def reject_lines(frame: pl.DataFrame, lines: list[int], field: str, reason: str) -> pl.DataFrame:
    """The rows at `lines` as rejects."""
    if not lines:
        return pl.DataFrame(schema=REJECT_SCHEMA)
    bad = frame.filter(pl.col("line").is_in(lines))
    raw = [
        orjson.dumps({k: v for k, v in row.items() if v is not None}, default=str).decode()
        for row in bad.drop("line").iter_rows(named=True)
    ]
    return bad.select(
        pl.col("line").cast(pl.Int64), field=pl.lit(field), reason=pl.lit(reason), raw=pl.Series(raw, dtype=pl.String)
    )
