"""The profile, `user_profile = f(behaviour, item descriptions)`, and its adjustment `h`, which is f on a longer history.

It knows a history and a model bundle; it opens no database and no feature store. What is built here online and offline
is the same, because it is the same function.
"""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from recommender.behaviour import History


@dataclass(frozen=True, slots=True)
class Affinity:
    """Something the shopper leans to, with the events that show it.

    `kind` is "category", "brand", "price" or "repeat" (`key` is then an item id, `weight` its cycle in days).
    """

    kind: str
    key: str
    weight: float
    evidence: tuple[str, ...]  # event ids, most recent first


@dataclass(frozen=True, slots=True)
class Profile:
    """One shopper as the shop knows them at `as_of`: a vector, affinities, a sentence; versioned together.

    `vector` is float32 of the model's profile width D. `history` is the recent behaviour the ranker reads.
    """

    user_id: str
    version: int
    model_version: str
    as_of: datetime
    vector: NDArray[np.float32]
    affinities: tuple[Affinity, ...]
    history: History
    summary: str
