"""Keeps a search index up with the items table: reads what changed, and makes the index anew when something did.

It knows the items table. What texts say is remembered from one index to the next, so that a new one costs little
more than counting.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import polars as pl
from sqlalchemy import ColumnElement, String, Text, cast, select, type_coerce
from sqlalchemy.orm import Session

from recommender.data.catalog import SCHEMA
from recommender.db.tables import Item
from recommender.search.search_index import SearchIndex, searched_text
from recommender.search.text.statements import Statements

OVERLAP = timedelta(seconds=30)  # a transaction may commit later than the updated_at it wrote
ROWS_A_FRAME = 20_000
_NAMES = (*SCHEMA, "description", "attributes")
_FRAME = {**SCHEMA, "searched": pl.String, "attributes": pl.String}


class IndexKeeper:
    """`refresh` after `refresh` gives the index of the items as they are."""

    def __init__(self) -> None:
        self.index: SearchIndex | None = None
        self._frame = pl.DataFrame(schema=_FRAME)
        self._read: dict[str, Statements] = {}
        self._looked_at: datetime | None = None

    def refresh(self, session: Session) -> bool:
        """Takes in new and changed items; says whether there is another index since."""
        rows, now = select(*(_column(name, session) for name in _NAMES)), datetime.now(UTC)
        if self._looked_at is not None:
            rows = rows.where(Item.updated_at > self._looked_at - OVERLAP)
        parts = [_frame(part) for part in session.execute(rows.execution_options(yield_per=ROWS_A_FRAME)).partitions()]
        self._looked_at = now
        if self.index is not None and not self._changed(parts):
            return False
        self._frame = pl.concat([self._frame, *parts]).unique("item_id", keep="last", maintain_order=True)
        self._forget_words()
        shown = self._frame.filter(~(pl.col("hidden") | pl.col("retired")))  # no query is mended to words of the others
        self.index = SearchIndex(shown, self._read)
        return True

    def _changed(self, parts: list[pl.DataFrame]) -> bool:
        """Whether these say anything new: rows of the overlap come more than once."""
        return any(len(part.join(self._frame, on=list(_FRAME), how="anti", nulls_equal=True)) for part in parts)

    def _forget_words(self) -> None:
        """Of texts that are no more, once they are the most of what is remembered."""
        texts = set(self._frame["searched"].unique().to_list())
        if len(self._read) > 2 * len(texts) + 1_000:
            self._read = {text: read for text, read in self._read.items() if text in texts}


def _frame(rows: Sequence[Any]) -> pl.DataFrame:
    columns: dict[str, Sequence[Any]] = dict(zip(_NAMES, zip(*rows, strict=True), strict=True))
    paths, attributes = _parsed(columns["categories"]), _parsed(columns["attributes"])
    words = (columns["title"], columns["description"], columns["brand"], columns["categories"], columns["attributes"])
    searched = [
        searched_text(title, description, brand, paths[path], attributes[details])
        for title, description, brand, path, details in zip(*words, strict=True)
    ]
    made: dict[str, Any] = {
        "categories": _listed(columns["categories"], paths),
        "available_from": [int(moment.timestamp()) if moment else None for moment in columns["available_from"]],
        "available_until": [int(moment.timestamp()) if moment else None for moment in columns["available_until"]],
        "searched": searched,
    }
    return pl.DataFrame(
        {name: pl.Series(name, made.get(name, columns.get(name)), kind) for name, kind in _FRAME.items()}
    )


def _parsed(column: Sequence[str]) -> dict[str, Any]:
    """Each distinct JSON text once."""
    return {text: orjson.loads(text) for text in set(column)}


def _listed(column: Sequence[str], paths: Mapping[str, Any]) -> pl.Series:
    places = {text: place for place, text in enumerate(paths)}
    lists = pl.Series([[str(part) for part in path or ()] for path in paths.values()], dtype=pl.List(pl.String))
    return lists.gather([places[text] for text in column])


def _column(name: str, session: Session) -> ColumnElement[Any]:
    """JSON as its text: most rows say what others say, and each text is parsed once."""
    column: ColumnElement[Any] = getattr(Item, name)
    if name not in ("categories", "attributes"):
        return column
    as_text: ColumnElement[Any] = (
        type_coerce(column, String) if session.get_bind().dialect.name == "sqlite" else cast(column, Text)
    )
    return as_text
