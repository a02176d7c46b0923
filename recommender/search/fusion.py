"""Two scores of one query, by words and by meaning, as one.

Scores are put between 0 and 1 (words by the query's best, meaning between where it begins to say something and the
query's best) and averaged, meaning with the share `share` where the words of some item hold the whole query, up to
`most` where they hold none of it. On averages: Bruch, Gai and Ingber, "An Analysis
of Fusion Functions for Hybrid Retrieval" (ACM TOIS 2023), who find it ahead of reciprocal rank fusion (Cormack, Clarke
and Büttcher, SIGIR 2009), which is here to be compared with.

Shape suffixes: O items of the index.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RANK_OFFSET = 60  # of reciprocal rank fusion


@dataclass(frozen=True, slots=True)
class Fusion:
    """How words and meaning are put together. `least` is the cosine from which an item is near in meaning."""

    share: float = 0.2
    most: float = 0.8
    least: float = 0.35
    by_rank: bool = False

    def near(self, meant_O: NDArray[np.float32], most: int) -> NDArray[np.bool_]:
        """Which items are near enough in meaning to be found by it alone: at most about `most`, the nearest."""
        least = self.least
        if self.most <= 0:
            return np.zeros(len(meant_O), dtype=bool)
        close = meant_O[meant_O >= least]
        if len(close) > most:
            least = float(np.partition(close, -most)[-most])
        return meant_O >= least

    def fuse(self, said_O: NDArray[np.float32], meant_O: NDArray[np.float32], held: float = 1.0) -> NDArray[np.float32]:
        """`held` is how much of the query the words of an item hold at best."""
        share = self.share + (self.most - self.share) * (1 - min(held, 1.0))
        if not len(said_O):
            return said_O
        if self.by_rank:
            return _by_rank(said_O, meant_O, share)
        words_O = said_O / max(float(said_O.max()), 1e-9)
        span = max(float(meant_O.max()) - self.least, 1e-9)
        meaning_O = ((meant_O - self.least) / span).clip(0, 1)
        return ((1 - share) * words_O + share * meaning_O).astype(np.float32)


WORDS_ALONE = Fusion(share=0, most=0)


def _by_rank(said_O: NDArray[np.float32], meant_O: NDArray[np.float32], share: float) -> NDArray[np.float32]:
    """Equal scores share a place; the best possible is 1."""
    total = np.zeros(len(said_O), dtype=np.float32)
    for weight, scores in ((1 - share, said_O), (share, meant_O)):
        places = np.unique(-scores, return_inverse=True)[1]
        total += np.where(scores > 0, weight * (RANK_OFFSET + 1) / (RANK_OFFSET + 1 + places), 0)
    return total
