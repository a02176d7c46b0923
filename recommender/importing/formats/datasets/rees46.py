"""REES46's data sets (eCommerce behavior data from multi category store, and its like): months of events.

There is no catalogue beside them: what the events say of the products is all there is.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import polars as pl

from recommender.importing.column_names import Kind
from recommender.importing.formats.base import Format, Row
from recommender.importing.formats.events.catalogue import items_of_events


def items_of(row: Row) -> Iterator[Row]:
    """What an event says of its product."""
    path = str(row.get("category_code") or "").split(".")
    names = [name.replace("_", " ") for name in path if name]
    if row.get("product_id"):
        yield {
            "item_id": row["product_id"],
            "title": " ".join(filter(None, (row.get("brand"), names[-1] if names else ""))),
            "brand": row.get("brand"),
            "categories": names,
            "price": row.get("price"),
        }


def read_items(path: Path) -> Iterable[pl.DataFrame]:
    """The products that the file's events name, each once."""
    return items_of_events(path, items_of)


_SIGNATURE = ("event_time", "event_type", "product_id", "category_id", "category_code", "user_session")
EVENTS = Format(
    "rees46",
    Kind.EVENTS,
    signature=_SIGNATURE,
    types={"remove_from_cart": "removal"},
    columns={
        "event_time": "time",
        "event_type": "event_type",
        "product_id": "item_id",
        "price": "value",
        "user_id": "user_id",
        "user_session": "session_id",
    },
    reads={name: f"{name} of items that no catalogue describes" for name in ("brand", "category_code")},
)
ITEMS = Format(
    "rees46",
    Kind.ITEMS,
    signature=_SIGNATURE,
    query=read_items,
    derived=True,
    second=True,
    reads={"product_id": "item_id", "brand": "brand, title", "category_code": "categories, title", "price": "price"},
)
