"""What a shopper searched for lately, as a model sees it: a wish among the texts of its items.

It knows queries that an encoder has read, and no encoder: reading is done where a query arrives, or in bulk, never
while somebody waits for a recommendation. A query of another encoder than the model's says nothing.

Shape suffixes: Q queries, T text width, F items of the front, E width of the encoder, C candidates,
R rows of an answer, N items.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.data.event_weights import DAY
from recommender.data.side_info import Search
from recommender.models.bundle import ModelBundle
from recommender.profiles.user_state import Shopper
from recommender.utils.vectors import normalise

HALF_LIFE_DAYS = 3.0
WEIGHT = 1.0  # of a query of this moment: that of a purchase
FAINT = 0.05  # weights below it say nothing any more
CLOSE = 0.45  # cosine from which an item fits a query
FIT_BOOST = 4.0  # how far an item that says what was searched for is raised above habits, in log-odds
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class SearchIntent:
    """The queries that still say something, the latest first. `sum_T`: all together, each as loud as its weight."""

    queries: tuple[Search, ...]
    vectors_QT: Floats
    loudest: float  # of the weights
    sum_T: Floats

    @property
    def direction_T(self) -> Floats:
        """`sum_T` brought to length 1."""
        return np.asarray(normalise(self.sum_T), dtype=np.float32)


def find_search_intent(bundle: ModelBundle, shopper: Shopper) -> SearchIntent | None:
    """None where nothing was searched for lately."""
    if not shopper.background.searches:
        return None
    model, now = bundle.manifest.encoder_id, shopper.moment
    known = [one for one in shopper.background.searches if one.encoder_id == model and one.time <= now]
    weights = [WEIGHT * 0.5 ** ((now - one.time) / DAY / HALF_LIFE_DAYS) for one in known]
    kept = [place for place, weight in enumerate(weights) if weight >= FAINT]
    if not kept:
        return None
    vectors_QT = bundle.project(np.stack([known[place].vector_E() for place in kept]))
    weights_Q = np.array([weights[place] for place in kept], dtype=np.float32)
    return SearchIntent(
        tuple(known[place] for place in kept), vectors_QT, float(weights_Q.max()), weights_Q @ vectors_QT
    )


def measure_fit(bundle: ModelBundle, intent: SearchIntent, rows_C: NDArray[np.int64]) -> Floats:
    """How well items fit what was searched for, from 0 to 1."""
    cosines_C = bundle.text_MT[bundle.text_row_N[rows_C]] @ intent.direction_T
    return np.asarray((cosines_C - CLOSE).clip(min=0) / (1 - CLOSE), dtype=np.float32)


def score_search_intent(bundle: ModelBundle, intent: SearchIntent | None, rows_C: NDArray[np.int64]) -> Floats | float:
    """What a search of late adds to the odds of items; less with its age."""
    if intent is None:
        return 0.0
    return np.float32(FIT_BOOST * intent.loudest / WEIGHT) * measure_fit(bundle, intent, rows_C)


def find_fitting(
    bundle: ModelBundle, intent: SearchIntent, allowed_N: NDArray[np.bool_], count: int
) -> NDArray[np.int64]:
    """The rows of the front that fit best what was searched for."""
    rows, texts_FT = bundle.text_front
    cosines_F = texts_FT @ intent.direction_T
    near = np.flatnonzero((cosines_F >= CLOSE) & allowed_N[rows])
    found: NDArray[np.int64] = rows[near[np.argsort(-cosines_F[near], kind="stable")][:count]]
    return found


def find_answered_queries(bundle: ModelBundle, intent: SearchIntent, rows: NDArray[np.int64]) -> list[int]:
    """For each of the rows the place of the query it fits best, -1 where it fits none."""
    if not len(rows):
        return []
    cosines_RQ = bundle.text_MT[bundle.text_row_N[rows]] @ intent.vectors_QT.T
    best = cosines_RQ.argmax(axis=1)
    return [int(place) for place in np.where(cosines_RQ.max(axis=1) >= CLOSE, best, -1)]
