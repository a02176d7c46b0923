"""What the storefront shows besides recommendations: the catalogue to browse and search, one product, the offers.

It asks the same parts that the endpoints ask, and knows nothing of HTTP.
"""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recommender.artifacts import ModelBundle
from recommender.catalogue import Catalogue
from services.controls import Control
from services.shelf import Shelf, ShelfItem

PAGE = 24
MOST_WORDS = 8
CATEGORIES_SHOWN = 24


@dataclass(frozen=True, slots=True)
class Page:
    """Some items of many, the best sellers first; `pages` counts from 1."""

    items: list[ShelfItem]
    total: int
    page: int
    pages: int


def browse(
    bundle: ModelBundle, shelf: Shelf, control: Control, query: str, category: str, page: int, now: datetime
) -> Page:
    """The items that hold every word of the query and are of the category; muted ones are left out."""
    catalogue = bundle.catalogue
    found_N = catalogue.sellable(now) & _with_words(catalogue, query)
    if category:
        found_N &= catalogue.in_categories(frozenset({category}))
    if (hidden_N := control.hidden(catalogue)) is not None:
        found_N &= ~hidden_N
    rows = bundle.sellers[found_N[bundle.sellers]]
    pages = max(1, -(-len(rows) // PAGE))
    page = min(max(1, page), pages)
    ids = [str(catalogue.ids[row]) for row in rows[(page - 1) * PAGE : page * PAGE]]
    items = [item for item in map(shelf.get, ids) if item is not None and item.shown(now)]
    return Page(items, len(rows), page, pages)


def _with_words(catalogue: Catalogue, query: str) -> NDArray[np.bool_]:
    """Which rows hold all of these words in title, brand or categories."""
    text = pl.concat_str("title", "brand", pl.col("categories").list.join(" "), separator=" ", ignore_nulls=True)
    words = query.lower().split()[:MOST_WORDS]
    if not words:
        return np.ones(len(catalogue), dtype=bool)
    holds = [pl.col("text").str.contains(word, literal=True) for word in words]
    found = catalogue.frame.lazy().select(text.str.to_lowercase().alias("text")).select(pl.all_horizontal(holds))
    mask: NDArray[np.bool_] = found.collect().to_series().fill_null(False).to_numpy()
    return mask


def main_categories(bundle: ModelBundle, now: datetime) -> list[str]:
    """The widest categories that have something to show, those that sell most first."""
    catalogue = bundle.catalogue
    widest = [path[0] if path else "" for path in catalogue.paths]
    sold: dict[str, float] = {}
    sales = np.bincount(
        catalogue.path_codes, bundle.popularity_N * catalogue.sellable(now), minlength=len(catalogue.paths)
    )
    for name, count in zip(widest, sales, strict=True):
        if name and count > 0:
            sold[name] = sold.get(name, 0.0) + float(count)
    return sorted(sold, key=lambda name: -sold[name])[:CATEGORIES_SHOWN]
