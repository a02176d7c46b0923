"""What makes a row good: each field's form and limits, what is required, and what a row must say as a whole.

It knows rows and no table; what only the database can tell, such as whether an item exists, is `writing`'s affair.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

import orjson
import polars as pl

from recommender.data.availability import BACKORDER, PREORDER, about
from recommender.db.tables import ID_LENGTH, STORED_TYPES
from recommender.importing.checking.pieces import count_pieces
from recommender.importing.checking.returned import take_back
from recommender.importing.fields.availability import Availability, read_availability
from recommender.importing.fields.blanks import NULL_WORDS, blank_out
from recommender.importing.fields.bytes_columns import read_bytes
from recommender.importing.fields.categories import category_path
from recommender.importing.fields.identifiers import identifier, tell_float_ids
from recommender.importing.fields.markup import TEXTS, without_markup
from recommender.importing.fields.money import amounts, currencies, current_price, sums, within
from recommender.importing.fields.values import Parsed, Parser, Problem, as_strings, flag, number, text, time
from recommender.importing.naming import EVENT_TYPE_NAMES, Columns, Kind, same_name
from recommender.importing.notices import Notice
from recommender.importing.pipeline import Batch
from recommender.importing.reading.rows import RawBatch
from recommender.importing.storing.progress import REJECT_SCHEMA
from recommender.utils.time_zones import UTC_ZONE

LONG_TEXT = 20_000  # characters of a description, a review, an item's attributes
TITLE = 1_000
SAME_CLOCK = timedelta(minutes=5)
AHEAD = (
    "{rows} events lie ahead of the clock, by {most} at most, and count only when their time has come. If the "
    "file's times are local, name their zone: --time-zone Asia/Shanghai, or ZHIYIN_TIME_ZONE"
)
_IDS = frozenset(
    ("event_id", "user_id", "item_id", "session_id", "recommendation_id", "source_user_id", "target_user_id")
)
_BARE = frozenset(  # numbers, times, yes or no
    ("value", "quantity", "time", "price", "weight", "consent", "consent_time", "created_at", "hidden")
) | {"available_from", "available_until"}
_DELIVERED_FROM = frozenset({"availabilitydate", "availabledate", "dateavailable"})  # of what can be ordered before
_WOOCOMMERCE = frozenset({"visibilityincatalog", "regularprice", "catalogvisibility"})


@dataclass(frozen=True, slots=True)
class Rules:
    """What a source says beside its rows: the moment of the import, names of event types, what a row without is."""

    now: datetime
    types: Mapping[str, str]  # a shop's name of an event type, spelling aside -> ours
    default_type: str
    verbatim: bool = False  # ids and null words as they stand
    zone: str = UTC_ZONE  # of times that have none of their own
    pieces: bool = False  # rows of sales that say the same are pieces

    @classmethod
    def of(cls, now: datetime, types: Mapping[str, str] = EVENT_TYPE_NAMES, default_type: str = "view") -> "Rules":
        return cls(now, types, default_type)


def check(batch: RawBatch, columns: Columns, rules: Rules) -> Batch:
    """The batch's good rows in our columns, its bad ones as rejects."""
    if batch.rows.is_empty():
        return Batch(batch.taken, pl.DataFrame(), batch.rejects)
    raw, problems, notices = _prepare(batch.rows, columns, rules)
    remarks = Counter[str]()
    parsed: dict[str, pl.Series] = {"line": raw["line"]}
    for ours, parser in _parsers(columns.kind, rules).items():
        column = column_of(raw, ours, columns)
        if columns.kind is Kind.ITEMS and ours in TEXTS and column.dtype == pl.String:
            column = without_markup(column, ours, remarks)
        values, found = parser(column)
        if ours in ("available_from", "available_until") and not _is_ours(columns.fields.get(ours, "")):
            values, found = _where_good(values, found, f"{columns.fields[ours]}: no time, so it says nothing", remarks)
        parsed[ours] = values.alias(ours)
        problems += [(ours, problem) for problem in found]
        if ours in _IDS and not rules.verbatim:
            notices += tell_float_ids(ours, column)
    frame = pl.DataFrame(parsed)
    finished, more = _FINISH[columns.kind](frame, raw, columns, rules, remarks)
    rejects = _rejects(_with_person(raw, columns), problems + more)
    good = finished.filter(~pl.col("line").is_in(rejects["line"].implode()))
    if columns.kind is Kind.EVENTS:
        good, told = count_pieces(good) if rules.pieces else (good, [])
        notices += [*told, *_tell_ahead(good["time"], rules.now)]
    notices += [Notice(_literal(remark), rows) for remark, rows in remarks.items()]
    return Batch(batch.taken, good, pl.concat([batch.rejects, rejects]), tuple(notices))


