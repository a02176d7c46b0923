"""The ranker's columns: what is known of each candidate, the shopper and the two together, as numbers.

It knows how to compute them, the same way in training and in serving; what they are worth the ranker learns.

Shape suffixes: C candidates, K the shopper's distinct items, F columns.
"""

import numpy as np
from numpy.typing import NDArray

from recommender.artifacts import ModelBundle
from recommender.candidates import Candidates
from recommender.shoppers import Shopper
from recommender.signals import DAY

RECENT_ITEMS = 12
COLUMNS = (
    "sequence", "recent", "lasting", "text", "text_nearest",
    "frequency_short", "frequency_medium", "frequency_long", "frequency_share", "purchases", "bought", "touched",
    "days_since", "due", "day_rate",
    "popular_week", "popular_month", "popular_quarter", "trend", "repeat_rate", "age",
    "category_share", "brand_share", "price_gap",
    "events", "distinct_share", "shopping_days", "days_away",
)  # fmt: skip


def feature_matrix(bundle: ModelBundle, shopper: Shopper, candidates: Candidates) -> NDArray[np.float32]:
    """float32 of shape (C, len(COLUMNS))."""
    rows_C = candidates.rows_C
    columns = [
        candidates.sequence_V[bundle.item_row_N[rows_C]],
        np.sqrt(candidates.recent_N[rows_C]),
        np.sqrt(candidates.lasting_N[rows_C]),
        candidates.text_M[bundle.text_row_N[rows_C]],
        _nearest_text(bundle, shopper, rows_C),
        *_own_columns(shopper, rows_C, len(bundle.catalogue)),
        *_item_columns(bundle, shopper, rows_C),
        *_affinity_columns(bundle, shopper, rows_C),
        *_shopper_columns(shopper, len(rows_C)),
    ]
    return np.stack(columns, axis=1).astype(np.float32)


def _nearest_text(bundle: ModelBundle, shopper: Shopper, rows_C: NDArray[np.int64]) -> NDArray[np.float32]:
    """The closest text among the latest items, the candidate itself not counted."""
    latest = shopper.rows_K[:RECENT_ITEMS]
    if not len(latest):
        return np.zeros(len(rows_C), dtype=np.float32)
    cosines = bundle.text_MT[bundle.text_row_N[rows_C]] @ bundle.text_MT[bundle.text_row_N[latest]].T
    cosines[rows_C[:, None] == latest[None, :]] = 0
    nearest: NDArray[np.float32] = cosines.max(axis=1)
    return nearest


def _own_columns(shopper: Shopper, rows_C: NDArray[np.int64], items: int) -> list[NDArray[np.float32]]:
    place_N = np.full(items, -1, dtype=np.int32)
    place_N[shopper.rows_K] = np.arange(len(shopper.rows_K))
    place_C = place_N[rows_C]
    mine = place_C >= 0

    def of(values_K: NDArray[np.float32]) -> NDArray[np.float32]:
        taken = np.zeros(len(rows_C), dtype=np.float32)
        taken[mine] = values_K[place_C[mine]]
        return taken

    frequency = [of(shopper.frequency_KH[:, life].clip(min=0)) for life in range(shopper.frequency_KH.shape[1])]
    since_K = (shopper.moment - shopper.last_K) / DAY
    cycle_K = (shopper.last_K - shopper.first_K) / DAY / np.maximum(shopper.bought_days_K - 1, 1)
    due_K = np.where(shopper.bought_days_K >= 2, since_K / np.maximum(cycle_K, 0.5), 0).clip(max=5)
    total = max(float(shopper.frequency_KH[:, 1].clip(min=0).sum()), 1e-6)
    return [
        *(np.log1p(4 * column) for column in frequency),
        np.sqrt(frequency[1] / total),
        np.log1p(of(shopper.purchases_K)),
        (of(shopper.purchases_K) > 0).astype(np.float32),
        mine.astype(np.float32),
        of(np.log1p(since_K).astype(np.float32)),
        of(due_K.astype(np.float32)),
        of((shopper.bought_days_K / max(shopper.shopping_days, 1)).astype(np.float32)),
    ]


def _item_columns(bundle: ModelBundle, shopper: Shopper, rows_C: NDArray[np.int64]) -> list[NDArray[np.float32]]:
    stats = bundle.statistics
    shares = np.log1p(1e4 * stats.popularity_NW[rows_C] / bundle.sold_W)
    age = np.log1p(np.maximum(shopper.moment - stats.first_seen_N[rows_C], 0) / DAY)
    return [*shares.T, shares[:, 0] - shares[:, 2], stats.repeat_rate_N[rows_C], age.astype(np.float32)]


def _affinity_columns(bundle: ModelBundle, shopper: Shopper, rows_C: NDArray[np.int64]) -> list[NDArray[np.float32]]:
    catalogue, weights_K = bundle.catalogue, shopper.frequency_KH[:, 1].clip(min=0)
    total = max(float(weights_K.sum()), 1e-6)
    paths = np.bincount(catalogue.path_codes[shopper.rows_K], weights_K, minlength=len(catalogue.paths)) / total
    brands = np.bincount(catalogue.brand_codes[shopper.rows_K], weights_K, minlength=len(catalogue.brands)) / total
    level, known = price_level(bundle, shopper.rows_K, weights_K)
    gap = np.abs(np.log1p(catalogue.prices[rows_C]) - level) if known else np.zeros(len(rows_C))
    return [
        np.sqrt(paths[catalogue.path_codes[rows_C]]),
        brands[catalogue.brand_codes[rows_C]],
        np.nan_to_num(gap, nan=0.0),
    ]


def price_level(bundle: ModelBundle, rows_K: NDArray[np.int64], weights_K: NDArray[np.float32]) -> tuple[float, bool]:
    """Mean log1p price of the shopper's items, and whether any of them has a price."""
    prices = np.log1p(bundle.catalogue.prices[rows_K])
    priced = np.isfinite(prices) & (weights_K > 0)
    if not priced.any():
        return 0.0, False
    return float(np.average(prices[priced], weights=weights_K[priced])), True


def _shopper_columns(shopper: Shopper, count: int) -> list[NDArray[np.float32]]:
    length = len(shopper)
    away = (shopper.moment - shopper.times_L[-1]) / DAY if length else 0.0
    values = (np.log1p(length), len(shopper.rows_K) / max(length, 1), np.log1p(shopper.shopping_days), np.log1p(away))
    return [np.full(count, value, dtype=np.float32) for value in values]
