"""Which shoppers changed: the profile they are served with against the one that today's behaviour gives.

It knows a model bundle, events as a frame and the profiles kept in the database; distances are cosine distances.

Shape suffixes: U shoppers, D profile width.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from monitoring.compared_days import Stretches
from recommender.data.history import MAX_HISTORY, TYPE_CODES, History
from recommender.db.tables import ProfileVersion
from recommender.models.bundle import ModelBundle
from recommender.profiles.profile import profile_vectors
from recommender.profiles.user_state import prepare

BATCH = 512
LEAST_CHANGES = 20  # a threshold from fewer ordinary changes would be a guess
MOST_AGES = 4  # at which ordinary changes are measured
Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class ServedProfile:
    """The profile a shopper is served with."""

    vector: Vectors
    as_of: datetime
    summary: str


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


def vectors_at(bundle: ModelBundle, states: Sequence[tuple[History, datetime]]) -> Vectors:
    """f of each history at its moment, (S, D); zeros where nothing the model knows had happened."""
    parts = [np.zeros((0, bundle.width), dtype=np.float32)]
    for start in range(0, len(states), BATCH):
        batch = [(history.until(moment).latest(), moment) for history, moment in states[start : start + BATCH]]
        shoppers = [prepare(known, bundle.catalogue, int(moment.timestamp())) for known, moment in batch]
        parts.append(profile_vectors(bundle, shoppers))
    return np.concatenate(parts)


def distances(left_UD: Vectors, right_UD: Vectors) -> NDArray[np.float64]:
    """Cosine distances, row by row: 0 the same direction, 1 nothing in common; NaN where either is all zeros."""
    lengths = np.linalg.norm(left_UD, axis=1) * np.linalg.norm(right_UD, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        cosines = np.einsum("sd,sd->s", left_UD, right_UD) / lengths
    return np.where(lengths > 0, np.clip(1 - cosines, 0, 2), np.nan).astype(np.float64)


def active_between(histories: Mapping[str, History], start: datetime, end: datetime) -> list[str]:
    """The shoppers who did something in [start, end), in order of id."""
    return sorted(user_id for user_id, history in histories.items() if has_acted(history, start, end))


def has_acted(history: History, start: datetime, end: datetime) -> bool:
    first, after = np.searchsorted(history.times, [int(start.timestamp()), int(end.timestamp())])
    return bool(first < after)


@dataclass(frozen=True, slots=True)
class Ordinary:
    """How far profiles ordinarily move: distances from a shopper's profile to the one that is so much younger."""

    by_age: Mapping[timedelta, NDArray[np.float64]]
    false_alarm: float

    def thresholds(self, ages: Sequence[timedelta]) -> NDArray[np.float64]:
        """The distance that a share `false_alarm` of ordinary changes of each age exceeds.

        Between the ages that were measured it is interpolated over the age's logarithm.
        """
        known = sorted(self.by_age)
        measured = [float(np.quantile(self.by_age[age], 1 - self.false_alarm)) for age in known]
        return np.interp(_logs(ages), _logs(known), measured)

    @property
    def distances(self) -> NDArray[np.float64]:
        return np.concatenate(list(self.by_age.values()))

    def beyond(self) -> int:
        """How many of the ordinary changes exceed their threshold."""
        pairs = zip(self.thresholds(list(self.by_age)), self.by_age.values(), strict=True)
        return sum(int((distances > threshold).sum()) for threshold, distances in pairs)


def _logs(ages: Sequence[timedelta]) -> NDArray[np.float64]:
    return np.log([max(age.total_seconds(), 1.0) for age in ages])


