"""Which items satisfy a wish, and what is given up where too few do.

What is wanted is given up one by one, what was read least surely and says least first; what is not wanted never is.
The items that satisfy all of it stay ahead, then those that satisfy more. Where too few are of a category that was
named, others whose text has its words are of it, too.

Shape suffixes: N items of the model, O items of the index.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.search.search_index import Shopfront
from recommender.search.text.normalization import fold
from recommender.search.text.prices import CHEAPER
from recommender.steering.constraints import (
    ATTRIBUTE,
    BRAND,
    BY_WORDS,
    CATEGORY,
    PRICE,
    WORD,
    Constraint,
    order_of_loss,
)

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Satisfying:
    """`all_N` satisfy the wish, `enough_N` what is left of it once `loosened` is given up."""

    all_N: Mask
    enough_N: Mask
    step_N: NDArray[np.int32]  # of rows that are left: after how many were given up each came in
    loosened: tuple[Constraint, ...] = ()


def find_satisfying(
    front: Shopfront,
    constraints: Sequence[Constraint],
    level_N: NDArray[np.float32],
    allowed_N: Mask,
    count: int,
) -> Satisfying:
    """The allowed items that satisfy the constraints.

    Where fewer than `count` do, wanted constraints are loosened, the least missed first, as long as that helps.
    """
    masks = {one: rows_of(front, one, level_N) for one in constraints}
    all_N = _together(masks, constraints, allowed_N)
    if np.count_nonzero(all_N) < count:
        masks = {one: mask_N | _saying(front, one) for one, mask_N in masks.items()}
        all_N = _together(masks, constraints, allowed_N)
    step_N = np.zeros(len(all_N), dtype=np.int32)
    kept, enough_N = list(constraints), all_N
    loosened: list[Constraint] = []
    for one in sorted((one for one in constraints if one.wanted), key=order_of_loss):
        found = int(np.count_nonzero(enough_N))
        if found >= count:
            break
        left = [other for other in kept if other is not one]
        without_N = _together(masks, left, allowed_N)
        if np.count_nonzero(without_N) > found:
            kept, enough_N = left, without_N
            loosened.append(one)
            step_N[without_N & (step_N == 0) & ~all_N] = len(loosened)
    return Satisfying(all_N, enough_N, step_N, tuple(loosened))


def _together(masks: dict[Constraint, Mask], constraints: Sequence[Constraint], allowed_N: Mask) -> Mask:
    together_N = allowed_N.copy()
    for one in constraints:
        together_N &= masks[one]
    return together_N


def rows_of(front: Shopfront, constraint: Constraint, level_N: NDArray[np.float32]) -> Mask:
    """The rows of the model that satisfy one constraint."""
    if constraint.kind == PRICE:
        return _priced(front, constraint, level_N)
    having_N = _having(front, constraint)
    return having_N if constraint.wanted else ~having_N


def _saying(front: Shopfront, constraint: Constraint) -> Mask:
    """The rows outside of a wanted category whose text has its words all the same; asked where too few are in it."""
    if constraint.kind != CATEGORY or not constraint.wanted or constraint.read_by != BY_WORDS:
        return np.zeros(len(front.bundle.catalogue), dtype=bool)
    return front.rows_of(front.index.texts_with(fold(constraint.quote))[front.index.text_row_O])


def _having(front: Shopfront, constraint: Constraint) -> Mask:
    catalogue, values = front.bundle.catalogue, frozenset(constraint.values)
    if constraint.kind == CATEGORY:
        return catalogue.in_categories(values)
    if constraint.kind == BRAND:
        return catalogue.of_brands(values)
    if constraint.kind == ATTRIBUTE:
        return front.rows_of(front.index.having({constraint.name: values}))
    assert constraint.kind == WORD  # noqa: S101
    texts_M = np.logical_or.reduce([front.index.texts_with(value) for value in constraint.values])
    return front.rows_of(texts_M[front.index.text_row_O])


def _priced(front: Shopfront, constraint: Constraint, level_N: NDArray[np.float32]) -> Mask:
    prices = front.bundle.catalogue.prices
    within_N = np.isfinite(prices)
    if constraint.low is not None:
        within_N &= prices >= constraint.low
    if constraint.high is not None:
        within_N &= prices <= constraint.high
    if constraint.relation:
        within_N &= prices < level_N if constraint.relation == CHEAPER else prices > level_N
    return within_N if constraint.wanted else ~within_N
