"""Events of variants and of former ids as events of their item.

An item lists the ids of its variants in its attribute `variants`; former ids are `item_aliases`'s affair, and come
before all else. Another id that is an item's own stays; one that two items list is the first item's.
"""

from datetime import datetime

import orjson
import polars as pl
from sqlalchemy import Connection, Text, cast, select

from recommender.db.tables import Base
from recommender.store.identity.item_aliases import find_aliases

VARIANTS = "variants"
_items = Base.metadata.tables["items"]
_AT_ONCE = 500


def name_items(connection: Connection, frame: pl.DataFrame) -> pl.DataFrame:
    """The events with their items in place of variants and aliases."""
    ids = frame["item_id"].drop_nulls().unique().to_list() if "item_id" in frame.columns else []
    items = find_aliases(connection, ids)
    unknown = set(ids) - _known(connection, ids) - items.keys()
    if unknown:
        items |= {one: item for one, item in find_variants(connection).items() if one in unknown}
    return frame.with_columns(pl.col("item_id").replace(items)) if items else frame


def find_variants(connection: Connection, since: datetime | None = None) -> dict[str, str]:
    """The item of each variant that an item lists; of items that changed `since` then, where that is named."""
    as_text = cast(_items.c.attributes, Text)
    rows = select(_items.c.item_id, as_text).where(as_text.contains(f'"{VARIANTS}"')).order_by(_items.c.item_id)
    if since is not None:
        rows = rows.where(_items.c.updated_at > since)
    found: dict[str, str] = {}
    for item_id, attributes in connection.execute(rows):
        for one in listed_variants(attributes):
            found.setdefault(one, item_id)
    return found


def listed_variants(attributes: str) -> list[str]:
    """The variants that an item's attributes, in JSON, list."""
    variants = orjson.loads(attributes).get(VARIANTS)
    return [str(one) for one in variants] if isinstance(variants, list) else []


def _known(connection: Connection, ids: list[str]) -> set[str]:
    """Those of the ids that are items'."""
    parts = (ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE))
    queries = (select(_items.c.item_id).where(_items.c.item_id.in_(part)) for part in parts)
    return {found for query in queries for found in connection.scalars(query)}
