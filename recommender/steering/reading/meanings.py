"""Categories by what their names mean, as the encoder of queries reads them: "sneakers" for "Sports Shoes".

A phrase means a category where their cosine reaches `LEAST`, and lies within `MARGIN` of the nearest; `LEAST` lies
above what made-up words reach with the default encoder. It knows names and vectors, and loads nothing.

Shape suffixes: G groups (categories), E width of the encoder.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.utils.vectors import normalise, normalise_rows

LEAST = 0.62
MARGIN = 0.03
MOST = 3
Vector = NDArray[np.float32]
Read = Callable[[str], Vector | None]  # a text's vector; None: nobody reads now


@dataclass(frozen=True)
class Meanings:
    """The names of categories with the vectors of what they say."""

    names: Sequence[str]
    vectors_GE: Vector

    @classmethod
    def of(cls, names: Sequence[str], encode: Callable[[Sequence[str]], Vector]) -> "Meanings":
        """The meanings of these names; `encode` gives a vector for each text, (G, E), of any length."""
        vectors_GE = encode(list(names)) if names else np.zeros((0, 1), dtype=np.float32)
        return cls(names, normalise_rows(vectors_GE))

    def nearest(self, phrase: str, read: Read) -> tuple[str, ...]:
        """Names that mean the phrase, nearest first."""
        vector_E = read(phrase) if len(self.names) else None
        if vector_E is None:
            return ()
        cosines_G = self.vectors_GE @ normalise(vector_E)
        least = max(LEAST, float(cosines_G.max()) - MARGIN)
        order_G = np.argsort(-cosines_G, kind="stable")[:MOST]
        return tuple(self.names[place] for place in order_G if cosines_G[place] >= least)
