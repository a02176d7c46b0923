"""RetailRocket's e-commerce data set: events, and the properties of items as they changed.

Of the properties only the category and `available` have names; the others are hashed and say nothing.
"""

from collections.abc import Iterable
from pathlib import Path

import polars as pl

from recommender.importing.column_names import Kind
from recommender.importing.formats.base import Format
from recommender.importing.formats.datasets.joining import join_files

_FILES = {
    "properties": ["item_properties_part1.csv", "item_properties_part2.csv", "item_properties.csv"],
    "tree": ["category_tree.csv"],
}
_QUERY = """
WITH RECURSIVE paths AS (
    SELECT categoryid, ['category ' || categoryid] AS path FROM tree WHERE parentid IS NULL OR parentid = ''
    UNION ALL
    SELECT tree.categoryid, list_append(path, 'category ' || tree.categoryid)
    FROM tree JOIN paths ON tree.parentid = paths.categoryid
),
latest AS (
    SELECT itemid, property, arg_max(value, CAST(timestamp AS BIGINT)) AS value
    FROM properties WHERE property IN ('categoryid', 'available') GROUP BY itemid, property
),
items AS (
    SELECT
        itemid,
        any_value(value) FILTER (property = 'categoryid') AS category,
        any_value(value) FILTER (property = 'available') AS available
    FROM latest GROUP BY itemid
)
SELECT itemid AS item_id, CAST(to_json(path) AS VARCHAR) AS categories, available
FROM items LEFT JOIN paths ON category = categoryid ORDER BY itemid
"""


def read_items(path: Path) -> Iterable[pl.DataFrame]:
    """The items of all files of properties in the folder, each with its latest category path and availability."""
    return join_files(path.parent, _FILES, _QUERY)


EVENTS = Format(
    "retailrocket",
    Kind.EVENTS,
    signature=("timestamp", "visitorid", "event", "itemid", "transactionid"),
    types={"transaction": "purchase"},
    columns={
        "timestamp": "time",
        "visitorid": "user_id",
        "event": "event_type",
        "itemid": "item_id",
        "transactionid": "session_id",
    },
)
ITEMS = Format(
    "retailrocket",
    Kind.ITEMS,
    signature=("timestamp", "itemid", "property", "value"),
    file_names=("item_properties_part1.csv", "item_properties.csv"),
    query=read_items,
    companions=("item_properties_part2.csv", "category_tree.csv"),
    reads={
        "itemid": "item_id",
        "property": "categories (categoryid, with the path of category_tree.csv), availability (available)",
        "value": "what the property is",
        "timestamp": "which value is the latest",
    },
)
