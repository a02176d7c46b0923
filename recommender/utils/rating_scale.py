"""Which numbers shoppers rate in: 1 to 5 stars, 1 to 10, 0 to 100, thumbs. It knows numbers alone."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

WORST, BEST = 1.0, 5.0  # stars
TOPS = ((5.0, 1.0), (10.0, 1.0), (100.0, 0.0))  # high and low ends of the usual scales
SIGNED_TOPS = (1.0, 5.0, 10.0, 100.0)
MANY, RARE = 1_000, 0.002  # of many ratings a share so small is a slip


@dataclass(frozen=True, slots=True)
class Scale:
    """The worst and the best rating there is."""

    low: float
    high: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise ValueError(f"a scale goes up from its low end to its high end, not from {self.low} to {self.high}")

    def __str__(self) -> str:
        return f"{self.low:g}..{self.high:g}"

    def from_stars(self, stars: float) -> float:
        """The rating that means as much as so many stars."""
        return stars if self == STARS else self.low + (self.high - self.low) * (stars - WORST) / (BEST - WORST)

    def holds(self, rating: float) -> bool:
        """Whether somebody may rate so; 0 is below the worst of scales that begin at 1, and means the same."""
        return min(self.low, 0.0) <= rating <= self.high


STARS = Scale(WORST, BEST)


def in_stars(rating: Any, low: Any, high: Any) -> Any:
    """Ratings of a scale in stars: numbers, columns of a query or of a frame alike."""
    return WORST + (BEST - WORST) * (rating - low) / (high - low)


def parse_scale(text: str) -> Scale | None:
    """`1..10`, `0..100`, `-1..1`; None for `auto`. Raises ValueError."""
    if text.strip().lower() == "auto":
        return None
    low, _, high = text.partition("..")
    try:
        ends = float(low), float(high)
    except ValueError:
        raise ValueError(f"{text!r} is no scale: write its ends as 1..10, or auto") from None
    return Scale(*ends)


def check_scale(text: str) -> str:
    """The same text, if it says a scale; raises ValueError."""
    parse_scale(text)
    return text


def infer_scale(rated: Mapping[float, int], reviewed: Mapping[float, int]) -> Scale:
    """The smallest usual scale that holds what was given, by how often each value was: in ratings and in reviews."""
    kept, others = _without_slips(rated), _without_slips(reviewed)
    beyond_words = [value for value in others if value > BEST or value < 0]  # no words amount to so much
    ends = [*kept, *beyond_words] or [*others]
    if not ends:
        return STARS
    low, high = min(ends), max(ends)
    if low < 0:
        top = next((top for top in SIGNED_TOPS if max(-low, high) <= top), max(-low, high))
        return Scale(-top, top)
    if kept and high <= 1 and set(kept) not in ({1.0}, {0.0}):  # these alone may be bad stars as well as likes
        return Scale(0.0, 1.0)
    usual = next(((least, top) for top, least in TOPS if high <= top), (0.0, high))
    return Scale(*usual)


def _without_slips(counts: Mapping[float, int]) -> dict[float, int]:
    total = sum(counts.values())
    ends: list[float] = []
    if total >= MANY:
        for ordered in (sorted(counts), sorted(counts, reverse=True)):
            left = RARE * total
            for value in ordered:
                left -= counts[value]
                if left < 0:
                    break
                ends.append(value)
    return {value: count for value, count in counts.items() if value not in ends}
