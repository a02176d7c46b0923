"""Amazon Reviews 2023: the meta file as items, the reviews as events.

A review with words is a review whose value is its stars; without, it's a rating. The
item of a review is its `parent_asin`, under which the meta file describes it.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from recommender.importing.column_names import Kind
from recommender.importing.formats.base import Format, Row

_PRICE = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
_TEXT = 20_000


def item_of(meta: Mapping[str, Any]) -> dict[str, Any]:
    """A line of the meta file in our fields."""
    details = meta.get("details") or {}
    if isinstance(details, str):
        details = json.loads(details) if details.startswith("{") else {}
    categories = meta.get("categories") or [name for name in [meta.get("main_category")] if name]
    return {
        "item_id": meta.get("parent_asin"),
        "title": meta.get("title"),
        "description": " ".join(_texts(meta.get("features")) + _texts(meta.get("description")))[:_TEXT],
        "brand": (details.get("Brand") or meta.get("store") or "")[:256],
        "categories": categories,
        "price": _price(meta.get("price")),
        "image": _image(meta.get("images")),
        "attributes": {name: value for name, value in details.items() if name != "Brand"},
    }


def event_of(review: Mapping[str, Any]) -> dict[str, Any]:
    """A line of a reviews file in our fields."""
    parts = [str(review.get(name) or "").strip() for name in ("title", "text")]
    text = "\n".join(part for part in parts if part)
    return {
        "user_id": review.get("user_id"),
        "item_id": review.get("parent_asin") or review.get("asin"),
        "event_type": "review" if text else "rating",
        "value": review.get("rating"),
        "text": text or None,
        "time": review.get("timestamp") or review.get("sort_timestamp"),
    }


def read_meta(rows: list[Row]) -> list[Row]:
    """The lines of the meta file as items, one of each."""
    return [item_of(row) for row in rows]


def read_review(rows: list[Row]) -> list[Row]:
    """The lines of a reviews file as events, one of each."""
    return [event_of(row) for row in rows]


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [str(part) for part in value or []]


def _price(value: Any) -> Any:
    """12.99 of "from $12.99"; what names no price ("None", a dash) is none."""
    if not isinstance(value, str):
        return value
    number = _PRICE.search(value)
    if number is None:
        return None
    sign = "-" if value.strip().startswith("-") and number.start() == value.index("-") + 1 else ""
    return sign + number.group().replace(",", "")


def _image(images: Any) -> str | None:
    """The largest form of the main picture."""
    listed = [image for image in images or [] if isinstance(image, Mapping)] if isinstance(images, list) else []
    main = next((image for image in listed if image.get("variant") == "MAIN"), listed[0] if listed else {})
    return main.get("hi_res") or main.get("large") or main.get("thumb")


META = Format(
    "amazon-reviews",
    Kind.ITEMS,
    signature=("parent_asin", "main_category", "details"),
    nested=True,
    read=read_meta,
    reads={
        "parent_asin": "item_id",
        "title": "title",
        "features": "description",
        "description": "description",
        "store": "brand, where the details name none",
        "categories": "categories",
        "main_category": "categories, where there are none",
        "price": "price",
        "images": "image",
        "details": "attributes, and brand",
    },
)
REVIEWS = Format(
    "amazon-reviews",
    Kind.EVENTS,
    signature=("parent_asin", "user_id", "rating", "timestamp|sort_timestamp"),
    nested=True,
    read=read_review,
    reads={
        "user_id": "user_id",
        "parent_asin": "item_id",
        "asin": "item_id, where there is no parent_asin",
        "rating": "value",
        "title": "text",
        "text": "text",
        "timestamp": "time",
        "sort_timestamp": "time",
    },
)
