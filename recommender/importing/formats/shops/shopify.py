"""Shopify's exports: products (headers from before and after 2025) and orders.

A product stands in as many rows as it has variants and images, all with its handle, and is one item whose id is the
handle. Orders name what was bought by SKU, or by title and variant where there is none, so an item lists these.
"""

from collections.abc import Iterable
from typing import Any

from recommender.importing.column_names import Kind
from recommender.importing.formats.base import Format, Row
from recommender.importing.formats.helpers import (
    as_attributes,
    every,
    first,
    hashed,
    line_total,
    money,
    prices,
    shown_variant,
    split,
)

_OPTIONS = ("option1", "option2", "option3")
_NO_OPTION = ("Title", "Default Title")
_STOCK = (
    *("Variant Inventory Qty", "Inventory quantity", "Variant Inventory Tracker", "Inventory tracker"),
    *("Variant Inventory Policy", "Continue selling when out of stock"),
)
_YES = ("true", "continue", "yes", "1")


def read_product(rows: list[Row]) -> Iterable[Row]:
    """A product of all its rows: the price of the variant that can be had for least, the first of its images."""
    variants = [{**row, "availability": _availability(row)} for row in rows if "price" in row or "sku" in row] or rows
    shown, title = shown_variant(variants), first(rows, "title")
    usual, images = money(first([shown], "list_price")), _images(rows)
    yield {
        **{name: first(rows, name) for name in ("item_id", "title", "description", "brand", "published", "status")},
        "line": rows[0]["line"],
        "categories": _categories(rows),
        "image": images[0] if images else first(rows, "variant_image"),
        **prices(shown),
        "availability": shown.get("availability"),
        "attributes": as_attributes(
            **_options(rows),
            tags=split(first(rows, "tags")),
            images=images[1:],
            list_price=usual if usual and usual > (money(shown.get("price")) or usual) else None,
            variants=[_name(row, title) for row in variants if _name(row, title)],
            **{name: first(rows, name) for name in ("gtin", "gift_card") if first(rows, name) != "false"},
        ),
    }


def _availability(row: Row) -> str | None:
    """Stock says nothing where nobody keeps it, and is no limit where the shop sells beyond it."""
    if "tracker" not in row and "stock" not in row:
        return None if "stock_policy" not in row else "in_stock"
    if "tracker" not in row or row.get("stock_policy", "").lower() in _YES:
        return "in_stock"
    left = money(row.get("stock"))
    return None if left is None else "in_stock" if left > 0 else "out_of_stock"


def _images(rows: list[Row]) -> list[str]:
    placed = [row for row in rows if "image" in row]
    return every(sorted(placed, key=lambda row: money(row.get("image_position")) or 1e9), "image")


def _categories(rows: list[Row]) -> list[str]:
    """Shopify's taxonomy, and then the shop's own type."""
    path = [name for name in split(first(rows, "taxonomy"), ">") if name != "Uncategorized"]
    own = first(rows, "type")
    return [*path, own] if own and own not in path else path


def _options(rows: list[Row]) -> dict[str, list[str]]:
    """Colour, size and so on, each with the values there are."""
    names = {option: first(rows, f"{option}_name") for option in _OPTIONS}
    return {
        name.strip().lower(): every(rows, f"{option}_value")
        for option, name in names.items()
        if name and name not in _NO_OPTION
    }


def _name(row: Row, title: Any) -> str | None:
    """What an order calls the variant: its SKU, or the title with the values of its options."""
    values = [row[f"{option}_value"] for option in _OPTIONS if row.get(f"{option}_value")]
    options = " / ".join(value for value in values if value not in _NO_OPTION)
    return row.get("sku") or (f"{title} - {options}" if title and options else title)


