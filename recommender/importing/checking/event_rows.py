"""Rows of events as a whole: their types, whose they are, and what each type must say."""

from collections import Counter
from hashlib import blake2b

import polars as pl

from recommender.db.tables import STORED_TYPES
from recommender.importing.checking.returned_orders import take_back
from recommender.importing.checking.rows import Found, Rules, find_missing
from recommender.importing.column_names import Columns, same_name
from recommender.importing.fields.values import Problem


def finish_events(
    frame: pl.DataFrame, raw: pl.DataFrame, columns: Columns, rules: Rules, remarks: Counter[str]
) -> tuple[pl.DataFrame, Found]:
    """Events with types of ours, an id each and what came back as returns; and the problems found, by field.

    `rules` say which names of types there are, and what a row is that says none. `raw`, `columns` and `remarks` are not
    read: each kind of rows is finished by a call of one form.
    """
    event_types = frame["event_type"]
    names = {name: rules.types.get(same_name(name)) for name in event_types.drop_nulls().unique()}
    types = event_types.replace_strict(names, default=None, return_dtype=pl.String)
    unknown = Problem(
        event_types.is_not_null() & types.is_null(),
        f"unknown: it is none of {', '.join(STORED_TYPES)}; say what yours means with --type OURS=THEIRS",
    )
    frame = take_back(frame.with_columns(types.fill_null(rules.default_type).alias("event_type")))
    types = frame["event_type"]
    nobody = frame["user_id"].is_null() & frame["session_id"].is_null()
    searching, reviewing = types == "search", types == "review"
    found = [
        ("event_type", unknown),
        ("user_id", Problem(nobody, "missing, and so is a session: whose event is it?")),
        ("item_id", find_missing(frame["item_id"], ~searching)),
        ("time", find_missing(frame["time"])),
        ("value", find_missing(frame["value"], types == "rating")),
        ("value", Problem((frame["value"] < 0) & (types != "rating"), "negative")),
        ("quantity", Problem(frame["quantity"] < 0, "negative")),
        ("text", find_missing(frame["text"], searching | (reviewing & frame["value"].is_null()))),
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
