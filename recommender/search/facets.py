"""How many of the found items have which category, brand and price: what a shop shows beside the results.

Each facet counts what the other filters leave, so that choosing one brand still shows what another would give.

Shape suffixes: O items of the index.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.data.catalog import Catalogue

MOST_VALUES = 20
BANDS = 5


@dataclass(frozen=True, slots=True)
class Band:
    """Prices from `low` up to, not with, `high`; None: without that bound."""

    low: float | None
    high: float | None
    count: int


@dataclass(frozen=True, slots=True)
class Facets:
    """The most frequent values first."""

    categories: tuple[tuple[str, int], ...]
    brands: tuple[tuple[str, int], ...]
    prices: tuple[Band, ...]


def count_facets(catalogue: Catalogue, base_O: NDArray[np.bool_], narrowed: Mapping[str, NDArray[np.bool_]]) -> Facets:
    """Of the items in `base_O`; `narrowed` is what each filter leaves."""
    return Facets(
        _categories(catalogue, _without(base_O, narrowed, "category")),
        _brands(catalogue, _without(base_O, narrowed, "brand")),
        _prices(catalogue, _without(base_O, narrowed, "price")),
    )


def _without(base_O: NDArray[np.bool_], narrowed: Mapping[str, NDArray[np.bool_]], facet: str) -> NDArray[np.int64]:
    mask_O = base_O
    for name, left_O in narrowed.items():
        if name != facet:
            mask_O = mask_O & left_O
    return np.flatnonzero(mask_O)


def _categories(catalogue: Catalogue, docs: NDArray[np.int64]) -> tuple[tuple[str, int], ...]:
    """Names at every level of the path: an item counts once for each."""
    counts: dict[str, int] = {}
    per_path = np.bincount(catalogue.path_codes[docs], minlength=len(catalogue.paths))
    for code in np.flatnonzero(per_path):
        for name in set(catalogue.paths[code]):
            counts[name] = counts.get(name, 0) + int(per_path[code])
    return _most(counts)


def _brands(catalogue: Catalogue, docs: NDArray[np.int64]) -> tuple[tuple[str, int], ...]:
    per_brand = np.bincount(catalogue.brand_codes[docs], minlength=len(catalogue.brands))
    return _most({catalogue.brands[code]: int(per_brand[code]) for code in np.flatnonzero(per_brand)})


def _most(counts: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    named = [(name, count) for name, count in counts.items() if name]
    return tuple(sorted(named, key=lambda one: (-one[1], one[0]))[:MOST_VALUES])


def _prices(catalogue: Catalogue, docs: NDArray[np.int64]) -> tuple[Band, ...]:
    """Bands that hold about as many items each, cut at round prices."""
    prices = catalogue.prices[docs]
    prices = prices[np.isfinite(prices)]
    if not len(prices):
        return ()
    cuts = sorted({_round(float(cut)) for cut in np.quantile(prices, np.arange(1, BANDS) / BANDS)})
    cuts = [cut for cut in cuts if prices.min() < cut <= prices.max()]
    bounds = [None, *cuts, None]
    # in the prices' own precision, as the filter compares them: 0.7 is at least 0.7
    places = np.bincount(np.searchsorted(np.array(cuts, prices.dtype), prices, side="right"), minlength=len(cuts) + 1)
    return tuple(
        Band(low, high, int(count)) for low, high, count in zip(bounds[:-1], bounds[1:], places, strict=True) if count
    )


def _round(price: float) -> float:
    """To one figure and a half: 1, 1.5, 2, 2.5, 3, ... 10, 15, 20."""
    if price <= 0:
        return 0.0
    unit = 10.0 ** np.floor(np.log10(price)) / 2
    return float(f"{round(price / unit) * unit:.2g}")  # 0.35, and not 0.35000000000000003
