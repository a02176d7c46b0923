"""Which texts hold a mark: an inverted index of strings that are only asked for whole, twelve bytes a posting.

It knows rows and marks. A mark is kept as its 64-bit hash, so that millions of codes cost no strings.

Shape suffixes: Z entries (postings), sorted by hash.
"""

from collections.abc import Sequence
from itertools import chain
from math import log
from typing import Literal

import numpy as np
from numpy.typing import NDArray

_SIDES: tuple[Literal["left"], Literal["right"]] = ("left", "right")


class Postings:
    """Made of the marks of each text, in the order of the texts."""

    def __init__(self, marks: Sequence[Sequence[str]]) -> None:
        self.size = len(marks)
        counts = np.fromiter(map(len, marks), dtype=np.int64, count=len(marks))
        hashes_Z = np.fromiter(map(hash, chain.from_iterable(marks)), dtype=np.int64, count=int(counts.sum()))
        order_Z = np.argsort(hashes_Z, kind="stable")
        self._hashes_Z: NDArray[np.int64] = hashes_Z[order_Z]
        self._rows_Z: NDArray[np.int32] = np.repeat(np.arange(len(marks), dtype=np.int32), counts)[order_Z]

    def holders(self, mark: str) -> NDArray[np.int32]:
        """The texts that hold a mark, in their order."""
        wanted = np.int64(hash(mark))
        start, end = (int(np.searchsorted(self._hashes_Z, wanted, side)) for side in _SIDES)
        return self._rows_Z[start:end]

    def rarity(self, mark: str) -> float:
        """Its inverse document frequency, as BM25 counts it."""
        count = len(self.holders(mark))
        return log(1 + (self.size - count + 0.5) / (count + 0.5))
