"""What shoppers lean to: the keys (categories, brands) that carry most of their recent, decayed behaviour.

Pure functions over arrays. Days are whole numbers; a row for day T counts what happened on T and the days before.

Shape suffixes: N events, T target rows, D days with events, K keys of one shopper.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

HALF_LIFE_DAYS = 30.0
HORIZON_DAYS = 180
TOP = 5
WEIGHTS = {"view": 0.1, "cart": 0.3, "purchase": 1.0, "rating": 0.5, "review": 0.5}
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
_NOTHING = (np.array([], np.int64), np.array([], np.int64), np.array([], np.float64))
_PARTS = 1_000_000  # shares are compared in millionths; equal ones rank by name


@dataclass(frozen=True, slots=True)
class Leanings:
    """The strongest keys of each target row and their shares, strongest first."""

    keys: pl.Series
    shares: pl.Series


def strongest(
    amounts: pl.DataFrame, targets: pl.DataFrame, top: int = TOP, half_life: float = HALF_LIFE_DAYS
) -> Leanings:
    """For each target (`entity`, `day`) the keys with the largest decayed share of the 180 days that end with `day`.

    `amounts` has `entity`, `key`, `day` (once each) and `amount`; `targets` is in order of `entity`, as is the answer.
    """
    names, shoppers = amounts["key"].unique().sort(), targets["entity"].unique().sort()
    amounts = amounts.filter(pl.col("entity").is_in(shoppers.implode())).sort("entity", "day", "key")
    codes_N, user_N = _codes(amounts["key"], names), _codes(amounts["entity"], shoppers)
    day_N, amount_N = amounts["day"].cast(pl.Int64).to_numpy(), amounts["amount"].to_numpy()
    day_T = targets["day"].cast(pl.Int64).to_numpy()
    starts, ends = _bounds(_codes(targets["entity"], shoppers), len(shoppers))
    lows, highs = _bounds(user_N, len(shoppers))
    best = [
        _of_one(codes_N[low:high], day_N[low:high], amount_N[low:high], day_T[start:end], top, half_life)
        for low, high, start, end in zip(lows, highs, starts, ends, strict=True)
    ]
    counts_T, codes, shares = (np.concatenate(parts) for parts in zip(_NOTHING, *best, strict=True))
    offsets = np.concatenate([[0], np.cumsum(counts_T)]).astype(np.int32)
    texts = pa.array(names.to_list(), pa.string()).take(pa.array(codes, pa.int64()))
    return Leanings(_as_lists(offsets, texts), _as_lists(offsets, pa.array(shares, pa.float32())))


def _codes(values: pl.Series, names: pl.Series) -> Ints:
    return values.cast(pl.Enum(names)).to_physical().cast(pl.Int64).to_numpy()


def _bounds(sorted_codes: Ints, count: int) -> tuple[Ints, Ints]:
    """Where each code's run begins and ends."""
    starts = np.searchsorted(sorted_codes, np.arange(count + 1))
    return starts[:-1], starts[1:]


def _of_one(
    codes_N: Ints, day_N: Ints, amount_N: Floats, day_T: Ints, top: int, half_life: float
) -> tuple[Ints, Ints, Floats]:
    """One shopper: how many keys each target row got, those keys in a row, and their shares."""
    keys_K, column_N = np.unique(codes_N, return_inverse=True)
    days_D, row_N = np.unique(day_N, return_inverse=True)
    amounts_DK = np.zeros((len(days_D), len(keys_K)))
    np.add.at(amounts_DK, (row_N, column_N), amount_N)
    age_TD = day_T[:, None] - days_D
    decay_TD = np.where((age_TD >= 0) & (age_TD < HORIZON_DAYS), 0.5 ** (age_TD / half_life), 0.0)
    amounts_TK = decay_TD @ amounts_DK
    totals_T = amounts_TK.sum(1, keepdims=True)
    parts_TK = np.rint(_PARTS * np.divide(amounts_TK, totals_T, out=amounts_TK, where=totals_T > 0)).astype(np.int64)
    order_TK = parts_TK * len(keys_K) + np.arange(len(keys_K))[::-1]  # equal shares: the earlier name first
    kept = min(top, len(keys_K))
    chosen_TK = np.argpartition(-order_TK, kept - 1, axis=1)[:, :kept] if kept else order_TK.astype(np.int64)
    ranked_TK = np.take_along_axis(chosen_TK, np.argsort(-np.take_along_axis(order_TK, chosen_TK, 1), axis=1), 1)
    shares_TK = np.take_along_axis(parts_TK, ranked_TK, 1)
    real_TK = shares_TK > 0
    return real_TK.sum(1), keys_K[ranked_TK[real_TK]], shares_TK[real_TK] / _PARTS


def _as_lists(offsets: NDArray[np.int32], values: pa.Array) -> pl.Series:
    return pl.Series(values=pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), values))
