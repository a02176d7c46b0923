"""The profile, `user_profile = f(behaviour, item descriptions)`, and its adjustment `h`: f on a longer history.

It knows a history and a model bundle; it opens no database and no feature store. What is built here online and offline
is the same, because it is the same function.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from recommender.data.behaviour import NOTHING_DONE, Behaviour
from recommender.data.event_weights import DAY
from recommender.data.history import MAX_HISTORY, History
from recommender.data.side_info import NOTHING, Background
from recommender.models.bundle import ModelBundle
from recommender.profiles.affinities import Affinity, find_affinities, summarise
from recommender.profiles.user_state import Shopper, prepare, prepare_question

__all__ = ["Affinity", "Profile", "build_profile", "build_profiles", "prepare_shopper", "profile_vectors"]
BATCH = 256
_NOBODY: Mapping[str, Background] = {}


@dataclass(frozen=True, slots=True)
class Profile:
    """One shopper as the shop knows them at `as_of`: a vector, affinities, a sentence; versioned together.

    `vector` is float32 of the model's profile width D. `history` is the recent behaviour the ranker reads, `background`
    what else is known of the shopper. `behaviour` is the feature store's: read when somebody asks, kept nowhere else.
    """

    user_id: str
    version: int
    model_version: str
    as_of: datetime
    vector: NDArray[np.float32]
    affinities: tuple[Affinity, ...]
    history: History
    summary: str
    background: Background = NOTHING
    behaviour: Behaviour = NOTHING_DONE


def build_profile(
    bundle: ModelBundle,
    user_id: str,
    history: History,
    as_of: datetime,
    version: int,
    background: Background = NOTHING,
) -> Profile:
    """f, and h when the history has grown: what happened at `as_of` or later is not looked at."""
    return build_profiles(bundle, [(user_id, history, version)], as_of, {user_id: background})[0]


def build_profiles(
    bundle: ModelBundle,
    shoppers: Sequence[tuple[str, History, int]],
    as_of: datetime,
    backgrounds: Mapping[str, Background] = _NOBODY,
) -> list[Profile]:
    """The same for many shoppers (user_id, history, version), in batches. `backgrounds`: as known at `as_of`."""
    profiles = []
    for start in range(0, len(shoppers), BATCH):
        batch = shoppers[start : start + BATCH]
        histories = [history.until(as_of).latest(MAX_HISTORY) for _, history, _ in batch]
        prepared = [prepare(history, bundle.catalogue, int(as_of.timestamp())) for history in histories]
        vectors = profile_vectors(bundle, prepared)
        for (user_id, _, version), history, shopper, vector in zip(batch, histories, prepared, vectors, strict=True):
            affinities = find_affinities(bundle, shopper)
            profiles.append(
                Profile(
                    user_id=user_id,
                    version=version,
                    model_version=bundle.model_version,
                    as_of=as_of,
                    vector=vector,
                    affinities=affinities,
                    history=history,
                    summary=summarise(bundle, shopper, affinities),
                    background=backgrounds.get(user_id, NOTHING),
                )
            )
    return profiles


def prepare_shopper(
    bundle: ModelBundle, profile: Profile | None, now: datetime, context: tuple[str, ...] = ()
) -> Shopper:
    """The shopper of a profile who asks this model at `now`; without one, somebody of whom nothing is known."""
    second, catalogue = int(now.timestamp()), bundle.catalogue
    if profile is None:
        return prepare_question(bundle.manifest, History.of([]), catalogue, second, context)
    known = (profile.background, profile.behaviour)
    return prepare_question(bundle.manifest, profile.history, catalogue, second, context, *known)


def profile_vectors(bundle: ModelBundle, shoppers: Sequence[Shopper]) -> NDArray[np.float32]:
    """The sequence model's vector of each shopper, of length 1; zeros for one with no event of a known item."""
    reader = bundle.reader
    vectors = np.zeros((len(shoppers), bundle.width), dtype=np.float32)
    for place, shopper in enumerate(shoppers):
        if len(shopper):
            rows, times = shopper.rows_L[-reader.length :], shopper.times_L[-reader.length :]
            days = ((times - times[0]) / DAY).astype(np.float32)
            items = bundle.item_VD[bundle.item_row_N[rows]]
            vectors[place] = reader.last(items, shopper.kinds_L[-reader.length :], days)
    return vectors
