"""Magento's (Adobe Commerce's) product export: an item is a product, known by its SKU.

A configurable product names its variants; these lend it their price and stock where it has none of its own. Rows of a
single store view, which hold translations, are left out.
"""

import re
from collections.abc import Iterable
from typing import Any

from recommender.importing.column_names import Kind
from recommender.importing.formats.base import ALL, Format, Row, Skip
from recommender.importing.formats.helpers import as_attributes, first, money, prices, shown_variant, split

MEDIA = "/media/catalog/product"  # where a shop keeps the pictures that the export names
_SKU = re.compile(r"(?:^|[|,])\s*sku=([^,|]+)")
_ROOTS = ("Default Category", "Root Catalog")
_DAY = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{2}|\d{4})\b(?:,?\s.*)?")
_SHOWN = ("product_online", "visibility")
_STOCK = ("qty", "is_in_stock", "allow_backorders", "manage_stock")
_NO_ATTRIBUTES = ("has_options", "required_options")


def read_products(rows: list[Row]) -> Iterable[Row]:
    """The products; variants that are shown only with their product are part of it."""
    rows = [row for row in rows if row.get("store_view_code") in (None, "", "default", "all")]
    if not rows:
        raise Skip("translations for a store view")
    variants = {row.get("item_id"): _SKU.findall(str(row.get("configurable_variations", ""))) for row in rows}
    parts = {sku for skus in variants.values() for sku in skus}
    by_sku = {row.get("item_id"): row for row in rows}
    for row in rows:
        if row.get("item_id") not in parts or not _is_part(row):
            skus = variants[row.get("item_id")]
            yield _item(row, [by_sku[sku] for sku in skus if sku in by_sku], skus)


def _is_part(row: Row) -> bool:
    return str(row.get("visibility", "")).strip().lower() in ("not visible individually", "1")


def _item(row: Row, variants: list[Row], skus: list[str]) -> Row:
    sold = [{**one, "availability": _availability(one)} for one in variants]
    priced = row if money(row.get("price")) or not sold else shown_variant(sold)
    stock = {"is_in_stock": "1" if any(one["availability"] == "in_stock" for one in sold) else "0"} if sold else {}
    paths = [_path(path) for path in split(row.get("categories"))]
    deepest = max(paths, key=len, default=[])
    dates = {f"sale_price_{part}": _as_iso(priced.get(f"sale_price_{part}")) for part in ("starts", "ends")}
    image = row.get("image") or first(variants, "image")
    return {
        "line": row["line"],
        **{name: row.get(name) for name in ("item_id", "title", "description")},
        "description": row.get("description") or row.get("short_description"),
        "categories": deepest,
        **prices(priced),
        **{name: date for name, date in dates.items() if date},
        "image": _address(image),
        **{name: row[name] for name in _SHOWN if name in row},
        **({name: row[name] for name in _STOCK if name in row} | stock),
        "attributes": as_attributes(
            **_more(row),
            other_categories=[path[-1] for path in paths if path and path != deepest[: len(path)]],
            images=[_address(one) for one in split(row.get("additional_images"))],
            url=row.get("url"),
            variants=skus,
        ),
    }


def _availability(row: Row) -> str | None:
    in_stock = row.get("is_in_stock")
    return None if in_stock is None else "in_stock" if money(in_stock) else "out_of_stock"


def _path(path: str) -> list[str]:
    """Categories below the shop's root."""
    names = split(path, "/")
    return names[1:] if names and names[0] in _ROOTS else names


def _address(image: Any) -> str | None:
    """The picture's address; within the shop where the export names the file only."""
    if not image or image == "no_selection":
        return None
    return image if "://" in image else f"{MEDIA}/{image.lstrip('/')}"


def _as_iso(day: Any) -> str | None:
    """2026-01-31 of 1/31/26, as Magento exports days in English."""
    found = _DAY.fullmatch(str(day or "").strip())
    if found is None:
        return day or None
    month, date, year = (int(part) for part in found.groups())
    return f"{year + 2000 if year < 100 else year:04}-{month:02}-{date:02}"


def _more(row: Row) -> dict[str, Any]:
    """`additional_attributes`: color=Blue,activity=Gym|Yoga."""
    pairs = re.split(r",(?=[a-z0-9_]+=)", str(row.get("additional_attributes", "")))
    parts = (pair.partition("=") for pair in pairs if "=" in pair)
    return {
        name: split(value, "|") if "|" in value else value for name, _, value in parts if name not in _NO_ATTRIBUTES
    }


PRODUCTS = Format(
    "magento",
    Kind.ITEMS,
    signature=("sku", "attribute_set_code", "product_type", "product_online|visibility"),
    together=ALL,
    columns={
        "sku": "item_id",
        "name": "title",
        "description": "description",
        "short_description": "short_description",
        "categories": "categories",
        "price": "price",
        "special_price": "sale_price",
        "special_price_from_date": "sale_price_starts",
        "special_price_to_date": "sale_price_ends",
        "base_image": "image",
        "additional_images": "additional_images",
        "additional_attributes": "additional_attributes",
        "configurable_variations": "configurable_variations",
        "store_view_code": "store_view_code",
        "url_key": "url",
        **{name: name for name in (*_SHOWN, *_STOCK)},
    },
    reads={
        "short_description": "description, where there is no other",
        "additional_images": "attribute images",
        "store_view_code": "translations, which are left out",
        "configurable_variations": "attribute variants",
        "additional_attributes": "attributes",
        **{name: "availability" for name in (*_SHOWN, *_STOCK)},
    },
    read=read_products,
)
