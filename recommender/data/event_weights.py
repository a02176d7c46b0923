"""How much a behaviour says: every event as a signed weight, decayed by its age.

It knows event types, values and times; nothing of items or models.
"""

import numpy as np
from numpy.typing import NDArray

from recommender.data.history import TYPE_CODES

DAY = 86_400
PURCHASE, VIEW, CART = TYPE_CODES["purchase"], TYPE_CODES["view"], TYPE_CODES["cart"]
RATING, REVIEW, SEARCH = TYPE_CODES["rating"], TYPE_CODES["review"], TYPE_CODES["search"]
_WEIGHTS = np.zeros(len(TYPE_CODES), dtype=np.float32)
_WEIGHTS[[VIEW, CART, PURCHASE, RATING, REVIEW, SEARCH]] = [0.25, 0.6, 1.0, 0.8, 0.6, 0.0]
LIKED, NEUTRAL = 4.0, 3.0  # stars


def strengths(event_types: NDArray[np.int8], values: NDArray[np.float32]) -> NDArray[np.float32]:
    """How strongly each event speaks for its item: 1 is a purchase; a bad rating or review speaks against it.

    A review's value are its stars, or what its words say in stars (`sentiment`); one without has merely been written.
    """
    weights: NDArray[np.float32] = _WEIGHTS[event_types].copy()
    rated = (event_types == RATING) | ((event_types == REVIEW) & np.isfinite(values))
    if rated.any():
        stars = values[rated]
        weights[rated] = np.where(stars < NEUTRAL, -0.5, np.where(stars < LIKED, 0.3, 0.8))
    return weights


def decay(times: NDArray[np.int64], moment: int, half_life_days: float) -> NDArray[np.float32]:
    """1 at `moment`, a half one half-life earlier."""
    ages = np.maximum(moment - times, 0) / DAY
    return np.exp2(-ages / half_life_days).astype(np.float32)
