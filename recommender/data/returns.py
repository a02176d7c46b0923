"""Purchases that came back: which ones leave a history, and how the events of a frame are read without them.

A return is stored as an event of its own and never changes the purchase. Whoever reads events leaves out the
purchases that had come back by then, and the returns: what reads a history knows neither. A removal takes back what
was put into the cart in the same way. What only a shopper's own
token said is no purchase: it counts as something put into the basket, and its return as nothing.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

import polars as pl

from recommender.db.tables import REMOVAL, RETURN

PURCHASE, CART = "purchase", "cart"
TAKEN_BACK = {RETURN: PURCHASE, REMOVAL: CART}
GOES_BACK = pl.col("event_type").is_in(list(TAKEN_BACK))  # of a frame's rows
NOTHING = ""  # in place of the type of an event that doesn't count
_OWNER = pl.coalesce("u" + pl.col("user_id"), "s" + pl.col("session_id"))
Deal = tuple[str, float | None, float | None]  # event type, pieces, money


def returned_places(deals: Sequence[Deal]) -> list[int]:
    """Which purchases of one thing by one shopper came back whole, of deals in order of time.

    A return takes back the latest purchases before it, as many pieces as it names; by its share of the money where it
    names none; and without either the whole of the latest one.
    """
    gone: list[int] = []
    held: list[tuple[int, float, float | None]] = []  # place, pieces left, price of one
    for place, (kind, pieces, money) in enumerate(deals):
        if kind == PURCHASE:
            count = pieces or 1.0
            held.append((place, count, money / count if money else None))
            continue
        left = _pieces(held, pieces, money)
        while held and left > 1e-9:
            latest, count, price = held.pop()
            if count > left + 1e-9:
                held.append((latest, count - left, price))
            else:
                gone.append(latest)
            left -= count
    return gone


def _pieces(held: list[tuple[int, float, float | None]], pieces: float | None, money: float | None) -> float:
    if pieces or not held:
        return pieces or 0.0
    _, count, price = held[-1]
    return min(money / price, count) if money and price else count


def find_unreturned(
    kinds: Sequence[str],
    items: Sequence[Any],
    pieces: Sequence[float | None],
    money: Sequence[float | None],
    times: Sequence[Any],
) -> list[int]:
    """The places of one shopper's events that are neither returns nor purchases that came back."""
    if not {RETURN, REMOVAL, NOTHING}.intersection(kinds):
        return list(range(len(kinds)))
    keys = [(item, TAKEN_BACK.get(kind, kind)) for item, kind in zip(items, kinds, strict=True)]
    taken = {one for one, kind in zip(keys, kinds, strict=True) if kind in TAKEN_BACK}
    deals: dict[Any, list[int]] = {one: [] for one in taken}
    for place, one in enumerate(keys):
        if one in deals:
            deals[one].append(place)
    gone: set[int] = set()
    for places in deals.values():
        places.sort(key=lambda place: (times[place], kinds[place] in TAKEN_BACK))
        back = returned_places([(_side(kinds[place]), pieces[place], money[place]) for place in places])
        gone.update(places[one] for one in back)
    return [
        place for place, kind in enumerate(kinds) if kind not in TAKEN_BACK and kind != NOTHING and place not in gone
    ]


def _side(kind: str) -> str:
    """Which side of a deal an event is: what is had, or what goes back."""
    return RETURN if kind in TAKEN_BACK else PURCHASE


def without_returned(events: pl.DataFrame) -> pl.DataFrame:
    """The events (of any shoppers, in any order) without returns and without the purchases that these take back."""
    if events.filter(GOES_BACK).is_empty():
        return events
    numbered = events.with_row_index("place").with_columns(
        _OWNER.alias("owner"),
        pl.col("event_type").cast(pl.String).replace(TAKEN_BACK).alias("deal"),
        pl.when(GOES_BACK).then(pl.lit(RETURN)).otherwise(pl.lit(PURCHASE)).alias("side"),
    )
    keys = ["owner", "item_id", "deal"]
    deals = numbered.join(numbered.filter(GOES_BACK).select(keys).unique(), on=keys, how="semi")
    ordered = deals.sort(*keys, "time", pl.col("side") == RETURN, "event_id")
    gone = list(_gone(ordered.select(*keys, "place", "side", "quantity", "value").iter_rows()))
    left = numbered.filter(~GOES_BACK & ~pl.col("place").is_in(gone))
    return left.drop("place", "owner", "deal", "side")


def _gone(rows: Iterable[tuple[Any, ...]]) -> Iterator[int]:
    for _, group in groupby(rows, key=lambda row: row[:3]):
        theirs = list(group)
        yield from (theirs[one][3] for one in returned_places([row[4:] for row in theirs]))


def as_confirmed(events: pl.DataFrame) -> pl.DataFrame:
    """The events, their column `confirmed` gone: a purchase that only a token claimed is a basket without money."""
    claimed = ~pl.col("confirmed") & (pl.col("event_type") == PURCHASE)
    kept = events.filter(pl.col("confirmed") | (pl.col("event_type") != RETURN))
    return kept.with_columns(
        event_type=pl.when(claimed).then(pl.lit(CART)).otherwise("event_type"),
        value=pl.when(claimed).then(None).otherwise("value"),
    ).drop("confirmed")
