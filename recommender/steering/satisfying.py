"""Which items satisfy a wish, and what is given up where too few do.

What is wanted is given up one by one, what was read least surely and says least first; what is not wanted never is.
The items that satisfy all of it stay ahead of those that don't.

Shape suffixes: N items of the model, O items of the index.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.search.lexical.exclusion import excluded_texts
from recommender.search.search_index import Shopfront
from recommender.steering.constraints import (
    ATTRIBUTE,
    BRAND,
    CATEGORY,
    CHEAPER,
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
    loosened: tuple[Constraint, ...] = ()


def find_satisfying(
    front: Shopfront,
    constraints: Sequence[Constraint],
    level_N: NDArray[np.float32],
    allowed_N: Mask,
    count: int,
) -> Satisfying:
    """Among the allowed rows; something is given up where fewer than `count` are left, as long as that helps."""
    masks = {one: rows_of(front, one, level_N) for one in constraints}
    all_N = _together(masks, constraints, allowed_N)
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
    return Satisfying(all_N, enough_N, tuple(loosened))


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


def _having(front: Shopfront, constraint: Constraint) -> Mask:
    catalogue, values = front.bundle.catalogue, frozenset(constraint.values)
    if constraint.kind == CATEGORY:
        return catalogue.in_categories(values)
    if constraint.kind == BRAND:
        return catalogue.of_brands(values)
    if constraint.kind == ATTRIBUTE:
        return front.rows_of(front.index.having({constraint.name: values}))
    assert constraint.kind == WORD  # noqa: S101
    return front.rows_of(excluded_texts(front.index.lexicon, constraint.values)[front.index.text_row_O])


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