def ordinary_changes(
    bundle: ModelBundle,
    histories: Mapping[str, History],
    ends: Sequence[datetime],
    ages: Sequence[timedelta],
    most: int,
    seed: int,
) -> dict[timedelta, NDArray[np.float64]]:
    """By age the distances of profiles at these ends from profiles so much older, of shoppers who came in between.

    `most` of them are drawn at random.
    """
    rng, found = np.random.default_rng(seed), {}
    users = sorted(histories)
    for age in ages:
        places = rng.permutation(len(users) * len(ends))
        pairs = ((histories[users[place // len(ends)]], ends[place % len(ends)]) for place in places.tolist())
        acted = list(islice(((known, end) for known, end in pairs if has_acted(known, end - age, end)), most))
        before = vectors_at(bundle, [(known, end - age) for known, end in acted])
        moved = distances(before, vectors_at(bundle, acted))
        found[age] = moved[np.isfinite(moved)]
    return found


def representative_ages(ages: Sequence[timedelta], otherwise: timedelta) -> list[timedelta]:
    """Some ages that stand for all of these."""
    if not ages:
        return [otherwise]
    hours = np.unique(np.ceil([age / timedelta(hours=1) for age in ages]))
    if len(hours) > MOST_AGES:
        hours = np.unique(np.quantile(hours, np.linspace(0.05, 0.95, MOST_AGES), method="nearest"))
    return [timedelta(hours=float(each)) for each in hours]


def profile_states(
    bundle: ModelBundle, histories: Mapping[str, History], stretches: Stretches, components: int
) -> list[pl.DataFrame]:
    """The first components of the profiles of those who came in a stretch at its end, the current stretch first.

    A profile knows as much of the past at each moment.
    """
    names, found = [f"profile_{place:02d}" for place in range(min(bundle.width, components))], []
    for end in (stretches.end, *stretches.ends):
        came = [user_id for user_id, one in sorted(histories.items()) if has_acted(one, end - stretches.length, end)]
        since = int((end - stretches.memory).timestamp())
        known = [histories[user_id].take(histories[user_id].times >= since) for user_id in came]
        vectors = vectors_at(bundle, [(history, end) for history in known])
        parts = pl.DataFrame(vectors[:, : len(names)].astype(np.float64), schema=names)
        users = pl.DataFrame({"user_id": came}, schema={"user_id": pl.String})
        found.append(pl.concat([users, parts], how="horizontal").filter(pl.Series(vectors.any(axis=1))))
    return found


def served_profiles(session: Session, model_version: str, until: datetime, but_for: str) -> dict[str, ServedProfile]:
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
    query = select(ProfileVersion.user_id, ProfileVersion.vector, ProfileVersion.as_of, ProfileVersion.summary).join(
        version, (ProfileVersion.user_id == version.c.user_id) & (ProfileVersion.version == version.c.version)
    )
    rows = session.execute(query)
    return {
        user_id: ServedProfile(np.frombuffer(vector, dtype="<f4"), as_of, summary)
        for user_id, vector, as_of, summary in rows
    }


def known_since(session: Session, model_version: str, until: datetime, but_for: str) -> set[str]:
    """The shoppers for whom the model made a profile as of `until` or later: it knows what they did before."""
    query = select(ProfileVersion.user_id).where(ProfileVersion.model_version == model_version)
    query = query.where(ProfileVersion.as_of >= until, ProfileVersion.reason != but_for)
    return set(session.scalars(query.distinct()))


@dataclass(frozen=True, slots=True)
class Change:
    """How far today's profile lies from the one in service, and that one's age; None: there is none in service."""

    distance: float
    age: timedelta | None


def changes_of_shoppers(
    bundle: ModelBundle,
    histories: Mapping[str, History],
    served: Mapping[str, ServedProfile],
    until: datetime,
    since: datetime,
) -> dict[str, Change]:
    """The change of each shopper with new behaviour; those who did nothing new are not in the answer.

    New is what happened since the served profile was built, or since `since` for a shopper who has none.
    """
    known_until = {user_id: profile.as_of for user_id, profile in served.items()}
    new = [
        user_id
        for user_id, history in sorted(histories.items())
        if has_acted(history, known_until.get(user_id, since), until)
    ]
    today_UD = vectors_at(bundle, [(histories[user_id], until) for user_id in new])
    nothing = np.zeros(bundle.width, dtype=np.float32)
    served_UD = np.stack([served[user_id].vector if user_id in served else nothing for user_id in new] or [nothing])
    found = distances(served_UD[: len(new)], today_UD)
    return {
        user_id: Change(float(distance), until - served[user_id].as_of) if user_id in served else NOT_SERVED
        for user_id, distance, today in zip(new, found, today_UD, strict=True)
        if today.any() and (user_id not in served or np.isfinite(distance))
    }


NOT_SERVED = Change(1.0, None)  # a profile of somebody else would be as near
