"""Figures of shoppers with their 95% intervals, and whether arms of an experiment differ. It knows arrays alone.

A shopper's answers and purchases hang together, so intervals go by shoppers: a ratio of sums has the variance of the
delta method (Deng, Knoblich and Lu, "Applying the Delta Method in Metric Analytics", KDD 2018).

Shape suffixes: U shoppers.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

CONFIDENCE = 0.95
SMALLEST_GROUP = 10  # shoppers; of fewer no figure is told, since it may tell of one of them
Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure and the interval that holds it in 95 of 100 cases."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Difference:
    """What an arm has more than the first one; `p` of seeing that, or more, where both are alike."""

    value: float
    low: float
    high: float
    p: float
    relative: float | None  # of the first arm's figure; None where that is 0


def describe_figure(figure: Estimate | Difference | None) -> dict[str, float | None] | None:
    """A figure as a report keeps it."""
    return asdict(figure) if figure is not None else None


def ratio(of_U: Numbers, to_U: Numbers) -> Estimate | None:
    """The sum of the one to the sum of the other; None for fewer shoppers than are told of, or nothing to divide by."""
    total, count = float(to_U.sum()), len(to_U)
    if count < SMALLEST_GROUP or total <= 0:
        return None
    value = float(of_U.sum()) / total
    error = float(np.sqrt(((of_U - value * to_U) ** 2).sum() * count / (count - 1))) / total
    return Estimate(value, *_around(value, error, CONFIDENCE))


def mean(of_U: Numbers) -> Estimate | None:
    """A shopper's, on average."""
    return ratio(of_U, np.ones(len(of_U)))


def difference(first_U: Numbers, other_U: Numbers, comparisons: int = 1) -> Difference | None:
    """By how much the mean of `other` exceeds the first one's (Welch); with as many `comparisons` the interval is wider
    and p larger (Bonferroni). None for groups of which no figure is told."""
    if min(len(first_U), len(other_U)) < SMALLEST_GROUP:
        return None
    base, value = float(first_U.mean()), float(other_U.mean() - first_U.mean())
    error = float(np.sqrt(first_U.var(ddof=1) / len(first_U) + other_U.var(ddof=1) / len(other_U)))
    p = min(1.0, comparisons * float(2 * stats.norm.sf(abs(value) / error))) if error > 0 else 1.0
    low, high = _around(value, error, 1 - (1 - CONFIDENCE) / comparisons)
    return Difference(value, low, high, p, value / base if base else None)


def sample_ratio_p(counts: Sequence[int], shares: Sequence[float]) -> float:
    """How likely shoppers divide themselves so unevenly where the shares hold (chi-square); 1 of nobody.

    Where it is tiny the division is broken, and so is every comparison (Fabijan et al., KDD 2019).
    """
    seen, wanted = np.array(counts, dtype=np.float64), np.array(shares)
    if not seen.sum():
        return 1.0
    return float(stats.chisquare(seen, seen.sum() * wanted / wanted.sum()).pvalue)


def _around(value: float, error: float, confidence: float) -> tuple[float, float]:
    width = float(stats.norm.ppf((1 + confidence) / 2)) * error
    return value - width, value + width
