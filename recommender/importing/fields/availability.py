"""Whether an item may be shown and is in stock, by all columns of its row that speak of it.

Hidden is what any column hides. Of stock: a word such as "preorder" comes first, then "sold out" from any column,
then a shop's own flag, then the number in stock, which says nothing where it isn't kept or where the shop sells
beyond it.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_

import polars as pl

from recommender.data.availability import (
    BACKORDER,
    HIDDEN,
    IN_STOCK,
    OUT_OF_STOCK,
    PREORDER,
    SHOWN,
    About,
    about,
    is_untracked,
    verdict,
)
from recommender.importing.fields.values import as_strings

_NONE_LEFT, _SOME_LEFT, _UNTRACKED = "none left", "some left", "untracked"
_STATES = (*(kind for kind in About if kind not in (About.BACKORDERS, About.TRACKED)),)


@dataclass(frozen=True, slots=True)
class Availability:
    """Of each row: hidden, in stock or not, how many; null where nobody said. `unclear` values stay attributes."""

    hidden: pl.Series
    availability: pl.Series
    stock: pl.Series  # how many there are, where stock is kept
    unclear: Mapping[str, pl.Series]  # by column, the values that stay attributes
    remarks: Counter[str]


def read_availability(raw: pl.DataFrame, read_as: Mapping[str, str]) -> Availability:
    """`read_as` names the columns of `raw` that speak of availability, and the known name each goes by."""
    by_kind, unclear, remarks = dict[About, list[pl.Series]](), dict[str, pl.Series](), Counter[str]()
    numbers = [pl.Series([None], dtype=pl.Float64).new_from_index(0, len(raw))]
    for column, name in read_as.items():
        texts = as_strings(raw[column]).fill_null("")
        verdicts = _verdicts(name, texts)
        strange = texts.set((verdicts != "") | (texts.str.strip_chars() == ""), None)
        if strange.null_count() < len(strange):
            unclear[column] = strange
            usual = strange.drop_nulls().mode().sort()[0]
            remarks[f"{column}: {usual!r} or the like says nothing known of availability: kept as an attribute"] += len(
                strange.drop_nulls()
            )
        kind = about(name)
        if kind is not None:
            by_kind.setdefault(kind, []).append(verdicts)
        if kind is About.COUNT:
            numbers.append(_numbers(name, texts))
    shown, hidden = (_any(by_kind, _STATES, word, len(raw)) for word in (SHOWN, HIDDEN))
    hidden = hidden.set(~(shown | hidden), None)
    stock = (
        pl.select(pl.coalesce(*numbers)).to_series().set(_any(by_kind, (About.TRACKED,), _UNTRACKED, len(raw)), None)
    )
    return Availability(hidden, _stock(by_kind, len(raw)), stock.alias("stock"), unclear, remarks)


def _numbers(name: str, texts: pl.Series) -> pl.Series:
    """How many are in stock, where a text says so."""
    found = {text: verdict(name, text) for text in texts.unique().to_list()}
    counts = {text: number for text, number in found.items() if isinstance(number, float)}
    return texts.replace_strict(counts, default=None, return_dtype=pl.Float64)


def _verdicts(name: str, texts: pl.Series) -> pl.Series:
    """What each text says, as a word; "" where it isn't understood."""
    distinct = texts.unique().to_list()
    numbered = any(text.strip() in ("2", "3", "4") for text in distinct)
    words = {}
    for text in distinct:
        found = verdict(name, text, numbered)
        if about(name) is About.TRACKED:
            found = _UNTRACKED if is_untracked(name, text) else found or "tracked"
        words[text] = (_SOME_LEFT if found > 0 else _NONE_LEFT) if isinstance(found, float) else found or ""
    return texts.replace_strict(words, return_dtype=pl.String)


def _stock(by_kind: Mapping[About, list[pl.Series]], rows: int) -> pl.Series:
    def any_of(word: str, *kinds: About) -> pl.Series:
        return _any(by_kind, kinds or _STATES, word, rows)

    none_left = any_of(_NONE_LEFT)
    frame = pl.DataFrame(
        {
            "preorder": any_of(PREORDER),
            "backorder": any_of(BACKORDER) | (none_left & any_of(BACKORDER, About.BACKORDERS)),
            "out": any_of(OUT_OF_STOCK),
            "kept": any_of(IN_STOCK, About.STOCKED, About.SOLD_OUT),
            "none": none_left & ~any_of(_UNTRACKED, About.TRACKED),
            "some": any_of(IN_STOCK) | any_of(_SOME_LEFT),
        }
    )
    decided = (
        pl.when("preorder").then(pl.lit(PREORDER))
        .when(pl.col("backorder") & ~pl.col("out")).then(pl.lit(BACKORDER))
        .when("out").then(pl.lit(OUT_OF_STOCK))
        .when("kept").then(pl.lit(IN_STOCK))
        .when("none").then(pl.lit(OUT_OF_STOCK))
        .when("some").then(pl.lit(IN_STOCK))
    )  # fmt: skip
    return frame.select(decided.alias("availability").cast(pl.String)).to_series()


def _any(by_kind: Mapping[About, list[pl.Series]], kinds: tuple[About, ...], word: str, rows: int) -> pl.Series:
    found = [verdicts == word for kind in kinds for verdicts in by_kind.get(kind, [])]
    return reduce(or_, found, pl.Series([False]).new_from_index(0, rows))
