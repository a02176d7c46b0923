"""What several formats need: the first word of several rows, sums of money, hashed e-mail, the variant that is shown.

It knows rows whose blanks are left out, and no format.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from recommender.importing.fields.money import amount
from recommender.importing.formats.base import Row

ON_SALE = ("price", "sale_price", "sale_price_starts", "sale_price_ends", "sale_price_effective_date")
BEST_FIRST = ("in_stock", "backorder", "preorder", "out_of_stock")


def first(rows: Iterable[Mapping[str, Any]], *names: str) -> Any:
    """What the first row says that says something, under the first of these names that has it."""
    rows = list(rows)
    return next((row[name] for name in names for row in rows if row.get(name) not in (None, "")), None)


def every(rows: Iterable[Mapping[str, Any]], name: str) -> list[Any]:
    """What the rows say under this name, each once."""
    return list(dict.fromkeys(row[name] for row in rows if row.get(name) not in (None, "")))


def money(value: Any) -> float | None:
    """A sum of money, whatever its currency; None where there is none."""
    found = amount(str(value)) if value not in (None, "") else None
    return found[0] if found else None


def line_total(price: Any, quantity: Any, less: Any = None) -> float | None:
    """What is paid for so many pieces; a price that can't be read stays for the checks to tell."""
    one, pieces = money(price), money(quantity)
    if one is None:
        return None
    return round(one * (1.0 if pieces is None else pieces) - (money(less) or 0.0), 4)


def hashed(email: Any) -> str | None:
    """The SHA-256 of an e-mail address, trimmed and in small letters, so that no address is stored."""
    plain = str(email or "").strip().lower()
    return hashlib.sha256(plain.encode()).hexdigest() if plain else None


def split(value: Any, by: str = ",") -> list[str]:
    """The parts of a list in one cell."""
    return [part.strip() for part in str(value or "").split(by) if part.strip()]


def nested(value: Any) -> Any:
    """A list or an object that a cell holds as JSON; anything else as it is."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return orjson.loads(value)
        except ValueError:
            return value
    return value


def listed(value: Any) -> list[Any]:
    """A list that a cell holds as JSON; one thing is a list of it."""
    found = nested(value)
    if found in (None, ""):
        return []
    return found if isinstance(found, list) else [found]


def shown_variant(variants: Sequence[Row]) -> Row:
    """The variant whose price stands for all: the cheapest of those that can be had soonest."""

    def order(row: Row) -> tuple[int, float]:
        availability = row.get("availability")
        price = money(row.get("price"))
        rank = BEST_FIRST.index(availability) if availability in BEST_FIRST else len(BEST_FIRST)
        return rank, float("inf") if price is None else price

    return min(variants, key=order)


def prices(row: Row) -> Row:
    """What a row says of its price and sale."""
    return {name: row[name] for name in ON_SALE if name in row}


def as_attributes(**named: Any) -> str:
    """Attributes of an item; what is empty is none."""
    return orjson.dumps({name: value for name, value in named.items() if value not in (None, "", [], {})}).decode()
