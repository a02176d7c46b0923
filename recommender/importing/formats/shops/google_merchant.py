"""Google Merchant Center's product data: feeds of text and XML, and the many that take after them (Meta, Pinterest).

A feed has an entry for each variant; those of one `item_group_id` are one item with that id.
"""

from collections.abc import Iterable

from recommender.importing.column_names import Kind
from recommender.importing.formats.base import ALL, Format, Row
from recommender.importing.formats.helpers import as_attributes, every, first, listed, prices, shown_variant, split

_ATTRIBUTES = ("color", "size", "material", "pattern", "gender", "age_group", "size_system", "size_type", "condition")


def spell_name(name: str) -> str:
    """`g:image link` is image_link."""
    return name.strip().lower().removeprefix("g:").replace(" ", "_")


def read_groups(rows: list[Row]) -> Iterable[Row]:
    """An item for each group of variants, and for each entry without a group."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(str(row.get("item_group_id") or row.get("item_id") or f"line {row['line']}"), []).append(row)
    yield from (_item(group) for group in groups.values())


def _item(rows: list[Row]) -> Row:
    shown = shown_variant([{**row, "availability": _plain(row.get("availability"))} for row in rows])
    ids = every(rows, "item_id")
    names = ("title", "description", "brand", "image", "availability_date", "expiration_date", "visibility", "status")
    return {
        "line": shown["line"],
        "item_id": first(rows, "item_group_id", "item_id"),
        **{name: first([shown, *rows], name) for name in names},
        "categories": _categories([shown, *rows]),
        **prices(shown),
        "availability": shown.get("availability"),
        "attributes": as_attributes(
            **{name: _one_or_all(every(rows, name)) for name in _ATTRIBUTES},
            url=first([shown], "link"),
            gtin=first([shown], "gtin"),
            images=[image for row in rows[:1] for image in _several(row.get("additional_image_link"))],
            highlights=[one for row in rows[:1] for one in _several(row.get("product_highlight"))],
            variants=[one for one in ids if "item_group_id" in shown or len(ids) > 1],
        ),
    }


def _categories(rows: list[Row]) -> str | list[str] | None:
    """The shop's own path; Google's where there is none, unless it is a number."""
    own = first(rows, "product_type")
    paths = [split(path, ">") for path in listed(own)]
    if len(paths) > 1:
        return max(paths, key=len)
    google = first(rows, "google_product_category")
    return own or (None if str(google).isdigit() else google)


def _plain(word: str | None) -> str | None:
    """in_stock of "in stock"."""
    return word.strip().lower().replace(" ", "_") if isinstance(word, str) else None


def _several(value: object) -> list[str]:
    found = listed(value)
    return split(found[0]) if len(found) == 1 else [str(one) for one in found]


def _one_or_all(values: list[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else values


PRODUCTS = Format(
    "google-merchant",
    Kind.ITEMS,
    signature=("id", "title", "link", "image_link", "availability"),
    spell=spell_name,
    together=ALL,
    columns={
        "id": "item_id",
        "title": "title",
        "description": "description",
        "brand": "brand",
        "image_link": "image",
        "link": "link",
        "price": "price",
        "sale_price": "sale_price",
        "sale_price_effective_date": "sale_price_effective_date",
        "availability": "availability",
        "availability_date": "availability_date",
        "expiration_date": "expiration_date",
        "visibility": "visibility",
        "status": "status",
        "product_type": "product_type",
        "google_product_category": "google_product_category",
        "fb_product_category": "google_product_category",
        "item_group_id": "item_group_id",
        "additional_image_link": "additional_image_link",
        "product_highlight": "product_highlight",
        "gtin": "gtin",
        **{name: name for name in _ATTRIBUTES},
    },
    read=read_groups,
    reads={
        "link": "url",
        "visibility": "hidden",
        "status": "hidden",
        "availability": "availability",
        "availability_date": "available_from",
        "expiration_date": "available_until",
        "product_type": "categories",
        "google_product_category": "categories, where there is no product_type",
        "item_group_id": "item_id of variants, which are listed among its variants",
        "additional_image_link": "attribute images",
        "product_highlight": "attribute highlights",
    },
)