def read_order(rows: list[Row]) -> Iterable[Row]:
    """A purchase for each line; what stands in the first row of an order holds for all."""
    whole = ("time", "paid_at", "status", "returned_at", "id", "currency")
    order = {name: first(rows, name) for name in whole}
    buyer = hashed(first(rows, "email")) or hashed(first(rows, "phone"))
    for place, row in enumerate((row for row in rows if "line_name" in row or "line_sku" in row), 1):
        yield {
            "line": row["line"],
            "event_id": f"{order['id'] or row['session_id']}-{place}",
            "user_id": buyer,
            "session_id": row["session_id"],
            "item_id": first([row], "line_sku", "line_name"),
            "event_type": "purchase",
            "quantity": row.get("quantity"),
            "value": line_total(row.get("line_price"), row.get("quantity", 1), row.get("line_discount")),
            "currency": order["currency"],
            "time": order["time"] or order["paid_at"],
            "status": order["status"],
            "returned_at": order["returned_at"],
        }


PRODUCTS = Format(
    "shopify",
    Kind.ITEMS,
    signature=("Handle|URL handle", "Title", "Variant SKU|SKU|Variant Price|Price|Option1 Value", "Vendor"),
    columns={
        "Handle": "item_id",
        "URL handle": "item_id",
        "Title": "title",
        "Body (HTML)": "description",
        "Description": "description",
        "Vendor": "brand",
        "Product Category": "taxonomy",
        "Product category": "taxonomy",
        "Type": "type",
        "Tags": "tags",
        "Published": "published",
        "Published on online store": "published",
        "Status": "status",
        "Variant SKU": "sku",
        "SKU": "sku",
        "Variant Barcode": "gtin",
        "Barcode": "gtin",
        "Variant Price": "price",
        "Price": "price",
        "Variant Compare At Price": "list_price",
        "Compare-at price": "list_price",
        "Variant Inventory Qty": "stock",
        "Inventory quantity": "stock",
        "Variant Inventory Tracker": "tracker",
        "Inventory tracker": "tracker",
        "Variant Inventory Policy": "stock_policy",
        "Continue selling when out of stock": "stock_policy",
        "Image Src": "image",
        "Product image URL": "image",
        "Image Position": "image_position",
        "Image position": "image_position",
        "Variant Image": "variant_image",
        "Variant image URL": "variant_image",
        "Gift Card": "gift_card",
        "Gift card": "gift_card",
        **{f"Option{n} {part}": f"option{n}_{part.lower()}" for n in (1, 2, 3) for part in ("Name", "Value")},
        **{f"Option{n} {part}": f"option{n}_{part}" for n in (1, 2, 3) for part in ("name", "value")},
    },
    read=read_product,
    together="item_id",
    reads={
        **dict.fromkeys(("Product Category", "Product category", "Type"), "categories"),
        **dict.fromkeys(("Variant SKU", "SKU"), "attribute variants, by which orders name it"),
        **dict.fromkeys(_STOCK, "availability"),
        **dict.fromkeys(("Image Position", "Image position"), "which image is the first"),
        **dict.fromkeys(("Variant Image", "Variant image URL"), "image, where the product has none"),
        **dict.fromkeys(("Published", "Published on online store", "Status"), "hidden"),
        **{f"Option{n} {part}*": "attribute of that name" for n in (1, 2, 3) for part in ("N", "V", "n", "v")},
    },
)

ORDERS = Format(
    "shopify",
    Kind.EVENTS,
    signature=("Name", "Lineitem name", "Lineitem quantity", "Created at"),
    columns={
        "Name": "session_id",
        "Id": "id",
        "Email": "email",
        "Phone": "phone",
        "Financial Status": "status",
        "Created at": "time",
        "Paid at": "paid_at",
        "Cancelled at": "returned_at",
        "Currency": "currency",
        "Lineitem quantity": "quantity",
        "Lineitem name": "line_name",
        "Lineitem sku": "line_sku",
        "Lineitem price": "line_price",
        "Lineitem discount": "line_discount",
    },
    read=read_order,
    together="session_id",
    reads={
        "Email": "user_id, hashed",
        "Phone": "user_id, hashed, where there is no e-mail",
        "Id": "event_id",
        "Paid at": "time, where the order has no other",
        "Lineitem sku": "item_id",
        "Lineitem name": "item_id, where there is no SKU",
        "Lineitem price": "value",
        "Lineitem discount": "value",
    },
    default_type="purchase",
)