def _tell_ahead(times: pl.Series, now: datetime) -> list[Notice]:
    """Times that have not come yet: until then their events are in no profile."""
    ahead = times.filter(times > now + SAME_CLOCK)
    latest = ahead.max()
    return [Notice(AHEAD, len(ahead), most=latest - now)] if isinstance(latest, datetime) else []


def _prepare(rows: pl.DataFrame, columns: Columns, rules: Rules) -> tuple[pl.DataFrame, "Found", list[Notice]]:
    """The rows with texts for bytes and nulls for null words."""
    ours = {theirs: name for name, theirs in columns.fields.items()} | dict.fromkeys(columns.levels, "categories")
    ours |= {theirs: "price" for part in ("price", "sale_price") for theirs in columns.also.get(part, ())}
    raw, problems, notices = read_bytes(rows, ours)
    if rules.verbatim:
        return raw, problems, notices
    raw, blanked = blank_out(raw, {theirs for theirs, name in ours.items() if name in _BARE})
    return raw, problems, [*notices, *blanked]


Found = list[tuple[str, Problem]]


def column_of(raw: pl.DataFrame, ours: str, columns: Columns) -> pl.Series:
    """What a field is read from: its column, and where that is blank the next one of the same meaning."""
    names = [columns.fields.get(ours), *columns.also.get(ours, ())]
    there = [name for name in names if name is not None and name in raw.columns]
    if not there:
        return pl.Series([None], dtype=pl.String).new_from_index(0, len(raw))
    if len(there) == 1:
        return raw[there[0]]
    filled = [pl.col(name).cast(pl.String).str.strip_chars().replace("", None) for name in there]
    return raw.select(pl.coalesce(filled)).to_series()


def _literal(remark: str) -> str:
    """A remark as the sentence of a notice, with its number of rows."""
    return remark.replace("{", "{{").replace("}", "}}") + " ({rows} rows)"


def _is_ours(name: str) -> bool:
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


def _parsers(kind: Kind, rules: Rules) -> Mapping[str, Parser]:
    past, any_time = time(rules.now, zone=rules.zone), time(rules.now, may_be_ahead=True, zone=rules.zone)
    an_id = identifier(ID_LENGTH, rules.verbatim)
    if kind is Kind.EVENTS:
        names = ("event_id", "user_id", "item_id", "session_id", "recommendation_id")
        money = {"value": sums, "quantity": sums}
        back = {"status": text(64), "returned_at": past}
        return {
            **dict.fromkeys(names, an_id),
            "event_type": text(64),
            **money,
            "text": text(LONG_TEXT),
            "time": past,
            **back,
        }
    if kind is Kind.USERS:
        consent = {"consent": flag, "consent_time": past}
        return {"user_id": an_id, "attributes": text(LONG_TEXT), **consent, "created_at": past}
    if kind is Kind.LINKS:
        return {"source_user_id": an_id, "target_user_id": an_id, "kind": text(16), "weight": number()}
    return {
        "item_id": an_id,
        "title": text(TITLE),
        "description": text(LONG_TEXT),
        "brand": text(256),
        "categories": text(LONG_TEXT),
        "price": amounts,
        "sale_price": amounts,
        "image": text(2_000),
        "language": text(16),
        "attributes": text(LONG_TEXT),
        "available_from": any_time,
        "available_until": any_time,
        "hidden": flag,
        "kind": _kind,
    }


def _kind(column: pl.Series) -> Parsed:
    """A kind of item: product, article, video, ...; capital letters don't count."""
    values, problems = text(32)(column)
    return values.str.to_lowercase(), problems


def _missing(column: pl.Series, when: pl.Series | None = None) -> Problem:
    absent = column.is_null()
    return Problem(absent & when if when is not None else absent, "missing, and it is required")


