"""What shoppers lean to: the keys (categories, brands) that carry most of their recent, decayed behaviour.

Pure functions over arrays. All of a shopper's behaviour decays alike, so that its shares stay as they are from one
day with events to the next, or until a day leaves the half year that counts.

Shape suffixes: Y days of a shopper with events, W windows of them, G groups (the keys), Z entries that are not zero, P
positions.
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


def find_strongest(amounts_YG: csr_array, day_Y: Ints, low_W: Ints, high_W: Ints, names: pl.Series) -> Leanings:
    """Of each range of a shopper's days, from `low` to before `high`, the keys with the largest decayed share.

    `names` are those of the keys, in order.
    """
    parts = []
    for start in range(0, len(low_W), _AT_ONCE):
        some = slice(start, start + _AT_ONCE)
        parts.append(_top(_decays(day_Y, low_W[some], high_W[some]) @ amounts_YG))
    empty = np.empty(0, np.int64)
    counts_W, keys, shares = (np.concatenate(each) for each in zip((empty, empty, empty), *parts, strict=True))
    offsets = pl.Series(np.concatenate([[0], np.cumsum(counts_W)]), dtype=pl.Int64).to_arrow()
    lists = (names.gather(keys), pl.Series(shares / _PARTS, dtype=pl.Float32))
    # made by way of polars, since pyarrow imports pandas at the sight of numpy's arrays
    return Leanings(*(pl.Series(values=pa.LargeListArray.from_arrays(offsets, one.to_arrow())) for one in lists))


def _decays(day_Y: Ints, low_W: Ints, high_W: Ints) -> csr_array:
    """What each day of a range still weighs when its last day ends, (R, P)."""
    lengths_W = high_W - low_W
    ends_W = np.cumsum(lengths_W)
    place_Z = np.arange(lengths_W.sum()) + np.repeat(low_W - (ends_W - lengths_W), lengths_W)
    age_Z = np.repeat(day_Y[np.maximum(high_W - 1, 0)] if len(day_Y) else low_W, lengths_W) - day_Y[place_Z]
    starts = np.concatenate([[0], ends_W])
    return csr_array((0.5 ** (age_Z / HALF_LIFE_DAYS), place_Z, starts), shape=(len(low_W), len(day_Y)))


def _top(amounts_WG: csr_array) -> tuple[Ints, Ints, Ints]:
    """How many keys each range got, those keys in a row, and their shares in parts."""
    width = amounts_WG.shape[1]
    row_Z = np.repeat(np.arange(amounts_WG.shape[0]), np.diff(amounts_WG.indptr))
    totals_W = np.bincount(row_Z, amounts_WG.data, amounts_WG.shape[0])
    parts_Z = np.rint(_PARTS * amounts_WG.data / totals_W[row_Z]).astype(np.int64)
    order_Z = parts_Z * width + (width - 1 - amounts_WG.indices)  # equal shares: the earlier name first
    order_Z[parts_Z == 0] = -1
    filled_W = np.flatnonzero(np.diff(amounts_WG.indptr))
    best_WP = np.full((amounts_WG.shape[0], TOP), -1, np.int64)
    for place in range(TOP if len(filled_W) else 0):
        best_WP[filled_W, place] = np.maximum.reduceat(order_Z, amounts_WG.indptr[filled_W])
        order_Z[order_Z == best_WP[row_Z, place]] = -1
    chosen = best_WP[best_WP >= 0]
    return (best_WP >= 0).sum(1), width - 1 - chosen % width, chosen // width
