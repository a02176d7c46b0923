"""What a shopper searched for lately, as a model sees it: a wish among the texts of its items.

It knows queries that an encoder has read, and no encoder: reading is done where a query arrives, or in bulk, never
while somebody waits for a recommendation. A query of another encoder than the model's says nothing.

Shape suffixes: Q queries, T text width, F items of the front, E width of the encoder.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recommender.artifacts import ModelBundle
from recommender.background import Search
from recommender.shoppers import Shopper
from recommender.signals import DAY

HALF_LIFE_DAYS = 3.0
WEIGHT = 1.0  # of a query of this moment: that of a purchase
FAINT = 0.05  # weights below it say nothing any more
CLOSE = 0.45  # cosine from which an item fits a query
PULL = 4.0  # how far an item that says what was searched for is raised above habits, in log-odds
Floats = NDArray[np.float32]


def heard(bundle: ModelBundle, shopper: Shopper) -> tuple[list[Search], Floats, Floats]:
    """The queries that still say something, the latest first; their vectors (Q, T) and weights (Q,)."""
    model, now = bundle.manifest.encoder_id, shopper.moment
    known = [one for one in shopper.background.searches if one.encoder_id == model and one.time <= now]
    weights = [WEIGHT * 0.5 ** ((now - one.time) / DAY / HALF_LIFE_DAYS) for one in known]
    kept = [place for place, weight in enumerate(weights) if weight >= FAINT]
    if not kept:
        return [], np.zeros((0, 0), dtype=np.float32), np.zeros(0, dtype=np.float32)
    vectors_QT = bundle.project(np.stack([known[place].vector_E() for place in kept]))
    return [known[place] for place in kept], vectors_QT, np.array([weights[place] for place in kept], dtype=np.float32)


def searched_for(bundle: ModelBundle, shopper: Shopper) -> Floats | None:
    """The queries together, each as loud as its weight; None where there is none."""
    if not shopper.background.searches:
        return None
    _, vectors_QT, weights_Q = heard(bundle, shopper)
    return np.asarray(weights_Q @ vectors_QT, dtype=np.float32) if len(weights_Q) else None


def fits(bundle: ModelBundle, wish_T: Floats, rows_C: NDArray[np.int64]) -> Floats:
    """How well items fit what was searched for, from 0 to 1."""
    cosines_C = bundle.text_MT[bundle.text_row_N[rows_C]] @ (wish_T / max(float(np.linalg.norm(wish_T)), 1e-9))
    return np.asarray((cosines_C - CLOSE).clip(min=0) / (1 - CLOSE), dtype=np.float32)


def pulled(bundle: ModelBundle, shopper: Shopper, rows_C: NDArray[np.int64]) -> Floats | float:
    """What a search of late adds to the odds of items; less with its age."""
    if not shopper.background.searches:
        return 0.0
    _, vectors_QT, weights_Q = heard(bundle, shopper)
    if not len(weights_Q):
        return 0.0
    return np.float32(PULL * weights_Q.max() / WEIGHT) * fits(bundle, weights_Q @ vectors_QT, rows_C)


def fitting(bundle: ModelBundle, wish_T: Floats, allowed_N: NDArray[np.bool_], count: int) -> NDArray[np.int64]:
    """The rows of the front that fit best what was searched for."""
    rows, texts_FT = bundle.text_front
    cosines_F = texts_FT @ (wish_T / max(float(np.linalg.norm(wish_T)), 1e-9))
    near = np.flatnonzero((cosines_F >= CLOSE) & allowed_N[rows])
    found: NDArray[np.int64] = rows[near[np.argsort(-cosines_F[near], kind="stable")][:count]]
    return found


def answered(bundle: ModelBundle, queries: Sequence[Search], vectors_QT: Floats, rows: NDArray[np.int64]) -> list[int]:
    """For each of the rows the place of the query it fits best, -1 where it fits none."""
    if not queries or not len(rows):
        return [-1] * len(rows)
    cosines_RQ = bundle.text_MT[bundle.text_row_N[rows]] @ vectors_QT.T
    best = cosines_RQ.argmax(axis=1)
    return [int(place) for place in np.where(cosines_RQ.max(axis=1) >= CLOSE, best, -1)]
