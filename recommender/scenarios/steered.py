"""What a wish does to a scenario's order: what satisfies it goes first, what fits it or is preferred is raised.

It knows rows and scores; what a wish means, `recommender.steering` knows.

Shape suffixes: N items.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.models.bundle import ModelBundle
from recommender.ranking.evidence import WISH, Evidence

FIT_BOOST = 8.0  # how far an item that fits a wish best is raised above habits, in log-odds
RAISED = 3.0  # how many times the odds of what the shopper has said they prefer
Mask = NDArray[np.bool_]
Rows = NDArray[np.int64]
Scores = NDArray[np.float32]
Why = Callable[[Rows], list[tuple[Evidence, ...]]]


@dataclass(frozen=True)
class Steered:
    """`first_N` go before all others; `fits_N`, from 0 to 1, is how well rows fit what the encoder read of the wish.

    `raised_N` are what the shopper prefers for good. Rows that satisfy or fit are told to do so, in the words of
    `wish`. None: nothing of the kind is wished.
    """

    first_N: Mask | None = None
    step_N: NDArray[np.int32] | None = None  # of rows behind the first: how far behind
    fits_N: Scores | None = None
    raised_N: Mask | None = None
    wish: str = ""

    def __bool__(self) -> bool:
        return self.first_N is not None or self.fits_N is not None

    def meets(self, rows: Rows) -> Mask:
        """Which rows are what was wished for."""
        met = np.ones(len(rows), dtype=bool) if self.first_N is None else self.first_N[rows]
        return met if self.fits_N is None or self.first_N is not None else met & (self.fits_N[rows] > 0)

    def filled(
        self, bundle: ModelBundle, rows: Rows, scores: Scores, allowed_N: Mask, most: int
    ) -> tuple[Rows, Scores]:
        """With what no source brought though it may be shown, the best sellers first, up to `most` rows.

        A wish may leave so little that sources, which look at what sells and what is near, pass over some of it. What
        fits is few, and all of it.
        """
        if not self:
            return rows, scores
        left_N, sellers = allowed_N.copy(), bundle.sellers
        left_N[rows] = False
        fitting_N = left_N & (self.fits_N > 0) if self.fits_N is not None else np.zeros_like(left_N)
        wanted_N = fitting_N if self.first_N is None else left_N & self.first_N
        more = sellers[(wanted_N & ~fitting_N)[sellers]][:most]
        more = np.concatenate([sellers[fitting_N[sellers]], more])
        others = sellers[(left_N & ~wanted_N & ~fitting_N)[sellers]]
        if self.step_N is not None:  # those of each step come before those of the next
            others = others[np.argsort(self.step_N[others], kind="stable")]
        more = np.concatenate([more, others[:most]])
        lowest = float(scores.min(initial=1.0))
        return np.concatenate([rows, more]), np.concatenate([scores, np.full(len(more), lowest / 2, np.float32)])

    def raised(self, rows: Rows, scores: Scores) -> tuple[Rows, Scores]:
        """In the order that preferences and fitting the wish leave: both multiply the odds."""
        if self.raised_N is None and self.fits_N is None:
            return rows, scores
        factors = np.ones(len(rows)) if self.raised_N is None else np.where(self.raised_N[rows], RAISED, 1.0)
        if self.fits_N is not None:
            factors = factors * np.exp(FIT_BOOST * self.fits_N[rows])
        moved = (factors * scores / (1 - scores + factors * scores)).astype(np.float32)
        order = np.lexsort((np.arange(len(rows)), -moved))
        return rows[order], moved[order]

    def first(self, rows: Rows, scores: Scores) -> tuple[Rows, Scores]:
        """What satisfies the wish before what merely comes near it, each in its own order."""
        if self.first_N is None:
            return rows, scores
        behind = ~self.first_N[rows] if self.step_N is None else self.step_N[rows]
        order = np.argsort(behind, kind="stable")
        return rows[order], scores[order]

    def add_evidence(self, why: Why) -> Why:
        """Each row's evidence, that it meets the wish before all else where it does."""
        if not self or not self.wish:
            return why
        met = Evidence(WISH, attributes={"wish": self.wish})

        def with_evidence(rows: Rows) -> list[tuple[Evidence, ...]]:
            others = ([one for one in found if one.source != WISH] for found in why(rows))
            meets = self.meets(rows).tolist()
            return [(met, *found) if meet else tuple(found) for meet, found in zip(meets, others, strict=True)]

        return with_evidence


NOT_STEERED = Steered()
