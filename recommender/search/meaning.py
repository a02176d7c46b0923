"""From which cosine on a text is near a query in meaning: what nonsense doesn't reach.

Encoders differ in how high their cosines are (unrelated texts: .1 of MiniLM, .8 of E5), so the bound is measured on the
catalogue at hand: strings that mean nothing are read like queries, and what the nearest text to most of them reaches is
no sign of meaning.
"""

import numpy as np
from numpy.typing import NDArray

NONSENSE = (
    "asdfghjkl", "xyzzy", "qwerty zxcvb", "vbnmtrw", "oiuqpwe lkj", "zzkqwj", "fjdksla", "wrtplmk", "qpwoeiruty",
    "blorft gnarzle", "kjhgfd", "ptrzk mvx", "yuiop hjkl", "gthnbv rfdcx", "wxcvbn azert", "drmpf",
)  # fmt: skip
SHARE = 0.75


def least_likeness(encoded: NDArray[np.float32], texts_MT: NDArray[np.float32]) -> float:
    """`encoded` are the vectors of `NONSENSE`, in the width of the texts'."""
    if not len(texts_MT):
        return 1.0
    nearest: NDArray[np.float32] = (encoded @ texts_MT.T).max(axis=1)
    return float(np.quantile(nearest, SHARE))
