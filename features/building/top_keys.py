"""What shoppers lean to: the keys (categories, brands) that carry most of their recent, decayed behaviour.

Pure functions over arrays. All of a shopper's behaviour decays alike, so that its shares stay as they are from one
day with events to the next, or until a day leaves the half year that counts.

Shape suffixes: P days of a shopper with events, R ranges of them, F those that have any, K keys, N amounts that are
not zero, T the strongest.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray
from scipy.sparse import csr_array

HALF_LIFE_DAYS = 30.0
TOP = 5
_PARTS = 1_000_000  # shares are compared in millionths; equal ones rank by name
_AT_ONCE = 5_000  # ranges
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Leanings:
    """The strongest keys of each range and their shares, strongest first."""

    keys: pl.Series
    shares: pl.Series


def strongest(amounts_PK: csr_array, day_P: Ints, low_R: Ints, high_R: Ints, names: pl.Series) -> Leanings:
    """Of each range of a shopper's days, from `low` to before `high`, the keys with the largest decayed share.

    `names` are those of the keys, in order.
    """
    parts = []
    for start in range(0, len(low_R), _AT_ONCE):
        some = slice(start, start + _AT_ONCE)
        parts.append(_top(_decays(day_P, low_R[some], high_R[some]) @ amounts_PK))
    empty = np.empty(0, np.int64)
    counts_R, keys, shares = (np.concatenate(each) for each in zip((empty, empty, empty), *parts, strict=True))
    offsets = pl.Series(np.concatenate([[0], np.cumsum(counts_R)]), dtype=pl.Int64).to_arrow()
    lists = (names.gather(keys), pl.Series(shares / _PARTS, dtype=pl.Float32))
    # made by way of polars, since pyarrow imports pandas at the sight of numpy's arrays
    return Leanings(*(pl.Series(values=pa.LargeListArray.from_arrays(offsets, one.to_arrow())) for one in lists))


def _decays(day_P: Ints, low_R: Ints, high_R: Ints) -> csr_array:
    """What each day of a range still weighs when its last day ends, (R, P)."""
    lengths_R = high_R - low_R
    ends_R = np.cumsum(lengths_R)
    place_N = np.arange(lengths_R.sum()) + np.repeat(low_R - (ends_R - lengths_R), lengths_R)
    age_N = np.repeat(day_P[np.maximum(high_R - 1, 0)] if len(day_P) else low_R, lengths_R) - day_P[place_N]
    starts = np.concatenate([[0], ends_R])
    return csr_array((0.5 ** (age_N / HALF_LIFE_DAYS), place_N, starts), shape=(len(low_R), len(day_P)))


def _top(amounts_RK: csr_array) -> tuple[Ints, Ints, Ints]:
    """How many keys each range got, those keys in a row, and their shares in parts."""
    width = amounts_RK.shape[1]
    row_N = np.repeat(np.arange(amounts_RK.shape[0]), np.diff(amounts_RK.indptr))
    totals_R = np.bincount(row_N, amounts_RK.data, amounts_RK.shape[0])
    parts_N = np.rint(_PARTS * amounts_RK.data / totals_R[row_N]).astype(np.int64)
    order_N = parts_N * width + (width - 1 - amounts_RK.indices)  # equal shares: the earlier name first
    order_N[parts_N == 0] = -1
    filled_F = np.flatnonzero(np.diff(amounts_RK.indptr))
    best_RT = np.full((amounts_RK.shape[0], TOP), -1, np.int64)
    for place in range(TOP if len(filled_F) else 0):
        best_RT[filled_F, place] = np.maximum.reduceat(order_N, amounts_RK.indptr[filled_F])
        order_N[order_N == best_RT[row_N, place]] = -1
    chosen = best_RT[best_RT >= 0]
    return (best_RT >= 0).sum(1), width - 1 - chosen % width, chosen // width
