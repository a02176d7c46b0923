"""How well items fit what the encoder reads of a wish: an occasion, a person, a taste.

Words like these are far from every title, so how far is measured within the question: from the nearest item down.

Shape suffixes: N items of the model, E width of the encoder.
"""

import numpy as np
from numpy.typing import NDArray

from recommender.models.bundle import ModelBundle

NEAREST = 60  # texts
SPAN = 0.2  # of cosine, from the nearest item to one that doesn't fit any more


def measure_fits(
    bundle: ModelBundle, vector_E: NDArray[np.float32], least: float, allowed_N: NDArray[np.bool_]
) -> NDArray[np.float32] | None:
    """How well each item fits a text, as the encoder reads it.

    Args:
        bundle: the model, whose texts are compared.
        vector_E: the text's vector, (E,).
        least: the cosine that nonsense reaches, too.
        allowed_N: the items that may be found, (N,).

    Returns:
        From 0 to 1 for each item, (N,); None where no allowed item is nearer than `least`.
    """
    kept = bundle.project(vector_E[None, :])[0]
    texts = bundle.texts.nearest(kept, NEAREST, bundle.having_rows(allowed_N))
    rows = bundle.rows_of_texts(texts)
    rows = rows[allowed_N[rows]]
    cosines = bundle.texts.cosines(kept, bundle.text_row_N[rows])
    best = float(cosines.max(initial=-1.0))
    if best < least:
        return None
    fits_N = np.zeros(len(allowed_N), dtype=np.float32)
    fits_N[rows] = ((cosines - best + SPAN) / SPAN).clip(0, 1)
    return fits_N
