"""Whether a figure of the current stretch is worse than the reference's: a permutation test, corrected for many.

It knows arrays alone. A unit is a shopper, a sentence or an hour. Who is a unit in both the stretch and the reference
is alike in both, which makes the test careful rather than rash.

Shape suffixes: S sample.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

LEAST_UNITS = 30  # in the current stretch, and in the reference; of fewer a figure is told but not judged
ROUNDS = 1_999  # of the permutation: the smallest p is 1 in 2,000
CHANCE = 0.01  # of calling any of the figures worse where none is
NOTABLE = 0.1  # as a share of the reference's figure: less than that is no reason to act
Values = NDArray[Any]
Statistic = Callable[[Values], float]


def mean_of(values_S: Values) -> float:
    """The units' mean."""
    return float(values_S.mean())


@dataclass(frozen=True)
class Figure:
    """What is measured of each unit: of the current stretch, of the reference's, and of all of the reference together.

    In `reference_S` each unit counts once. `statistic` makes one number of units; `worse` is 1 where more is worse and
    -1 where less is.
    """

    unit: str
    current_S: Values
    stretches: tuple[Values, ...]
    reference_S: Values
    worse: int
    statistic: Statistic = mean_of
    least: float = 0.0

    @property
    def is_judged(self) -> bool:
        """Whether there are enough units to say more than a number."""
        return min(len(self.current_S), len(self.reference_S)) >= LEAST_UNITS

    @property
    def ordinary(self) -> list[float]:
        """The figure of each stretch of the reference that has enough units."""
        return [self.statistic(values_S) for values_S in self.stretches if len(values_S) >= LEAST_UNITS]

    def p_value(self, rng: np.random.Generator) -> float:
        """How often a figure as bad, or worse, would come by chance if stretch and reference were alike."""
        both_S, count = np.concatenate([self.current_S, self.reference_S]), len(self.current_S)
        found, as_bad = self._difference(both_S, count), 0
        for _ in range(ROUNDS):
            as_bad += self._difference(both_S[rng.permutation(len(both_S))], count) >= found - 1e-12
        return (1 + as_bad) / (1 + ROUNDS)

    def _difference(self, both_S: Values, count: int) -> float:
        return self.worse * (self.statistic(both_S[:count]) - self.statistic(both_S[count:]))


def judge_figures(figures: Mapping[str, Figure], seed: int) -> dict[str, dict[str, Any]]:
    """Each figure with its value, ordinary values, units, p (Holm's correction for all of them) and verdict.

    Worse is what chance makes of alike stretches less than once in a hundred times, whatever the number of figures, is
    beyond all ordinary stretches, and is worse than they are on the mean by a tenth at least, and by its own `least`.
    """
    rng = np.random.default_rng(seed)
    raw = {name: figure.p_value(rng) for name, figure in figures.items() if figure.is_judged}
    corrected = dict(zip(raw, holm(list(raw.values())), strict=True))
    return {name: _judged(figure, corrected.get(name)) for name, figure in figures.items() if len(figure.current_S)}


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down correction (Scandinavian Journal of Statistics, 1979), in the order given."""
    corrected, largest = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=lambda one: p_values[one])):
        largest = max(largest, (len(p_values) - rank) * p_values[place])
        corrected[place] = min(largest, 1.0)
    return corrected


def _judged(figure: Figure, p: float | None) -> dict[str, Any]:
    value, ordinary = figure.statistic(figure.current_S), figure.ordinary
    usual = figure.statistic(figure.reference_S) if len(figure.reference_S) else None
    return {
        "value": round(value, 4),
        "usual": None if usual is None else round(usual, 4),
        "ordinary": [round(one, 4) for one in ordinary],
        "unit": figure.unit,
        "units": len(figure.current_S),
        "reference_units": len(figure.reference_S),
        "p": None if p is None else round(p, 4),
        "drifted": p is not None and usual is not None and _is_worse(figure, value, usual, ordinary, p),
    }


def _is_worse(figure: Figure, value: float, usual: float, ordinary: Sequence[float], p: float) -> bool:
    """By how much is said against stretches as long: weeks that differ have together more variety than any of them."""
    beyond = all(figure.worse * (value - one) > 0 for one in ordinary)
    expected = float(np.mean(ordinary)) if ordinary else usual
    notable = max(NOTABLE * abs(expected), figure.least)
    return bool(p < CHANCE and beyond and figure.worse * (value - expected) > notable)
