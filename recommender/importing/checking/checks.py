"""What makes a row good: each field's form and limits, what is required, and what a row must say as a whole.

It knows rows and no table; what only the database can tell, such as whether an item exists, is `event_and_link_rows`'s
affair.
"""

from collections import Counter
from datetime import datetime, timedelta

import polars as pl

from recommender.importing.checking.attributes import read_attributes
from recommender.importing.checking.event_rows import finish_events
from recommender.importing.checking.field_parsers import parsers_of
from recommender.importing.checking.item_rows import finish_items
from recommender.importing.checking.rejects import make_rejects, name_person
from recommender.importing.checking.rows import Found, Rules, column_of, find_missing, find_too_long
from recommender.importing.checking.sales_pieces import count_pieces
from recommender.importing.column_names import Columns, Kind, same_name
from recommender.importing.fields.bytes_columns import read_bytes
from recommender.importing.fields.identifiers import tell_float_ids
from recommender.importing.fields.markup import TEXTS, without_markup
from recommender.importing.fields.null_words import blank_out
from recommender.importing.fields.values import Parsed, Problem
from recommender.importing.notices import Notice
from recommender.importing.pipeline import Batch
from recommender.importing.reading.rows import RawBatch

SAME_CLOCK = timedelta(minutes=5)
FUTURE_TIMES = (
    "{rows} events lie ahead of the clock, by {most} at most, and count only when their time has come. If the "
    "file's times are local, name their zone: --time-zone Asia/Shanghai, or ZHIYIN_TIME_ZONE"
)
_IDS = frozenset(
    ("event_id", "user_id", "item_id", "session_id", "recommendation_id", "source_user_id", "target_user_id")
)
_BARE = frozenset(  # numbers, times, yes or no
    ("value", "quantity", "time", "price", "sale_price", "weight", "consent", "consent_time", "created_at", "hidden")
) | {"available_from", "available_until"}


def check(batch: RawBatch, columns: Columns, rules: Rules) -> Batch:
    """The batch's good rows in our columns, its bad ones as rejects."""
    if batch.rows.is_empty():
        return Batch(batch.taken, pl.DataFrame(), batch.rejects)
    raw, problems, notices = _prepare(batch.rows, columns, rules)
    remarks = Counter[str]()
    parsed: dict[str, pl.Series] = {"line": raw["line"]}
    for ours, parser in parsers_of(columns.kind, rules).items():
        column = column_of(raw, ours, columns)
        if columns.kind is Kind.ITEMS and ours in TEXTS and column.dtype == pl.String:
            column = without_markup(column, ours, remarks)
        values, found = parser(column)
        if ours in ("available_from", "available_until") and not _is_own_name(columns.fields.get(ours, "")):
            values, found = _where_good(values, found, f"{columns.fields[ours]}: no time, so it says nothing", remarks)
        parsed[ours] = values.alias(ours)
        problems += [(ours, problem) for problem in found]
        if ours in _IDS and not rules.verbatim:
            notices += tell_float_ids(ours, column)
    frame = pl.DataFrame(parsed)
    finished, more = _FINISH[columns.kind](frame, raw, columns, rules, remarks)
    rejects = make_rejects(name_person(raw, columns), problems + more)
    good = finished.filter(~pl.col("line").is_in(rejects["line"].implode()))
    if columns.kind is Kind.EVENTS:
        good, piece_notices = count_pieces(good) if rules.pieces else (good, [])
        notices += [*piece_notices, *_warn_of_future_times(good["time"], rules.now)]
    notices += [Notice(_literal(remark), rows) for remark, rows in remarks.items()]
    return Batch(batch.taken, good, pl.concat([batch.rejects, rejects]), tuple(notices))


def _warn_of_future_times(times: pl.Series, now: datetime) -> list[Notice]:
    """Times that have not come yet: until then their events are in no profile."""
    future = times.filter(times > now + SAME_CLOCK)
    latest = future.max()
    return [Notice(FUTURE_TIMES, len(future), most=latest - now)] if isinstance(latest, datetime) else []


def _prepare(rows: pl.DataFrame, columns: Columns, rules: Rules) -> tuple[pl.DataFrame, "Found", list[Notice]]:
    """The rows with texts for bytes and nulls for null words."""
    ours = {theirs: name for name, theirs in columns.fields.items()} | dict.fromkeys(columns.levels, "categories")
    ours |= {theirs: "price" for part in ("price", "sale_price") for theirs in columns.also.get(part, ())}
    ours |= {theirs: name for theirs, (name, _) in columns.coded.items()}
    raw, problems, notices = read_bytes(rows, ours)
    if rules.verbatim:
        return raw, problems, notices
    raw, blanked = blank_out(raw, {theirs for theirs, name in ours.items() if name in _BARE})
    return raw, problems, [*notices, *blanked]


def _literal(remark: str) -> str:
    """A remark as the sentence of a notice, with its number of rows."""
    return remark.replace("{", "{{").replace("}", "}}") + " ({rows} rows)"


def _is_own_name(name: str) -> bool:
    """Whether a column is a time of availability by its very name; others hold all sorts of things."""
    return same_name(name).startswith(("available", "expire", "creation", "time")) or not name


def _where_good(values: pl.Series, found: list[Problem], remark: str, remarks: Counter[str]) -> Parsed:
    """The values without those that have a problem, which is remarked instead."""
    for problem in found:
        where = problem.where.fill_null(False)
        values = values.set(where, None)
        if rows := int(where.sum()):
            remarks[remark] += rows
    return values, []


def _finish_users(
    frame: pl.DataFrame, raw: pl.DataFrame, columns: Columns, rules: Rules, remarks: Counter[str]
) -> tuple[pl.DataFrame, Found]:
    attributes = read_attributes(frame["attributes"], raw, columns)
    found = [("user_id", find_missing(frame["user_id"])), ("attributes", find_too_long(attributes))]
    return frame.with_columns(attributes), found


def _finish_links(
    frame: pl.DataFrame, raw: pl.DataFrame, columns: Columns, rules: Rules, remarks: Counter[str]
) -> tuple[pl.DataFrame, Found]:
    source, target = frame["source_user_id"], frame["target_user_id"]
    found = [
        ("source_user_id", find_missing(source)),
        ("target_user_id", find_missing(target)),
        ("target_user_id", Problem(source == target, "the shopper's own id: nobody is linked to themselves")),
    ]
    return frame.with_columns(pl.col("kind").fill_null("trust"), pl.col("weight").fill_null(1.0)), found


_FINISH = {
    Kind.EVENTS: finish_events,
    Kind.USERS: _finish_users,
    Kind.ITEMS: finish_items,
    Kind.LINKS: _finish_links,
}
