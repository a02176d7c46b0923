"""The shop's items as arrays: the snapshot a model ranks over.

It knows ids, titles, category paths, brands, prices and availability, and answers which rows a query allows. It
knows no vectors and no shoppers; `from_database` reads the items table, nothing else here does I/O but parquet.
"""

import unicodedata
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from recommender.data.availability import OUT_OF_STOCK
from recommender.data.duplicates import Duplicates
from recommender.db.tables import Item

ALWAYS_FROM, ALWAYS_UNTIL = -(2**62), 2**62
SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "item_id": pl.String,
    "title": pl.String,
    "categories": pl.List(pl.String),  # the path, widest first
    "brand": pl.String,
    "price": pl.Float32,  # null: unknown
    "available_from": pl.Int64,  # Unix seconds; null: always was
    "available_until": pl.Int64,  # null: always will be
    "hidden": pl.Boolean,
    "retired": pl.Boolean,  # the shop's whole catalogue no longer names it
    "availability": pl.String,  # in_stock, out_of_stock, preorder, backorder; null: nobody said
    "content_hash": pl.String,
    "kind": pl.String,  # product, article, video, ...
}
PRODUCT = "product"
_COLUMNS = [getattr(Item, name) for name in SCHEMA]


class Catalogue:
    """N items in a fixed order; a row number is how the tensors of a model know an item."""

    def __init__(self, frame: pl.DataFrame) -> None:
        saved_before = {"kind": PRODUCT, "retired": False, "availability": None}  # columns that older models lack
        frame = frame.with_columns(
            pl.lit(value).alias(name) for name, value in saved_before.items() if name not in frame.columns
        )
        self.frame = frame.select([pl.col(name).cast(kind) for name, kind in SCHEMA.items()])
        if self.frame["item_id"].n_unique() != len(frame):
            raise ValueError("item_id: the catalogue holds an id twice")

    def __len__(self) -> int:
        return len(self.frame)

    @classmethod
    def from_items(cls, items: Iterable[Item]) -> "Catalogue":
        """The catalogue of these items, in the order given; ValueError where an id comes twice."""
        return cls._of_rows([tuple(getattr(item, name) for name in SCHEMA) for item in items])

    @classmethod
    def from_database(cls, session: Session) -> "Catalogue":
        """All items, hidden ones too (a model may learn from them; a query never returns them), in order of id."""
        return cls._of_rows([tuple(row) for row in session.execute(select(*_COLUMNS).order_by(Item.item_id))])

    @classmethod
    def _of_rows(cls, rows: list[tuple[object, ...]]) -> "Catalogue":
        columns: dict[str, Sequence[Any]] = dict.fromkeys(SCHEMA, ())
        if rows:
            columns = dict(zip(SCHEMA, zip(*rows, strict=True), strict=True))
        columns["categories"] = [[str(part) for part in path or ()] for path in columns["categories"]]
        for name in ("available_from", "available_until"):
            columns[name] = [int(when.timestamp()) if isinstance(when, datetime) else None for when in columns[name]]
        return cls(pl.DataFrame({name: pl.Series(name, columns[name], kind) for name, kind in SCHEMA.items()}))

    def extended(self, other: "Catalogue") -> "Catalogue":
        """These rows and then those of `other` that are not among them yet."""
        fresh = other.frame.filter(~pl.col("item_id").is_in(self.frame["item_id"].implode()))
        return Catalogue(pl.concat([self.frame, fresh]))

    def save(self, path: Path) -> None:
        """Writes the items to a parquet file, from which `load` reads them."""
        self.frame.write_parquet(path)

    @classmethod
    def load(cls, path: Path) -> "Catalogue":
        """The catalogue that `save` wrote, also of a release that had fewer columns."""
        return cls(pl.read_parquet(path))

    @cached_property
    def ids(self) -> NDArray[np.object_]:
        """Each item's id, as objects of shape (N,)."""
        return np.array(self.frame["item_id"].to_list(), dtype=object)

    @cached_property
    def index(self) -> dict[str, int]:
        """The row of each id."""
        return {item_id: row for row, item_id in enumerate(self.ids.tolist())}

    def rows_of(self, item_ids: Iterable[str]) -> NDArray[np.int64]:
        """The row of each id, -1 for an id that is not here."""
        index = self.index
        return np.array([index.get(item_id, -1) for item_id in item_ids], dtype=np.int64)

    @cached_property
    def duplicates(self) -> Duplicates:
        """Which items a shopper can't tell apart."""
        return Duplicates.find(self.frame)

    def with_duplicates(self, item_ids: Collection[str]) -> Collection[str]:
        """These ids, and those of items that a shopper can't tell from one of them."""
        if not item_ids or not self.duplicates:
            return item_ids
        rows = self.rows_of(item_ids)
        return {*item_ids, *self.ids[self.duplicates.joined(rows[rows >= 0])].tolist()}

    @cached_property
    def titles(self) -> list[str]:
        """Each item's title, in order of rows."""
        return self.frame["title"].to_list()

    @cached_property
    def content_hashes(self) -> list[str]:
        """The hash of each item's text, in order of rows: its vector in table `embeddings` is found by it."""
        return self.frame["content_hash"].to_list()

    @cached_property
    def prices(self) -> NDArray[np.float32]:
        """Each item's price, float32 of shape (N,); NaN where it is unknown."""
        return self.frame["price"].fill_null(float("nan")).to_numpy().astype(np.float32)

    @cached_property
    def _paths(self) -> tuple[list[tuple[str, ...]], NDArray[np.int32]]:
        keys = self.frame["categories"].list.join("\x1f").fill_null("")
        distinct = keys.unique().sort()
        codes = keys.cast(pl.Enum(distinct)).to_physical().to_numpy().astype(np.int32)
        return [tuple(key.split("\x1f")) if key else () for key in distinct.to_list()], codes

    @property
    def paths(self) -> list[tuple[str, ...]]:
        """The distinct category paths."""
        return self._paths[0]

    @property
    def path_codes(self) -> NDArray[np.int32]:
        """Each item's index into `paths`."""
        return self._paths[1]

    @cached_property
    def leaves(self) -> tuple[list[str], NDArray[np.int32]]:
        """The distinct narrowest categories ("" where a path is empty), and each item's index into them."""
        names = [path[-1] if path else "" for path in self.paths]
        distinct = sorted(set(names))
        places = {name: place for place, name in enumerate(distinct)}
        return distinct, np.array([places[name] for name in names], dtype=np.int32)[self.path_codes]

    @cached_property
    def _brands(self) -> tuple[list[str], NDArray[np.int32]]:
        column = self.frame["brand"].fill_null("")
        distinct = column.unique().sort()
        return distinct.to_list(), column.cast(pl.Enum(distinct)).to_physical().to_numpy().astype(np.int32)

    @property
    def brands(self) -> list[str]:
        """The distinct brands; "" is no brand."""
        return self._brands[0]

    @property
    def brand_codes(self) -> NDArray[np.int32]:
        """Each item's index into `brands`."""
        return self._brands[1]

    @cached_property
    def _kinds(self) -> tuple[list[str], NDArray[np.int32]]:
        column = self.frame["kind"].fill_null(PRODUCT)
        distinct = column.unique().sort()
        return distinct.to_list(), column.cast(pl.Enum(distinct)).to_physical().to_numpy().astype(np.int32)

    @property
    def kinds(self) -> list[str]:
        """The distinct kinds of items."""
        return self._kinds[0]

    def kind_of(self, row: int) -> str:
        """The kind of the item in this row: product, article, video, ..."""
        return self.kinds[int(self._kinds[1][row])]

    def of_kinds(self, names: frozenset[str]) -> NDArray[np.bool_] | None:
        """Which rows are of one of these kinds; None where all are."""
        kinds, codes = self._kinds
        chosen = np.array([kind in names for kind in kinds], dtype=bool)
        return None if chosen.all() else chosen[codes]

    @cached_property
    def _shown(self) -> NDArray[np.bool_]:
        return ~(self.frame["hidden"].fill_null(False) | self.frame["retired"].fill_null(False)).to_numpy()

    @cached_property
    def sold_out(self) -> NDArray[np.bool_]:
        """Which rows the shop says it has none of, and takes no orders for."""
        return (self.frame["availability"] == OUT_OF_STOCK).fill_null(False).to_numpy()

    @cached_property
    def _on_sale(self) -> NDArray[np.bool_]:
        on_sale: NDArray[np.bool_] = self._shown & ~self.sold_out
        return on_sale

    @cached_property
    def _available(self) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
        """The bounds of availability; None where no item has any."""
        bounds = self.frame.select("available_from", "available_until")
        if all(bounds[name].null_count() == len(self) for name in bounds.columns):
            return None
        starts = bounds["available_from"].fill_null(ALWAYS_FROM).to_numpy()
        return starts, bounds["available_until"].fill_null(ALWAYS_UNTIL).to_numpy()

    def sellable(self, moment: datetime, with_sold_out: bool = False) -> NDArray[np.bool_]:
        """Which rows may be shown at `moment`: not hidden, in their time, and not sold out unless asked for.

        The array is the catalogue's own: copy it before changing it.
        """
        shown = self._shown if with_sold_out else self._on_sale
        if self._available is None:
            return shown
        seconds = int(moment.timestamp())
        starts, ends = self._available
        return shown & (starts <= seconds) & (seconds < ends)

    def in_categories(self, names: frozenset[str]) -> NDArray[np.bool_]:
        """Which rows have one of these names anywhere in their category path; capitals don't count."""
        wanted = frozenset(map(_plain, names))
        chosen = np.array([bool(wanted & path) for path in self._plain_paths], dtype=bool)
        return chosen[self.path_codes]

    def of_brands(self, names: frozenset[str]) -> NDArray[np.bool_]:
        """Which rows are of one of these brands; capitals don't count."""
        wanted = frozenset(map(_plain, names))
        return np.array([brand in wanted for brand in self._plain_brands], dtype=bool)[self.brand_codes]

    @cached_property
    def _plain_paths(self) -> list[frozenset[str]]:
        return [frozenset(map(_plain, path)) for path in self.paths]

    @cached_property
    def _plain_brands(self) -> list[str]:
        return list(map(_plain, self.brands))


def _plain(name: str) -> str:
    """A name as it is compared: without capitals, every blank one space."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
