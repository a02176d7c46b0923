"""Rows of items and shoppers made complete: a title, defaults where nothing is said, the hash of an item's text."""

from datetime import UTC, datetime

import orjson
import polars as pl

from recommender.data.item_text import content_hash, item_text


def complete_items(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows of items with a title, defaults where nothing is said, and the hash of what the encoder reads."""
    frame = frame.with_columns(
        stub=pl.lit(False),
        retired=pl.lit(False),
        updated_at=pl.lit(datetime.now(UTC)).dt.cast_time_unit("us"),
        title=_titles(frame),
    )
    return add_content(with_item_defaults(frame))


def complete_users(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows of shoppers with defaults where nothing is said."""
    defaults = {"attributes": "{}", "consent": True}
    return frame.with_columns(
        pl.col(name).fill_null(value) if name in frame.columns else pl.lit(value).alias(name)
        for name, value in defaults.items()
    )


def add_content(frame: pl.DataFrame) -> pl.DataFrame:
    """Items with the hash of what the encoder reads of them; `categories`, `attributes`, `translations` are JSON."""
    fields = frame.select("title", "description", "brand", "categories", "attributes", "translations")
    hashes = [
        content_hash(item_text(title, description, brand, *map(orjson.loads, objects)))
        for title, description, brand, *objects in fields.iter_rows()
    ]
    return frame.with_columns(pl.Series("content_hash", hashes, dtype=pl.String))


def with_item_defaults(frame: pl.DataFrame) -> pl.DataFrame:
    """The columns an item must have, where a source doesn't say."""
    defaults: dict[str, str | bool] = {
        "kind": "product",
        "description": "",
        "brand": "",
        "categories": "[]",
        "image": "",
        "url": "",
        "currency": "",
        "price_converted": False,
        "prices": "{}",
        "translations": "{}",
        "language": "en",
        "attributes": "{}",
        "hidden": False,
    }
    return frame.with_columns(
        (pl.col(name).fill_null(value) if name in frame.columns else pl.lit(value)).alias(name)
        for name, value in defaults.items()
    )


def _titles(frame: pl.DataFrame) -> pl.Series:
    """The titles; without one, the description's beginning, the last category, or the id."""
    names = ("title", "description", "categories", "item_id")
    columns = [frame[name] if name in frame.columns else pl.Series([None] * len(frame)) for name in names]
    titles = [
        title or (description or "")[:120] or (orjson.loads(path) if path else [])[-1:] or item_id
        for title, description, path, item_id in zip(*columns, strict=True)
    ]
    return pl.Series("title", [value[0] if isinstance(value, list) else value for value in titles], dtype=pl.String)
