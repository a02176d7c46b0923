"""The order of an answer once its items are known: diversity, and scores that still fall from first to last.

It knows relevances and vectors, no items and no shoppers. Diversity is maximal marginal relevance: Carbonell and
Goldstein, "The Use of MMR, Diversity-Based Reranking for Reordering Documents and Producing Summaries", SIGIR 1998.

Shape suffixes: C candidates, T width of their vectors.
"""

import numpy as np
from numpy.typing import NDArray

from recommender.reranking.novelty import is_due


def diversified(
    relevance_C: NDArray[np.float32],
    vectors_CT: NDArray[np.float32],
    diversity: float,
    n: int,
    new_C: NDArray[np.bool_] | None = None,
    share: float = 0.0,
) -> NDArray[np.int64]:
    """The places of the first `n`, each chosen for its relevance less its likeness to those before it.

    `diversity` 0 is relevance alone, 1 unlikeness alone (after the first, which is always the most relevant). Vectors
    have length 1; relevances are taken between the least and the greatest. Of what is `new_C`, if anything, each
    beginning of the list holds the share, rounded down, while there is any left.
    """
    n = min(n, len(relevance_C))
    by_relevance = np.lexsort((np.arange(len(relevance_C)), -relevance_C))
    if diversity <= 0 or n < 2:
        return by_relevance[:n]
    span = max(float(np.ptp(relevance_C)), 1e-9)
    worth_C = (relevance_C - relevance_C.min()) / span
    closest_C = np.full(len(worth_C), -1.0, dtype=np.float32)
    left_C = np.ones(len(worth_C), dtype=bool)
    new_C = np.zeros(len(worth_C), dtype=bool) if new_C is None else new_C
    first_new = by_relevance[new_C[by_relevance]][:1] if is_due(0, 0, share) else by_relevance[:0]
    chosen = [int([*first_new, by_relevance[0]][0])]
    while len(chosen) < n:
        left_C[chosen[-1]] = False
        closest_C = np.maximum(closest_C, vectors_CT @ vectors_CT[chosen[-1]])
        wanted_C = left_C & new_C if is_due(len(chosen), int(new_C[chosen].sum()), share) else left_C
        gain_C = np.where(
            wanted_C if wanted_C.any() else left_C, (1 - diversity) * worth_C - diversity * closest_C, -np.inf
        )
        chosen.append(int(np.argmax(gain_C)))
    return np.array(chosen, dtype=np.int64)


def falling(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """The same scores where they fall; an item that stands before a better one gets that one's."""
    lifted: NDArray[np.float32] = np.maximum.accumulate(scores[::-1])[::-1]
    return lifted


def likeness_within(vectors_CT: NDArray[np.float32]) -> float:
    """How alike the items of an answer are: the mean cosine of all pairs; 0 for one item alone."""
    count = len(vectors_CT)
    if count < 2:
        return 0.0
    cosines = vectors_CT @ vectors_CT.T
    return float((cosines.sum() - np.trace(cosines)) / (count * (count - 1)))
