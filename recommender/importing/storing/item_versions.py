"""An item's prices in several currencies and texts in several languages: one is its own, the others lie beside.

The own currency is the shop's (ZHIYIN_CURRENCY); where none is set, the first that the item had. The own language is
the first that it had. A row in another one never overwrites what is the item's own. A price in other currencies alone
is converted by the shop's rates; without a rate the item has no price, and that is told.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
import polars as pl

from recommender.importing.checking.attributes import to_json
from recommender.importing.coded_columns import TEXTS
from recommender.importing.notices import Notice
from recommender.utils.currencies import convert, read_currency
from recommender.utils.languages import same_language

DEFAULT_LANGUAGE = "en"
BESIDE = "{rows} prices are in another currency than their item's own ({examples}) and are kept beside it"
OTHER_TEXTS = "{rows} rows are in another language than their item's own ({examples}): kept as its translation"
CONVERTED = "{rows} items have prices in other currencies alone ({examples}): converted by ZHIYIN_CURRENCY_RATES"
NO_RATE = (
    "{rows} items have no price, as they have some in {examples} alone, of which no rate is known: name the shop's own "
    "in ZHIYIN_CURRENCY and rates in ZHIYIN_CURRENCY_RATES, and import again"
)
DIFFER = "prices: says another price in the item's own currency than price does: leave one of them out"
_NEW = {
    **dict.fromkeys(("title", "description", "categories", "attributes"), pl.String),
    **dict.fromkeys(("prices", "translations", "language", "currency"), pl.String),
    "price": pl.Float64,
    "price_converted": pl.Boolean,
}
Row = dict[str, Any]


@dataclass(slots=True)
class Told:
    """What there is to tell of rows: sentences with the currencies or languages that each names."""

    rows: Counter[str] = field(default_factory=Counter)
    examples: dict[str, dict[str, None]] = field(default_factory=dict)

    def add(self, what: str, names: Iterable[str]) -> None:
        """One more row of which this is to be told."""
        self.rows[what] += 1
        self.examples.setdefault(what, {}).update(dict.fromkeys(names))

    def notices(self) -> tuple[Notice, ...]:
        """A notice for each sentence."""
        return tuple(Notice(what, rows, tuple(self.examples[what])) for what, rows in self.rows.items())


def part_versions(frame: pl.DataFrame) -> list[pl.DataFrame]:
    """The rows in parts to be written one after the other: rows of one item in other languages or currencies follow."""
    names = [name for name in ("language", "currency") if name in frame.columns]
    if not names or frame["item_id"].n_unique() == len(frame):
        return [frame]
    versions = frame.select("item_id", *names).unique(maintain_order=True)
    places = versions.with_columns(part=pl.int_range(pl.len()).over("item_id"))
    parted = frame.join(places, on=["item_id", *names], how="left", nulls_equal=True, maintain_order="left")
    return [parted.filter(pl.col("part") == part).drop("part") for part in sorted(parted["part"].unique())]


def settle_rows(rows: pl.DataFrame, stored: pl.DataFrame, base: str, told: Told) -> tuple[pl.DataFrame, list[int]]:
    """The rows with what is not in their item's own currency or language moved beside it, and the bad ones' lines.

    `stored` are the items that are there, with columns of the table; what a row says of its own is left to be merged.
    """
    if "prices" not in rows.columns:  # of events: they describe nothing
        return rows, []
    known = {} if stored.is_empty() else {row["item_id"]: row for row in stored.iter_rows(named=True)}
    settled, bad = [], []
    columns = ["item_id", "line", *_NEW]
    frame = rows.with_columns(price_converted=pl.when(pl.col("price").is_not_null()).then(False))
    for row in frame.select(columns).iter_rows(named=True):
        if not _settle_price(row, known.get(row["item_id"], {}), base, told):
            bad.append(row["line"])
        _settle_texts(row, known.get(row["item_id"], {}), told)
        settled.append(row)
    moved = pl.DataFrame(settled, schema={"item_id": pl.String, "line": pl.Int64, **_NEW}).select(list(_NEW))
    return frame.with_columns(moved.get_columns()), bad


def _settle_price(row: Row, known: Mapping[str, Any], base: str, told: Told) -> bool:
    """Moves a price in another currency to `prices`; False where two prices in the own one differ."""
    prices = orjson.loads(row["prices"] or "{}")
    alone = next(iter(prices), "") if len(prices) == 1 and row["price"] is None else ""
    own = base or read_currency(known.get("currency") or "") or row["currency"] or alone
    if row["currency"] and row["currency"] != own:
        if row["price"] is not None:
            told.add(BESIDE, [row["currency"]])
            prices[row["currency"]] = row["price"]
            row["price_converted"] = None
        row["price"] = row["currency"] = None
    agrees = True
    if own in prices:
        stated = prices.pop(own)
        agrees = row["price"] is None or stated is None or row["price"] == stated
        if row["price"] is None and stated is not None:
            row["price"], row["price_converted"] = stated, False
    if row["price"] is not None and own:
        row["currency"] = own
    row["prices"] = to_json(prices) if prices else None
    return agrees


def _settle_texts(row: Row, known: Mapping[str, Any], told: Told) -> None:
    """Moves texts in another language to `translations`, and those in the own one out of it."""
    translations = orjson.loads(row["translations"] or "{}")
    language = (row["language"] or "").replace("_", "-").lower() or None
    described = bool(known.get("title")) and not known.get("stub") and known["title"] != row["item_id"]
    own = known.get("language") if described else language
    if own is None and row["title"] is None:
        own = language = next((code for code, texts in translations.items() if (texts or {}).get("title")), None)
    own = own or DEFAULT_LANGUAGE
    if language is not None and not same_language(language, own):
        texts = {name: row[name] for name in TEXTS if row[name] is not None}
        if "categories" in texts:
            texts["categories"] = orjson.loads(texts["categories"])
        if texts:
            told.add(OTHER_TEXTS, [language])
            translations[language] = {**(translations.get(language) or {}), **texts}
        row |= dict.fromkeys(TEXTS)
        row["attributes"] = _fresh(row["attributes"], known.get("attributes"))
        language = None
    for code in [code for code in translations if same_language(code, own)]:
        for name, text in (translations.pop(code) or {}).items():
            if row[name] is None and text:
                row[name] = to_json(text) if name == "categories" else text
    row["language"] = language
    row["translations"] = to_json(translations) if translations else None


def _fresh(said: str | None, known: str | None) -> str | None:
    """The attributes that the item doesn't have in its own language."""
    if not said or not known:
        return said
    there = orjson.loads(known)
    left = {name: value for name, value in orjson.loads(said).items() if name not in there}
    return to_json(left) if left else None


