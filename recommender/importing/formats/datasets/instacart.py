"""Instacart's grocery orders: products with their aisles, and what was bought in each order.

The data set tells no dates, only the days between a shopper's orders: each shopper's last order is put on `LAST_DAY`.
"""

from collections.abc import Iterable
from pathlib import Path

import polars as pl

from recommender.importing.column_names import Kind
from recommender.importing.formats.base import Format
from recommender.importing.formats.datasets.joining import join_files

LAST_DAY = "2017-06-30"
_PRODUCTS = {"products": ["products.csv"], "aisles": ["aisles.csv"], "departments": ["departments.csv"]}
_PRODUCT = """
SELECT
    product_id AS item_id,
    product_name AS title,
    CAST(to_json([department, aisle]) AS VARCHAR) AS categories
FROM products LEFT JOIN aisles USING (aisle_id) LEFT JOIN departments USING (department_id)
ORDER BY CAST(product_id AS BIGINT)
"""
_PURCHASE = f"""
WITH days AS (
    SELECT *, sum(coalesce(TRY_CAST(days_since_prior_order AS DOUBLE), 0)) OVER (
        PARTITION BY user_id ORDER BY CAST(order_number AS INT)
    ) AS day FROM orders
),
clock AS (
    SELECT order_id, user_id, DATE '{LAST_DAY}'
        - to_days(CAST(max(day) OVER (PARTITION BY user_id) - day AS INT))
        + to_hours(CAST(order_hour_of_day AS INT)) AS moment FROM days
)
SELECT
    order_id || '-' || product_id AS event_id,
    user_id,
    order_id AS session_id,
    product_id AS item_id,
    'purchase' AS event_type,
    strftime(moment, '%Y-%m-%d %H:%M:%S') AS time
FROM bought JOIN clock USING (order_id)
"""  # noqa: S608 - a constant


def read_products(path: Path) -> Iterable[pl.DataFrame]:
    """The products of products.csv, with department and aisle out of the files beside it as their category path."""
    return join_files(path.parent, _PRODUCTS, _PRODUCT)


def read_purchases(path: Path) -> Iterable[pl.DataFrame]:
    """What was bought in each order of this file, by whom and when, as orders.csv beside it says."""
    return join_files(path.parent, {"bought": [path.name], "orders": ["orders.csv"]}, _PURCHASE)


PRODUCTS = Format(
    "instacart",
    Kind.ITEMS,
    signature=("product_id", "product_name", "aisle_id", "department_id"),
    query=read_products,
    companions=("aisles.csv", "departments.csv"),
    reads={
        "product_id": "item_id",
        "product_name": "title",
        "aisle_id": "categories, the second of aisles.csv",
        "department_id": "categories, the first of departments.csv",
    },
)
PURCHASES = Format(
    "instacart",
    Kind.EVENTS,
    signature=("order_id", "product_id", "add_to_cart_order", "reordered"),
    query=read_purchases,
    default_type="purchase",
    companions=("orders.csv",),
    note=f"the data set has no dates: each shopper's last order is put on {LAST_DAY}, the others the days before it",
    reads={"order_id": "session_id, and user_id and time of orders.csv", "product_id": "item_id"},
)
