"""An order of rows with what says why each is in it; two are mixed, and what is new is told of."""

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from recommender.ranking.evidence import NOVELTY, Evidence

MOST = 600  # places of an answer that can be paged to
Why = Callable[[NDArray[np.int64]], list[tuple[Evidence, ...]]]
Order = tuple[NDArray[np.int64], NDArray[np.float32], Why]


def add_novelty(why: Why, rows: NDArray[np.int64]) -> Why:
    """Each row's evidence, after all else that room was kept for these."""
    new, evidence = set(rows.tolist()), (Evidence(NOVELTY),)

    def with_novelty(page: NDArray[np.int64]) -> list[tuple[Evidence, ...]]:
        return [found + evidence * (row in new) for row, found in zip(page.tolist(), why(page), strict=True)]

    return with_novelty if new else why


def in_turn(products: Order, content: Order) -> Order:
    """Products and things to read by turns, since their scores can't be compared; each scored by its place."""
    rows = _interleaved(products[0].tolist(), content[0].tolist())[:MOST]
    of_product = set(products[0].tolist())

    def why(page: NDArray[np.int64]) -> list[tuple[Evidence, ...]]:
        is_of_product = np.array([row in of_product for row in page.tolist()], dtype=bool)
        reasons = dict(zip(page[is_of_product].tolist(), products[2](page[is_of_product]), strict=True))
        reasons |= dict(zip(page[~is_of_product].tolist(), content[2](page[~is_of_product]), strict=True))
        return [reasons[row] for row in page.tolist()]

    scores = 1 / (1.5 + np.arange(len(rows)) / 10)
    return np.array(rows, dtype=np.int64), scores.astype(np.float32), why


def _interleaved(first: Iterable[int], second: Iterable[int]) -> list[int]:
    one, other = iter(first), iter(second)
    mixed: list[int] = []
    for row in one:
        mixed.append(row)
        following = next(other, None)
        if following is not None:
            mixed.append(following)
    return [*mixed, *other]