def complete_versions(rows: pl.DataFrame, base: str, rates: Mapping[str, float], told: Told) -> pl.DataFrame:
    """Merged rows without what was taken away, and with converted prices where there are no others."""
    if "prices" not in rows.columns:
        return rows
    prices, currencies, converted, found = [], [], [], []
    for price, currency, is_converted, text in rows.select(
        "price", "currency", "price_converted", "prices"
    ).iter_rows():
        others = _kept(text)
        own = base or read_currency(currency or "")
        if currency and (former := read_currency(currency, base)) != own:  # it had its price before the shop said so
            if price is not None and not is_converted and former not in orjson.loads(text or "{}"):
                others[former] = price
            price, is_converted, currency = others.get(own), False, own if own in others else ""
        elif currency:
            currency = own
        others.pop(own, None)
        if others and (price is None or is_converted):
            price, is_converted = _convert(others, rates, told), True
            currency = own if price is not None else currency
        elif is_converted:
            price = None
        prices.append(price)
        currencies.append(currency)
        converted.append(bool(is_converted) and price is not None)
        found.append(text if text and _kept(text) == orjson.loads(text) == others else to_json(others))
    return rows.with_columns(
        pl.Series("price", prices, dtype=pl.Float64),
        pl.Series("currency", currencies, dtype=pl.String),
        pl.Series("price_converted", converted, dtype=pl.Boolean),
        pl.Series("prices", found, dtype=pl.String),
        pl.Series("translations", [_written(text) for text in rows["translations"]], dtype=pl.String),
    )


def _convert(prices: Mapping[str, float], rates: Mapping[str, float], told: Told) -> float | None:
    """The price by the rate that the setting names first; None, which is told, where it names none of them."""
    code = next((code for code in rates if code in prices), None)
    if code is None:
        told.add(NO_RATE, prices)
        return None
    told.add(CONVERTED, [code])
    return convert(prices[code], code, rates)


def _kept(text: str | None) -> dict[str, Any]:
    """An object by code without nulls, which take away."""
    return {code: said for code, said in orjson.loads(text or "{}").items() if said is not None}


def _written(text: str | None) -> str:
    """The same as JSON; as it stands where there is no null."""
    return text if text and len(_kept(text)) == len(orjson.loads(text)) else to_json(_kept(text))
