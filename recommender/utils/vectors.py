"""Vectors of length one, so that their inner products are cosines.

Shape suffixes: B rows: texts, pairs, items; D width.
"""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

LEAST_NORM = 1e-9  # what a shorter row is divided by, so that a row of zeros stays one
Real = TypeVar("Real", bound=np.floating)


def normalise_rows(
    vectors_BD: NDArray[Real], least: float = LEAST_NORM, out: NDArray[Real] | None = None
) -> NDArray[Real]:
    """The rows of `vectors_BD`, (B, D), divided by their Euclidean lengths, or by `least` where a row is shorter.

    They are written into `out` where it is given, which may be `vectors_BD` itself; else into a new array.
    """
    lengths_B1 = np.linalg.norm(vectors_BD, axis=1, keepdims=True)
    unit_BD: NDArray[Real] = np.divide(vectors_BD, np.maximum(lengths_B1, least), out=out)
    return unit_BD


def normalise(vector_D: NDArray[Real], least: float = LEAST_NORM) -> NDArray[Real]:
    """`vector_D`, (D,), divided by its Euclidean length, or by `least` where it is shorter; a new array."""
    unit_D: NDArray[Real] = np.divide(vector_D, max(float(np.linalg.norm(vector_D)), least))
    return unit_D
