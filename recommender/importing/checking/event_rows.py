"""Rows of events as a whole: their types, whose they are, and what each type must say."""

from collections import Counter
from hashlib import blake2b

import polars as pl

from recommender.db.tables import STORED_TYPES
from recommender.importing.checking.returned_orders import take_back
from recommender.importing.checking.rows import Found, Rules, column_of, find_missing
from recommender.importing.column_names import Columns, same_name
from recommender.importing.fields.money import currencies
from recommender.importing.fields.values import Problem
from recommender.store.rating_scale import RATED
from recommender.utils.currencies import read_currency

SEVERAL = (
    "values are in several currencies, {}, and are counted as they stand: name the shop's own in ZHIYIN_CURRENCY and "
    "rates of others in ZHIYIN_CURRENCY_RATES, and import again"
)


def finish_events(
    frame: pl.DataFrame, raw: pl.DataFrame, columns: Columns, rules: Rules, remarks: Counter[str]
) -> tuple[pl.DataFrame, Found]:
    """Events with types of ours, an id each and what came back as returns; and the problems found, by field.

    `rules` say which names of types there are, what a row is that says none, and the shop's currency. What is worth
    telling of the file is counted in `remarks`.
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
    frame = frame.with_columns(_event_ids(frame).alias("event_id"))
    frame, unconverted = _in_own_currency(frame, column_of(raw, "value", columns), rules, remarks)
    return frame, [*found, ("value", unconverted)]


def _in_own_currency(
    frame: pl.DataFrame, written: pl.Series, rules: Rules, remarks: Counter[str]
) -> tuple[pl.DataFrame, Problem]:
    """Values in another currency converted by the shop's rates; and those of which no rate is known."""
    named = pl.select(pl.coalesce(frame["currency"], currencies(written))).to_series()
    codes = {text: read_currency(text, rules.currency) for text in named.drop_nulls().unique().sort()}
    counted = frame["value"].is_not_null() & ~frame["event_type"].is_in(RATED)
    code = named.replace_strict(codes, default=None, return_dtype=pl.String).set(~counted, None)
    frame = frame.drop("currency")
    present = code.drop_nulls().unique().sort().to_list()
    if not rules.currency:
        if len(present) > 1:
            remarks[SEVERAL.format(", ".join(present))] += int(code.is_not_null().sum())
        return frame, Problem(code.is_in([]).fill_null(False), "")
    foreign = code.is_not_null() & (code != rules.currency)
    rate = code.replace_strict(dict(rules.rates), default=None, return_dtype=pl.Float64)
    value = pl.when(foreign).then((pl.col("value") * rate).round(2)).otherwise(pl.col("value"))
    reason = f"in another currency than {rules.currency}, and no rate is known: set ZHIYIN_CURRENCY_RATES"
    return frame.with_columns(value.alias("value")), Problem(foreign & rate.is_null(), reason)


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
