"""From which cosine two texts have more in common than texts of this shop have by chance.

Encoders differ in how high their cosines are (unrelated texts: .16 of MiniLM, .82 of E5), so the bound is measured on
the texts at hand: three times as far above the middle of all pairs as the lower sixth of them lies below it. Only what
lies below the middle is taken for chance, since some of the pairs above it do belong together.

Shape suffixes: M distinct texts, T width of their vectors.
"""

import math

import numpy as np
from numpy.typing import NDArray

MOST_TEXTS = 500  # of each side that are compared
LEAST_PAIRS = 100  # of fewer, nobody can say what chance is
LOWER = 0.1587  # the share that lies a standard deviation below the middle of what is spread normally
DEVIATIONS = 3.0


def beyond_chance(text_MT: NDArray[np.float32], some: NDArray[np.int64], others: NDArray[np.int64]) -> float:
    """The cosine that these texts and those others, as places among all, seldom reach; infinite where they are few."""
    if len(some) * len(others) < LEAST_PAIRS:
        return math.inf
    cosines = text_MT[_spread_out(some)] @ text_MT[_spread_out(others)].T
    middle, lower = np.quantile(cosines, (0.5, LOWER))
    return float(middle + DEVIATIONS * (middle - lower))


def _spread_out(places: NDArray[np.int64]) -> NDArray[np.int64]:
    """At most `MOST_TEXTS` of them, evenly spaced."""
    return places[np.unique(np.linspace(0, len(places) - 1, min(len(places), MOST_TEXTS)).astype(np.int64))]
