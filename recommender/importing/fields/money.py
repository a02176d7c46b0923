"""Prices as shops write them: 12.50 EUR, €12,50, 1.234,56, $1,234; and which of several prices holds now.

A sale's price holds within its dates, if it has some, and where it isn't above the usual one.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache

import polars as pl

from recommender.importing.fields.timestamps import as_time
from recommender.importing.fields.values import Parsed, Problem

_CURRENCY = re.compile(
    r"(?:[A-Z]{1,3}\s?)?[$€£¥￥₹₽₩₺₴₫₪฿]|[A-Z]{3}|R\$|zł|Kč|kr\.?|Ft|lei|元|円|원|人民币|euros?", re.IGNORECASE
)
_GROUPED = re.compile(r"-?[1-9]\d{0,2}(?:(?P<by>[,.' ’])\d{3})(?:(?P=by)\d{3})*(?P<cents>[.,]\d+)?")
_PLAIN = re.compile(r"-?\d+(?:[.,]\d+)?|-?[.,]\d+")
_DECIMALS = re.compile(r"(?<=\d)[.,]\d{1,2}(?=\D*$)")
_SYMBOLS = {
    "€": "EUR",
    "£": "GBP",
    "₹": "INR",
    "EURO": "EUR",
    "EUROS": "EUR",
    "ZŁ": "PLN",
    "元": "CNY",
    "人民币": "CNY",
}


@lru_cache(100_000)
def amount(text: str, comma: bool = False) -> tuple[float, str] | None:
    """The number and the currency ("" where none is named); None where it is no price.

    `comma` says that a comma is the decimal sign, so that 1.234 is a thousand and more.
    """
    cleaned = re.sub(r"\s+", " ", text.replace("\xa0", " ").replace("\u202f", " ")).strip()
    found = _CURRENCY.search(cleaned)
    number = f"{cleaned[: found.start()]}{cleaned[found.end() :]}".strip() if found else cleaned
    number = re.sub(r"[.,][-–—]{1,2}$", "", number).replace("- ", "-")
    if comma and re.fullmatch(r"-?(?:[1-9][\d.' ]*|0)?(,\d+)?", number):
        number = re.sub(r"[.' ](?=\d{3})", "", number).replace(",", ".")
    value = _as_float(number) if comma or not found else None
    value = _number(number) if value is None else value
    if value is None:
        return None
    name = found.group().strip().upper() if found else ""
    return value, _SYMBOLS.get(name, name)


def _as_float(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def has_decimal_commas(texts: Iterable[str]) -> bool:
    """Whether a column writes 12,50: somebody does so, and nobody 12.50."""
    ends = [found[0] for text in texts if (found := _DECIMALS.search(text))]
    return any(end[0] == "," for end in ends) and not any(end[0] == "." for end in ends)


def _number(text: str) -> float | None:
    if grouped := _GROUPED.fullmatch(text):
        by, cents = grouped["by"], grouped["cents"] or ""
        # one dot and three digits are thousands only where something else says so: 1.234 may be a price, too
        if by != "." or cents.startswith(",") or text.count(".") > 1:
            whole = text[: len(text) - len(cents)]
            return float(re.sub(r"[^\d-]", "", whole) + cents.replace(",", "."))
    return float(text.replace(",", ".")) if _PLAIN.fullmatch(text) else None


def sums(column: pl.Series) -> Parsed:
    """A column as sums of money or numbers of pieces, below 0 where something came back."""
    if column.dtype.is_numeric():
        values, given = column.cast(pl.Float64), column.is_not_null()
    else:
        texts = column.cast(pl.String).str.strip_chars()
        read = {text: found[0] for text, found in _read(texts).items() if found}
        values = texts.replace_strict(read, default=None, return_dtype=pl.Float64)
        given = texts.is_not_null() & (texts != "")
    bad = given & ~values.is_finite().fill_null(False)
    return values, [Problem(bad, "not a number: write it as 12.5 or 12.50 EUR")]


def amounts(column: pl.Series) -> Parsed:
    """A column as prices, none below 0."""
    values, problems = sums(column)
    return values, [*problems, Problem(values < 0, "negative")]


def currencies(column: pl.Series) -> pl.Series:
    """The currency that each price names; null where none does."""
    if column.dtype != pl.String:
        return pl.Series([None], dtype=pl.String).new_from_index(0, len(column))
    texts = column.str.strip_chars()
    named = {text: found[1] for text, found in _read(texts).items() if found and found[1]}
    return texts.replace_strict(named, default=None, return_dtype=pl.String)


def _read(texts: pl.Series) -> dict[str, tuple[float, str] | None]:
    distinct = [text for text in texts.drop_nulls().unique() if text]
    comma = has_decimal_commas(distinct)
    return {text: amount(text, comma) for text in distinct}


def current_price(usual: pl.Series, sale: pl.Series, on_sale: pl.Series) -> pl.Series:
    """The sale's price where there is a sale, else the usual one."""
    frame = pl.DataFrame({"usual": usual, "sale": sale, "on": on_sale})
    holds = pl.col("on") & (pl.col("sale") > 0) & (pl.col("usual").is_null() | (pl.col("sale") <= pl.col("usual")))
    return frame.select(pl.when(holds).then("sale").otherwise("usual").alias("price")).to_series()


def within(raw: pl.DataFrame, dates: Mapping[str, Sequence[str]], now: datetime) -> pl.Series:
    """Whether `now` lies between the starts, ends and ranges (start/end) that the row's columns name."""
    holds = pl.Series([True]).new_from_index(0, len(raw))
    for part, columns in dates.items():
        for column in columns:
            for bound, texts in _bounds(part, raw[column]):
                moments = as_time(texts)
                holds &= ((moments <= now) if bound == "start" else (moments > now)).fill_null(True)
    return holds


def _bounds(part: str, column: pl.Series) -> list[tuple[str, pl.Series]]:
    if part != "range":
        return [(part, column)]
    texts = column.cast(pl.String).str.split_exact("/", 1).struct.unnest()
    return [("start", texts.to_series(0)), ("end", texts.to_series(1))]
