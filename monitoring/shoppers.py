"""Which shoppers changed: the profile they are served with against the one that today's behaviour gives.

It knows a model bundle, events as a frame and the profiles kept in the database; distances are cosine distances.

Shape suffixes: S shoppers, D profile width.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from recommender.artifacts import ModelBundle
from recommender.behaviour import MAX_HISTORY, TYPE_CODES, History
from recommender.profiles import profile_vectors
from recommender.shoppers import prepare
from recommender.tables import ProfileVersion

BATCH = 512
NOTHING_SERVED = 1.0  # the distance of a shopper who has no profile yet
Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Served:
    """The profile a shopper is served with."""

    vector: Vectors
    as_of: datetime


def histories_of(events: pl.DataFrame) -> dict[str, History]:
    """Each shopper's most recent events, oldest first, as f reads them."""
    ordered = events.filter(pl.col("user_id").is_not_null()).sort("user_id", "time", "event_id")
    return {
        str(user_id): _history(part.tail(MAX_HISTORY))
        for (user_id,), part in ordered.group_by("user_id", maintain_order=True)
    }


def _history(part: pl.DataFrame) -> History:
    return History(
        np.array(part["event_id"].to_list(), dtype=object),
        np.array(part["item_id"].fill_null("").to_list(), dtype=object),
        part["event_type"].replace_strict(TYPE_CODES, return_dtype=pl.Int8).to_numpy(),
        part["value"].cast(pl.Float32).fill_null(float("nan")).to_numpy(),
        part["time"].dt.epoch("s").to_numpy(),
    )


def vectors_at(bundle: ModelBundle, histories: Sequence[History], moment: datetime) -> Vectors:
    """f of each history at `moment`, (S, D); zeros where nothing the model knows had happened."""
    parts = [np.zeros((0, bundle.width), dtype=np.float32)]
    for start in range(0, len(histories), BATCH):
        batch = [history.until(moment).latest(MAX_HISTORY) for history in histories[start : start + BATCH]]
        parts.append(
            profile_vectors(bundle, [prepare(each, bundle.catalogue, int(moment.timestamp())) for each in batch])
        )
    return np.concatenate(parts)


def distances(left_SD: Vectors, right_SD: Vectors) -> NDArray[np.float64]:
    """Cosine distances, row by row: 0 the same direction, 1 nothing in common; NaN where either is all zeros."""
    lengths = np.linalg.norm(left_SD, axis=1) * np.linalg.norm(right_SD, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        cosines = np.einsum("sd,sd->s", left_SD, right_SD) / lengths
    return np.where(lengths > 0, np.clip(1 - cosines, 0, 2), np.nan).astype(np.float64)


def active_between(histories: Mapping[str, History], start: datetime, end: datetime) -> list[str]:
    """The shoppers who did something in [start, end), in order of id."""
    return sorted(user_id for user_id, history in histories.items() if _acted(history, start, end))


def _acted(history: History, start: datetime, end: datetime) -> bool:
    first, after = np.searchsorted(history.times, [int(start.timestamp()), int(end.timestamp())])
    return bool(first < after)


def served_profiles(session: Session, model_version: str, until: datetime, but_for: str) -> dict[str, Served]:
    """The newest profile of each shopper that the model made as of a moment before `until`.

    Those that were refreshed for the reason `but_for` don't count: so a check that is repeated after its own refresh
    finds what it found before.
    """
    version = (
        select(ProfileVersion.user_id, func.max(ProfileVersion.version).label("version"))
        .where(ProfileVersion.model_version == model_version, ProfileVersion.as_of < until)
        .where(ProfileVersion.reason != but_for)
        .group_by(ProfileVersion.user_id)
        .subquery()
    )
    query = select(ProfileVersion.user_id, ProfileVersion.vector, ProfileVersion.as_of).join(
        version, (ProfileVersion.user_id == version.c.user_id) & (ProfileVersion.version == version.c.version)
    )
    rows = session.execute(query)
    return {user_id: Served(np.frombuffer(vector, dtype="<f4"), as_of) for user_id, vector, as_of in rows}


def drift_of_shoppers(
    bundle: ModelBundle,
    histories: Mapping[str, History],
    served: Mapping[str, Served],
    until: datetime,
    since: datetime,
) -> dict[str, float]:
    """The distance of each shopper with new behaviour; those who did nothing new are not in the answer.

    New is what happened since the served profile was built, or since `since` for a shopper who has none.
    """
    known_until = {user_id: profile.as_of for user_id, profile in served.items()}
    new = [
        user_id
        for user_id, history in sorted(histories.items())
        if _acted(history, known_until.get(user_id, since), until)
    ]
    today_SD = vectors_at(bundle, [histories[user_id] for user_id in new], until)
    nothing = np.zeros(bundle.width, dtype=np.float32)
    served_SD = np.stack([served[user_id].vector if user_id in served else nothing for user_id in new] or [nothing])
    found = distances(served_SD[: len(new)], today_SD)
    return {
        user_id: (float(distance) if user_id in served else NOTHING_SERVED)
        for user_id, distance, today in zip(new, found, today_SD, strict=True)
        if today.any() and (user_id not in served or np.isfinite(distance))
    }
