"""How far a ranker that learned from few examples is believed, beside the plain methods it began with.

Some examples are held out; what a network learned of the others is mixed with its start so far as it ranks these
better, by more than chance, and no further than chance can tell apart (the one-standard-error rule: Hastie, Tibshirani
and Friedman, The Elements of Statistical Learning, 7.10). Where examples are many, what was learned stands alone.

Shape suffixes: C candidates of all shoppers, Q held-out examples.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from recommender.models.ranker import Ranker
from recommender.ranking.metrics import ndcg_at

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)  # of what was learned
HELD_OUT = 0.3
PLACES = 20
Score = Callable[[Ranker, int], tuple[NDArray[np.float32], NDArray[np.bool_]]]


def estimate_believed_share(
    start: Ranker,
    fit: Callable[[NDArray[np.int64]], Ranker],
    score: Score,
    examples: NDArray[np.int64],
    seed: int,
) -> float:
    """The least share of what `fit` learns of some examples that ranks the others as well as the best share does.

    As well is within one standard error of the best share's gain over the start; a gain within it believes nothing.

    `score` gives one example's scores by a ranker and which of its candidates were wanted.
    """
    order = np.random.default_rng(seed).permutation(examples)
    held_out = order[: round(HELD_OUT * len(order))]
    if len(held_out) < 2:
        return 0.0
    learned = fit(np.sort(order[len(held_out) :]))
    found = {share: _gains(mix_rankers(start, learned, share), score, held_out) for share in SHARES}
    best_Q = found[max(SHARES, key=lambda share: float(found[share].mean()))]
    chance = float((best_Q - found[0.0]).std()) / np.sqrt(len(best_Q))
    return next(share for share in SHARES if float(found[share].mean()) >= float(best_Q.mean()) - chance)


def mix_rankers(start: Ranker, learned: Ranker, share: float) -> Ranker:
    """Scores of `learned` by its share, those of `start`, a straight line over the same scale, by the rest."""
    return replace(
        learned,
        last_MJ=np.float32(share) * learned.last_MJ,
        line_F=np.float32(share) * learned.line_F + np.float32(1 - share) * start.line_F,
        bias=np.float32(share) * learned.bias + np.float32(1 - share) * start.bias,
    )


def _gains(
    ranker: Ranker,
    score: Score,
    which: NDArray[np.int64],
) -> NDArray[np.float64]:
    """NDCG of each example."""
    gains = []
    for example in which.tolist():
        scores_C, wanted_C = score(ranker, example)
        hits = wanted_C[np.argsort(-scores_C, kind="stable")][:PLACES]
        gains.append(ndcg_at(hits[None], np.array([int(wanted_C.sum())]), PLACES))
    return np.array(gains)