def _finish_events(
    frame: pl.DataFrame, raw: pl.DataFrame, columns: Columns, rules: Rules, remarks: Counter[str]
) -> tuple[pl.DataFrame, Found]:
    said = frame["event_type"]
    names = {name: rules.types.get(same_name(name)) for name in said.drop_nulls().unique()}
    types = said.replace_strict(names, default=None, return_dtype=pl.String)
    unknown = Problem(
        said.is_not_null() & types.is_null(),
        f"unknown: it is none of {', '.join(STORED_TYPES)}; say what yours means with --type OURS=THEIRS",
    )
    frame = take_back(frame.with_columns(types.fill_null(rules.default_type).alias("event_type")))
    types = frame["event_type"]
    nobody = frame["user_id"].is_null() & frame["session_id"].is_null()
    searching, reviewing = types == "search", types == "review"
    found = [
        ("event_type", unknown),
        ("user_id", Problem(nobody, "missing, and so is a session: whose event is it?")),
        ("item_id", _missing(frame["item_id"], ~searching)),
        ("time", _missing(frame["time"])),
        ("value", _missing(frame["value"], types == "rating")),
        ("value", Problem((frame["value"] < 0) & (types != "rating"), "negative")),
        ("quantity", Problem(frame["quantity"] < 0, "negative")),
        ("text", _missing(frame["text"], searching | (reviewing & frame["value"].is_null()))),
    ]
    return frame.with_columns(_event_ids(frame).alias("event_id")), found


def _event_ids(frame: pl.DataFrame) -> pl.Series:
    """The ids; where there is none, what the event says makes one, so that the same event has the same id again."""
    ids = frame["event_id"]
    if not ids.null_count():
        return ids
    texts = [pl.col(name) for name in ("user_id", "session_id", "item_id", "event_type", "text")]
    micro = [(pl.col(name) * 1e6).round().cast(pl.Int64, strict=False) for name in ("value", "quantity")]
    columns = [*texts, *micro, pl.col("time").to_physical()]
    says = frame.select(pl.concat_str([column.cast(pl.String).fill_null("") for column in columns], separator="\x1f"))
    made = [blake2b(row.encode(), digest_size=16).hexdigest() for row in says.to_series()]
    return ids.zip_with(ids.is_not_null(), pl.Series(made, dtype=pl.String))


def _finish_users(
    frame: pl.DataFrame, raw: pl.DataFrame, columns: Columns, rules: Rules, remarks: Counter[str]
) -> tuple[pl.DataFrame, Found]:
    attributes = _attributes(frame["attributes"], raw, columns)
    found = [("user_id", _missing(frame["user_id"])), ("attributes", _too_long(attributes))]
    return frame.with_columns(attributes), found


def _finish_items(
    frame: pl.DataFrame, raw: pl.DataFrame, columns: Columns, rules: Rules, remarks: Counter[str]
) -> tuple[pl.DataFrame, Found]:
    heard, labels = _availability(frame["attributes"], raw, columns)
    remarks.update(heard.remarks)
    currency = currencies(column_of(raw, "price", columns))
    if len(named := currency.drop_nulls().unique().sort()) > 1:
        remarks[f"prices are in several currencies, {', '.join(named)}: each item keeps its own"] += len(currency)
    attributes = _attributes(labels, raw, columns, {"currency": currency, **heard.unclear})
    paths = _categories(frame["categories"], raw, columns)
    found = [
        ("item_id", _missing(frame["item_id"])),
        ("attributes", _too_long(attributes)),
        ("available_until", Problem(frame["available_until"] < frame["available_from"], "before available_from")),
    ]
    categories = [orjson.dumps(path).decode() if path else None for path in paths]
    sales = {part: columns.also.get(f"sale_{part}", ()) for part in ("start", "end", "range")}
    frame = frame.with_columns(
        attributes,
        pl.Series("categories", categories, dtype=pl.String),
        current_price(frame["price"], frame["sale_price"], within(raw, sales, rules.now)),
        pl.when(heard.hidden).then(True).otherwise(pl.coalesce("hidden", heard.hidden)).alias("hidden"),
        heard.availability,
    ).drop("sale_price")
    if same_name(columns.fields.get("available_from", "")) in _DELIVERED_FROM:
        to_order = pl.col("availability").is_in([PREORDER, BACKORDER]).fill_null(False)
        frame = frame.with_columns(available_from=pl.when(~to_order).then("available_from"))
    return frame, found


def _availability(given: pl.Series, raw: pl.DataFrame, columns: Columns) -> tuple[Availability, pl.Series]:
    """What the file's columns and the attributes say of availability, and the attributes without it."""
    read_as = {name: known for name, known in columns.availability.items() if name in raw.columns}
    objects = [_labels(value) if value and value[0] == "{" else {} for value in given]
    heard = sorted({name for labels in objects for name in labels if about(name) is not None})
    if not heard:
        return read_availability(raw, read_as), given
    said = {f"attribute {name}": [_plain(labels.get(name)) for labels in objects] for name in heard}
    more = pl.DataFrame(said, schema=dict.fromkeys(said, pl.String))
    left = [
        _dumped({name: value for name, value in labels.items() if name not in heard}) if labels else value
        for labels, value in zip(objects, given, strict=True)
    ]
    known = {f"attribute {name}": name for name in heard}
    found = read_availability(pl.concat([raw, more], how="horizontal"), read_as | known)
    unclear = {name.removeprefix("attribute "): values for name, values in found.unclear.items()}
    return replace(found, unclear=unclear), pl.Series("attributes", left, dtype=pl.String)


