"""WooCommerce's product export (Products, Export): an item is a product, known by its SKU, or its ID where it has none.

Variations stand in rows of their own that name their product as `Parent`, by SKU or as id:44; they lend it their
prices and are listed among its variants.
"""

from collections.abc import Iterable
from typing import Any

from recommender.importing.column_names import Kind
from recommender.importing.fields.categories import category_path
from recommender.importing.formats.base import ALL, Format, Row
from recommender.importing.formats.helpers import as_attributes, first, prices, shown_variant, split

_LISTED = ("Published", "Visibility in catalog", "In stock?", "Stock", "Backorders allowed?")
_ATTRIBUTES = 30  # columns "Attribute 1 name" and so on that are looked for


def read_products(rows: list[Row]) -> Iterable[Row]:
    """The products, each with its variations; a variation whose product is not in the file is an item of its own."""
    parents = {name: row for row in rows if not _is_variation(row) for name in _names(row)}
    children: dict[int, list[Row]] = {}
    alone = list[Row]()
    for row in rows:
        parent = parents.get(str(row.get("parent", "")))
        if not _is_variation(row) or parent is None:
            alone.append(row)
        else:
            children.setdefault(parent["line"], []).append(row)
    yield from (_item(row, children.get(row["line"], [])) for row in alone)


def _is_variation(row: Row) -> bool:
    return "variation" in split(row.get("type"))


def _names(row: Row) -> list[str]:
    """What a variation may call its product."""
    return [*([row["sku"]] if "sku" in row else []), f"id:{row.get('id')}"]


def _item(row: Row, variations: list[Row]) -> Row:
    sold = [one for one in variations if one.get("Published") != "0" and "price" in one]
    priced = row if "price" in row or not sold else shown_variant([_with_stock(one) for one in sold])
    paths = [path for one in _paths(row.get("categories")) if (path := category_path(one, lists=True))]
    deepest = max(paths, key=len, default=[])
    images = split(row.get("images") or first(variations, "images"))
    ids = [str(name) for one in (row, *variations) for name in (one.get("sku"), one.get("id")) if name]
    own = row.get("sku") or row.get("id")
    return {
        "line": row["line"],
        "item_id": own,
        "title": row.get("title"),
        "description": row.get("description") or row.get("short_description"),
        "brand": row.get("brand"),
        "categories": deepest,
        **prices(priced),
        "image": images[0] if images else None,
        **{name: row[name] for name in _LISTED if name in row},
        "attributes": as_attributes(
            **_attributes(row, variations),
            tags=split(row.get("tags")),
            other_categories=[path[-1] for path in paths if path != deepest[: len(path)]],
            images=images[1:],
            url=row.get("external_url"),
            gtin=row.get("gtin"),
            variants=[one for one in ids if one != own],
        ),
    }


def _with_stock(row: Row) -> Row:
    in_stock = str(row.get("In stock?", "1")).lower()
    return {**row, "availability": {"1": "in_stock", "0": "out_of_stock"}.get(in_stock, "backorder")}


def _paths(categories: Any) -> list[str]:
    """Each path of a cell; a comma that belongs to a name is written after a backslash."""
    return [path.replace("\0", "\\,") for path in split(str(categories or "").replace("\\,", "\0"))]


def _attributes(row: Row, variations: list[Row]) -> dict[str, Any]:
    """Colour, size and so on, by their names; a product names all values that its variations have."""
    found: dict[str, Any] = {}
    for one in (row, *variations):
        for place in range(1, _ATTRIBUTES + 1):
            name, values = one.get(f"Attribute {place} name"), split(one.get(f"Attribute {place} value(s)"))
            if name and values:
                found.setdefault(str(name).strip().lower(), values if len(values) > 1 else values[0])
    return found


PRODUCTS = Format(
    "woocommerce",
    Kind.ITEMS,
    signature=("Type", "Name", "Published", "Visibility in catalog", "Regular price", "Categories"),
    together=ALL,
    columns={
        "ID": "id",
        "Type": "type",
        "SKU": "sku",
        "GTIN, UPC, EAN, or ISBN": "gtin",
        "Name": "title",
        "Short description": "short_description",
        "Description": "description",
        "Date sale price starts": "sale_price_starts",
        "Date sale price ends": "sale_price_ends",
        "Sale price": "sale_price",
        "Regular price": "price",
        "Categories": "categories",
        "Tags": "tags",
        "Images": "images",
        "Parent": "parent",
        "External URL": "external_url",
        "Brands": "brand",
        **{name: name for name in _LISTED},
    },
    read=read_products,
    reads={
        "SKU": "item_id",
        "ID": "item_id, where there is no SKU; else one of the variants",
        "Type": "whether it is a variation",
        "Short description": "description, where there is no other",
        "Parent": "the product that a variation belongs to",
        "Images": "image, and attribute images",
        "Attribute *": "attribute of that name",
        **{name: "availability" for name in _LISTED},
    },
)
