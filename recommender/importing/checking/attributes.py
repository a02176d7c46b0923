"""What a row says beside our fields, as one JSON object."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import orjson
import polars as pl

from recommender.importing.column_names import Columns
from recommender.importing.fields.categories import category_path
from recommender.importing.fields.markup import without_markup
from recommender.importing.fields.null_words import NULL_WORDS
from recommender.importing.fields.values import as_strings


def read_attributes(
    given: pl.Series, raw: pl.DataFrame, columns: Columns, unclear: Mapping[str, pl.Series] | None = None
) -> pl.Series:
    """What is said of it beside our fields, as a JSON object: its attributes and the file's other columns; or null."""
    rest = [name for name in raw.columns if name not in columns.used and name != "line"]
    columns_read = {name: without_markup(as_strings(raw[name]), name, Counter()) for name in rest} | dict(unclear or {})
    others = pl.DataFrame(columns_read).rows(named=True) if columns_read else [{}] * len(raw)
    made = []
    for value, row in zip(given, others, strict=True):
        kept = {name.strip().lower(): text for name, text in row.items() if text} | read_labels(value)
        made.append(to_json(kept) if kept else None)
    return pl.Series("attributes", made, dtype=pl.String)


def read_labels(value: str | None) -> dict[str, Any]:
    """A JSON object as it is; a list, or names joined by |, as labels."""
    if not value:
        return {}
    read = _json(value) if value[0] in "[{" else None
    if isinstance(read, dict):
        return {name: label for name, label in read.items() if label is not None and label != ""}
    return {
        "labels": read if isinstance(read, list) else [name for name in category_path(value) if name not in NULL_WORDS]
    }


def _json(value: str) -> Any:
    try:
        return orjson.loads(value)
    except ValueError:
        return None


def to_json(value: Any) -> str:
    """The value as compact JSON; what JSON has no form for stands there as text."""
    return orjson.dumps(value, default=str).decode()
