"""How much a behaviour says: every event as a signed weight, decayed by its age.

It knows event types, values and times; nothing of items or models. The setting `event_weights` changes the weights.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from recommender.data.history import TYPE_CODES
from recommender.settings import get_settings
from recommender.utils.weight_setting import parse_weights

DAY = 86_400
PURCHASE, VIEW, CART = TYPE_CODES["purchase"], TYPE_CODES["view"], TYPE_CODES["cart"]
RATING, REVIEW, SEARCH = TYPE_CODES["rating"], TYPE_CODES["review"], TYPE_CODES["search"]
_WEIGHTS = {
    **{"view": 0.25, "cart": 0.6, "favorite": 0.6, "purchase": 1.0},
    **{"rating": 0.8, "review": 0.6, "search": 0.0},
}
LIKED, NEUTRAL = 4.0, 3.0  # stars


def strengths(event_types: NDArray[np.int8], values: NDArray[np.float32]) -> NDArray[np.float32]:
    """How strongly each event speaks for its item: 1 is a purchase; a bad rating or review speaks against it.

    A review's value are its stars, or what its words say in stars (`sentiment`); one without has merely been written.
    """
    weights: NDArray[np.float32] = _weights(get_settings().event_weights)[event_types]
    rated = (event_types == RATING) | ((event_types == REVIEW) & np.isfinite(values))
    if rated.any():
        stars = values[rated]
        weights[rated] = np.where(stars < NEUTRAL, -0.5, np.where(stars < LIKED, 0.3, 0.8))
    return weights


@lru_cache(8)
def _weights(wanted: str) -> NDArray[np.float32]:
    """The weight of each event type by its code; `wanted` is the setting."""
    weights = {**_WEIGHTS, **parse_weights(wanted)}
    return np.array([weights[name] for name in TYPE_CODES], dtype=np.float32)


def decay(times: NDArray[np.int64], moment: int, half_life_days: float) -> NDArray[np.float32]:
    """1 at `moment`, a half one half-life earlier."""
    ages = np.maximum(moment - times, 0) / DAY
    return np.exp2(-ages / half_life_days).astype(np.float32)
