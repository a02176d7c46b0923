"""What goes with an item: chosen together with it by shoppers, and not another one of the same kind.

It knows a bundle; whose basket it is doesn't matter here.

Shape suffixes: N items, T width of the text vectors.
"""

import numpy as np
from numpy.typing import NDArray

from recommender.artifacts import ModelBundle
from recommender.candidates import led_from
from recommender.evidence import Evidence
from recommender.ranking import ScoredItem

SAME_KIND = 0.2  # what is left of an item's score when it is of the very category of one in the basket
LIKE_TEXT = 0.5  # cosine from which two texts begin to speak of one thing


def complements(
    bundle: ModelBundle, item_ids: tuple[str, ...], allowed_N: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.int64]]:
    """The rows that go with these items, the best first, their scores in (0, 1), and which item each goes with most."""
    basket = bundle.catalogue.rows_of(item_ids)
    basket = np.unique(basket[basket >= 0])
    if not len(basket):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32), np.zeros(0, dtype=np.int64)
    follows_BN = np.stack([led_from(bundle, np.array([row])) for row in basket]).astype(np.float32)
    total_N = follows_BN.sum(axis=0) * _unlike(bundle, basket)
    total_N[basket] = 0
    rows = np.flatnonzero((total_N > 0) & allowed_N)
    rows = rows[np.lexsort((rows, -total_N[rows]))]
    best = max(float(total_N[rows].max(initial=0)), 1e-12)
    scores = np.sqrt(total_N[rows] / best) * 0.999
    return rows, scores.astype(np.float32), basket[follows_BN[:, rows].argmax(axis=0)]


def _unlike(bundle: ModelBundle, basket: NDArray[np.int64]) -> NDArray[np.float32]:
    """1 for another kind of thing, towards 0 for what would stand in for an item of the basket."""
    _, leaf_N = bundle.catalogue.leaves
    texts_BT = bundle.text_MT[bundle.text_row_N[basket]]
    cosines_M = (bundle.text_MT @ texts_BT.T).max(axis=1)
    unlike_M = 1 - ((cosines_M - LIKE_TEXT) / (1 - LIKE_TEXT)).clip(0, 1)
    same_N = np.isin(leaf_N, leaf_N[basket])
    unlike: NDArray[np.float32] = unlike_M[bundle.text_row_N] * np.where(same_N, SAME_KIND, 1.0).astype(np.float32)
    return unlike


def goes_with(bundle: ModelBundle, item_id: str, n: int, allowed_N: NDArray[np.bool_]) -> list[ScoredItem]:
    """What goes with one item; KeyError for an id that isn't known."""
    bundle.catalogue.index[item_id]
    rows, scores, _ = complements(bundle, (item_id,), allowed_N)
    evidence = (Evidence("context", (item_id,), attributes={"by": "transitions"}),)
    ids = bundle.catalogue.ids
    return [ScoredItem(str(ids[row]), float(score), evidence) for row, score in zip(rows[:n], scores[:n], strict=True)]
