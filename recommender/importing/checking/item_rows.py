"""Rows of items as a whole: availability, prices, category paths, and everything else as attributes."""

import re
from collections import Counter
from dataclasses import replace
from typing import Any

import orjson
import polars as pl

from recommender.data.availability import BACKORDER, PREORDER, about
from recommender.importing.checking.attributes import read_attributes, read_labels, to_json
from recommender.importing.checking.coded_values import read_prices, read_translations
from recommender.importing.checking.field_parsers import CURRENCY
from recommender.importing.checking.rows import Found, Rules, column_of, find_missing, find_too_long
from recommender.importing.column_names import Columns, same_name
from recommender.importing.fields.availability import Availability, read_availability
from recommender.importing.fields.categories import category_path
from recommender.importing.fields.money import currencies, current_price, within
from recommender.importing.fields.null_words import NULL_WORDS
from recommender.importing.fields.values import Problem
from recommender.utils.currencies import read_currency

_CARDS = {"url": re.compile(r"(https?:/)?/.{,1990}$"), "currency": re.compile(rf".{{1,{CURRENCY}}}$")}
_DELIVERED_FROM = frozenset({"availabilitydate", "availabledate", "dateavailable"})  # of what can be ordered before
SEVERAL = (
    "prices are in several currencies, {}: each item keeps its own, and they are compared as they stand. Name the "
    "shop's own in ZHIYIN_CURRENCY and rates of others in ZHIYIN_CURRENCY_RATES, and import again"
)
_WOOCOMMERCE = frozenset({"visibilityincatalog", "regularprice", "catalogvisibility"})


def finish_items(
    frame: pl.DataFrame, raw: pl.DataFrame, columns: Columns, rules: Rules, remarks: Counter[str]
) -> tuple[pl.DataFrame, Found]:
    """Items with the price of now, a category path as JSON, availability and attributes; and the problems, by field.

    Columns of `raw` that `columns` doesn't use become attributes, or say whether an item is shown and in stock. What is
    worth telling of the file is counted in `remarks`, by the number of its rows.
    """
    availability, labels = _availability(frame["attributes"], raw, columns)
    remarks.update(availability.remarks)
    currency = currencies(column_of(raw, "price", columns))
    if not rules.currency and len(named := currency.drop_nulls().unique().sort()) > 1:
        remarks[SEVERAL.format(", ".join(named))] += len(currency)
    attributes = read_attributes(labels, raw, columns, availability.unclear)
    attributes, cards = _cards(attributes)
    sales = {part: columns.also.get(f"sale_{part}", ()) for part in ("start", "end", "range")}
    on_sale = within(raw, sales, rules.now)
    prices, bad_prices = read_prices(frame["prices"], raw, columns, on_sale, rules.currency)
    translations, bad_texts = read_translations(frame["translations"], raw, columns, remarks)
    paths = _categories(frame["categories"], raw, columns)
    found = [
        ("item_id", find_missing(frame["item_id"])),
        ("attributes", find_too_long(attributes)),
        ("available_until", Problem(frame["available_until"] < frame["available_from"], "before available_from")),
        *bad_prices,
        *bad_texts,
    ]
    categories = [orjson.dumps(path).decode() if path else None for path in paths]
    frame = frame.with_columns(
        attributes,
        prices,
        translations,
        pl.Series("categories", categories, dtype=pl.String),
        current_price(frame["price"], frame["sale_price"], on_sale),
        pl.when(availability.hidden).then(True).otherwise(pl.coalesce("hidden", availability.hidden)).alias("hidden"),
        availability.availability,
        availability.stock,
        url=pl.coalesce("url", cards["url"]),
        currency=_codes(frame["currency"], currency, cards["currency"], base=rules.currency),
    ).drop("sale_price")
    if same_name(columns.fields.get("available_from", "")) in _DELIVERED_FROM:
        to_order = pl.col("availability").is_in([PREORDER, BACKORDER]).fill_null(False)
        frame = frame.with_columns(available_from=pl.when(~to_order).then("available_from"))
    return frame, found


def _codes(*said: pl.Series, base: str) -> pl.Series:
    """The currency that each row names first, by its code; a sign of several is the shop's own if it may be."""
    named = pl.select(pl.coalesce(said)).to_series()
    codes = {text: read_currency(text, base) or None for text in named.drop_nulls().unique()}
    return named.replace_strict(codes, default=None, return_dtype=pl.String)


def _cards(attributes: pl.Series) -> tuple[pl.Series, dict[str, pl.Series]]:
    """Attributes without what is a column of ours, and that: formats of shops put it among the attributes."""
    found: dict[str, list[str | None]] = {"url": [], "currency": []}
    left = []
    for given in attributes:
        labels = orjson.loads(given) if given and ('"url"' in given or '"currency"' in given) else {}
        taken = {
            name for name, form in _CARDS.items() if isinstance(label := labels.get(name), str) and form.match(label)
        }
        for name, values in found.items():
            values.append(labels[name].strip() or None if name in taken else None)
        rest = {name: value for name, value in labels.items() if name not in taken}
        left.append(given if not taken else to_json(rest) if rest else None)
    columns = {name: pl.Series(name, values, dtype=pl.String) for name, values in found.items()}
    return pl.Series("attributes", left, dtype=pl.String), columns


def _availability(given: pl.Series, raw: pl.DataFrame, columns: Columns) -> tuple[Availability, pl.Series]:
    """What the file's columns and the attributes say of availability, and the attributes without it."""
    read_as = {name: known for name, known in columns.availability.items() if name in raw.columns}
    objects = [read_labels(value) if value and value[0] == "{" else {} for value in given]
    names = sorted({name for labels in objects for name in labels if about(name) is not None})
    if not names:
        return read_availability(raw, read_as), given
    columns_of = {f"attribute {name}": [_plain(labels.get(name)) for labels in objects] for name in names}
    more = pl.DataFrame(columns_of, schema=dict.fromkeys(columns_of, pl.String))
    left = [
        to_json({name: value for name, value in labels.items() if name not in names}) if labels else value
        for labels, value in zip(objects, given, strict=True)
    ]
    known = {f"attribute {name}": name for name in names}
    found = read_availability(pl.concat([raw, more], how="horizontal"), read_as | known)
    unclear = {name.removeprefix("attribute "): values for name, values in found.unclear.items()}
    return replace(found, unclear=unclear), pl.Series("attributes", left, dtype=pl.String)


def _plain(value: Any) -> str | None:
    return None if value is None or isinstance(value, (dict, list)) else str(value)


def _categories(given: pl.Series, raw: pl.DataFrame, columns: Columns) -> list[list[str]]:
    """The path, widest first: see `categories`; or Amazon Personalize's three levels."""
    levels = [name for name in columns.levels if name in raw.columns]
    if levels:
        rows = raw.select(pl.col(levels).cast(pl.String)).iter_rows()
        return [[name.strip() for name in row if name and name.strip()] for row in rows]
    lists = any(same_name(name) in _WOOCOMMERCE for name in raw.columns)
    return [[name for name in category_path(value, lists) if name not in NULL_WORDS] for value in given]
