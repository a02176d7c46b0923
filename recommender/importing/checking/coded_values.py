"""What a row says of an item in several currencies and languages: objects by code, or a column for each code.

It knows raw rows and gives JSON texts: `prices` as {"USD": 21.5}, `translations` as {"zh": {"title": ...}}. A null in
an object stays, for it takes away what was said before.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import orjson
import polars as pl

from recommender.importing.checking.attributes import to_json
from recommender.importing.checking.rows import LONG_TEXT, Found
from recommender.importing.coded_columns import SALE, TEXTS
from recommender.importing.column_names import Columns
from recommender.importing.fields.categories import category_path
from recommender.importing.fields.markup import without_markup
from recommender.importing.fields.money import amount, amounts, currencies, current_price
from recommender.importing.fields.null_words import NULL_WORDS
from recommender.importing.fields.values import Problem, as_strings
from recommender.utils.currencies import read_currency

TITLE = 1_000
CURRENCY = re.compile(r"[^\x00-\x1f\x7f]{1,16}")
LANGUAGE = re.compile(r"(?=.{2,16}$)[a-z]{2,3}(-[a-z0-9]{2,8})*")
NUL = "holds a NUL character: remove it"
PRICES = 'no prices by currency: write {"USD": 21.5}'
TRANSLATIONS = 'no texts by language: write {"zh": {"title": "...", "description": "...", "categories": ["..."]}}'
Values = list[dict[str, Any]]


def read_prices(
    given: pl.Series, raw: pl.DataFrame, columns: Columns, on_sale: pl.Series, base: str = ""
) -> tuple[pl.Series, Found]:
    """The prices by currency, of the object in `given` and of columns such as price_usd; and what can't be read.

    A sale's price holds in rows that `on_sale` marks. A sign that several currencies share is `base` if it may be.
    """
    found: Found = []
    values: Values = []
    bad: list[bool] = []
    for text in given:
        read = _object(text)
        said = ((read_currency(code, base), price) for code, price in (read or {}).items())
        prices = {code: _price(price, code) for code, price in said}
        wrong = read is None or any(price is False or not CURRENCY.fullmatch(code) for code, price in prices.items())
        values.append({} if wrong else prices)
        bad.append(wrong)
    found.append(("prices", Problem(pl.Series(bad, dtype=pl.Boolean), PRICES)))
    by_field: dict[tuple[str, str], pl.Series] = {}
    for theirs, key in _coded(raw, columns, ("price", SALE)):
        read_column, problems = amounts(raw[theirs])
        named = currencies(raw[theirs])
        others = [name for name in named.drop_nulls().unique() if read_currency(name, key[1]) != key[1]]
        problems = [*problems, Problem(named.is_in(others), f"in another currency than {key[1]}")]
        found += [(theirs, problem) for problem in problems]
        by_field[key] = _first(by_field.get(key), read_column)
    for code in dict.fromkeys(code for _, code in by_field):
        nothing = pl.Series([None], dtype=pl.Float64).new_from_index(0, len(raw))
        usual, sale = (by_field.get((ours, code), nothing) for ours in ("price", SALE))
        for row, price in zip(values, current_price(usual, sale, on_sale), strict=True):
            if price is not None:
                row[code] = price
    return _as_json("prices", values), found


def read_translations(
    given: pl.Series, raw: pl.DataFrame, columns: Columns, remarks: Counter[str]
) -> tuple[pl.Series, Found]:
    """The texts by language, of the object in `given` and of columns such as title_zh; and what can't be read."""
    found: Found = []
    values: Values = []
    bad: list[bool] = []
    for text in given:
        read = _object(text)
        texts = {code.strip().replace("_", "-").lower(): _texts(said) for code, said in (read or {}).items()}
        wrong = read is None or any(said is False or not LANGUAGE.fullmatch(code) for code, said in texts.items())
        values.append({} if wrong else texts)
        bad.append(wrong)
    by_field: dict[tuple[str, str], pl.Series] = {}
    for theirs, key in _coded(raw, columns, TEXTS):
        column = without_markup(as_strings(raw[theirs]).str.strip_chars().replace("", None), theirs, remarks)
        found.append((theirs, Problem(column.str.contains("\x00", literal=True), NUL)))
        by_field[key] = _first(by_field.get(key), column)
    for (ours, code), column in by_field.items():
        for row, text in zip(values, column, strict=True):
            if text:
                said = _path(text) if ours == "categories" else text
                row[code] = {**(row.get(code) or {}), ours: said}
    long = [any(_is_too_long(texts or {}) for texts in row.values()) for row in values]
    limit = f"longer than {TITLE:,} characters in a title or {LONG_TEXT:,} in a description: shorten it"
    found += [
        ("translations", Problem(pl.Series(bad, dtype=pl.Boolean), TRANSLATIONS)),
        ("translations", Problem(pl.Series(long, dtype=pl.Boolean), limit)),
    ]
    return _as_json("translations", values), found


def _coded(raw: pl.DataFrame, columns: Columns, fields: Collection[str]) -> Iterator[tuple[str, tuple[str, str]]]:
    """Columns of these fields with a code in their names, as `Columns.coded` has them."""
    return ((theirs, key) for theirs, key in columns.coded.items() if key[0] in fields and theirs in raw.columns)


def _first(former: pl.Series | None, column: pl.Series) -> pl.Series:
    return column if former is None else former.zip_with(former.is_not_null(), column)


def _object(text: str | None) -> dict[str, Any] | None:
    """A JSON object; an empty one where nothing is said, None where it is something else."""
    if not text:
        return {}
    try:
        read = orjson.loads(text)
    except ValueError:
        return None
    return read if isinstance(read, dict) else None


def _price(value: Any, code: str) -> float | bool | None:
    """A price, None where it is taken away, False where it is none or names another currency than `code`."""
    if value is None:
        return None
    read = None if isinstance(value, (bool, dict, list)) else amount(str(value))
    if read is not None and read[1] and read_currency(read[1], code) != code:
        return False
    return read[0] if read is not None and 0 <= read[0] < float("inf") else False


def _texts(said: Any) -> dict[str, Any] | bool | None:
    """The texts of one language, None where they are taken away, False where they are none."""
    if said is None:
        return None
    if not isinstance(said, dict) or not set(said) <= set(TEXTS):
        return False
    texts: dict[str, Any] = {}
    for name, value in said.items():
        if name == "categories" and isinstance(value, list):
            value = to_json(value)
        if value is not None and (not isinstance(value, str) or "\x00" in value or "\\u0000" in value):
            return False
        if value and value.strip():
            plain = without_markup(pl.Series([value.strip()]), name, Counter())[0] or ""
            if said_text := _path(plain) if name == "categories" else plain:
                texts[name] = said_text
    return texts


def _path(text: str) -> list[str]:
    return [name for name in category_path(text) if name not in NULL_WORDS]


def _is_too_long(texts: Mapping[str, Any]) -> bool:
    return len(texts.get("title") or "") > TITLE or len(texts.get("description") or "") > LONG_TEXT


def _as_json(name: str, values: Values) -> pl.Series:
    return pl.Series(name, [to_json(row) if row else None for row in values], dtype=pl.String)