def _plain(value: Any) -> str | None:
    return None if value is None or isinstance(value, (dict, list)) else str(value)


def _finish_links(
    frame: pl.DataFrame, raw: pl.DataFrame, columns: Columns, rules: Rules, remarks: Counter[str]
) -> tuple[pl.DataFrame, Found]:
    source, target = frame["source_user_id"], frame["target_user_id"]
    found = [
        ("source_user_id", _missing(source)),
        ("target_user_id", _missing(target)),
        ("target_user_id", Problem(source == target, "the shopper's own id: nobody is linked to themselves")),
    ]
    return frame.with_columns(pl.col("kind").fill_null("trust"), pl.col("weight").fill_null(1.0)), found


_FINISH = {
    Kind.EVENTS: _finish_events,
    Kind.USERS: _finish_users,
    Kind.ITEMS: _finish_items,
    Kind.LINKS: _finish_links,
}


def _too_long(column: pl.Series) -> Problem:
    return Problem(column.str.len_chars() > LONG_TEXT, f"longer than {LONG_TEXT:,} characters: shorten it")


def _categories(given: pl.Series, raw: pl.DataFrame, columns: Columns) -> list[list[str]]:
    """The path, widest first: see `categories`; or Amazon Personalize's three levels."""
    levels = [name for name in columns.levels if name in raw.columns]
    if levels:
        rows = raw.select(pl.col(levels).cast(pl.String)).iter_rows()
        return [[name.strip() for name in row if name and name.strip()] for row in rows]
    lists = any(same_name(name) in _WOOCOMMERCE for name in raw.columns)
    return [[name for name in category_path(value, lists) if name not in NULL_WORDS] for value in given]


def _attributes(
    given: pl.Series, raw: pl.DataFrame, columns: Columns, unclear: Mapping[str, pl.Series] | None = None
) -> pl.Series:
    """What is said of it beside our fields, as a JSON object: its attributes and the file's other columns; or null."""
    rest = [name for name in raw.columns if name not in columns.used and name != "line"]
    said = {name: without_markup(as_strings(raw[name]), name, Counter()) for name in rest} | dict(unclear or {})
    others = pl.DataFrame(said).rows(named=True) if said else [{}] * len(raw)
    made = []
    for value, row in zip(given, others, strict=True):
        kept = {name.strip().lower(): text for name, text in row.items() if text} | _labels(value)
        made.append(_dumped(kept) if kept else None)
    return pl.Series("attributes", made, dtype=pl.String)


def _labels(value: str | None) -> dict[str, Any]:
    """A JSON object as it is; a list, or names joined by |, as labels."""
    if not value:
        return {}
    read = _json(value) if value[0] in "[{" else None
    if isinstance(read, dict):
        return {name: said for name, said in read.items() if said is not None and said != ""}
    return {
        "labels": read if isinstance(read, list) else [name for name in category_path(value) if name not in NULL_WORDS]
    }


def _json(value: str) -> Any:
    try:
        return orjson.loads(value)
    except ValueError:
        return None


def _dumped(value: Any) -> str:
    return orjson.dumps(value, default=str).decode()


def _with_person(raw: pl.DataFrame, columns: Columns) -> pl.DataFrame:
    """The rows with the column of the shopper's id under our name, by which a reject's shopper is found."""
    theirs = columns.fields.get("user_id")
    if theirs is None or theirs not in raw.columns or "user_id" in raw.columns:
        return raw
    return raw.rename({theirs: "user_id"})


def _rejects(raw: pl.DataFrame, problems: Found) -> pl.DataFrame:
    """Each bad row once, with its first problem."""
    rows: dict[int, tuple[str, str]] = {}
    for name, problem in problems:
        for index in problem.where.fill_null(False).arg_true():
            rows.setdefault(index, (name, problem.reason))
    if not rows:
        return pl.DataFrame(schema=REJECT_SCHEMA)
    bad = raw[sorted(rows)]
    said = [
        _dumped({k: v for k, v in row.items() if v is not None and k != "line"}) for row in bad.iter_rows(named=True)
    ]
    found = [rows[index] for index in sorted(rows)]
    names, reasons = zip(*found, strict=True)
    return pl.DataFrame({"line": bad["line"], "field": names, "reason": reasons, "raw": said}, schema=REJECT_SCHEMA)
