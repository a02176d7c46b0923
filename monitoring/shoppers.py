"""Which shoppers changed: what they did since the profile they are served with, against what they did before it.

It knows a model bundle, events as a frame, and when the profiles kept in the database were built.

Shape suffixes: U shoppers, S sample, D width.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from itertools import islice

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from monitoring.compared_days import Stretches
from monitoring.tastes import Tastes
from recommender.data.history import MAX_HISTORY, TYPE_CODES, History
from recommender.db.tables import ProfileVersion
from recommender.models.bundle import ModelBundle
from recommender.profiles.profile import profile_vectors
from recommender.profiles.user_state import prepare

BATCH = 512
LEAST_CHANGES = 20  # a threshold from fewer ordinary changes would be a guess
MOST_AGES = 4  # at which ordinary changes are measured
MOST_BINS, LEAST_IN_BIN = 6, 100  # of ordinary changes by how many items they are of
Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class ServedProfile:
    """When the profile a shopper is served with was built, and what it says."""

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
    return History.of_columns(
        part["event_id"].to_list(),
        part["item_id"].fill_null("").to_list(),
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


def has_acted(history: History, start: datetime, end: datetime) -> bool:
    """Whether an event of the history lies in [start, end), by whole seconds."""
    first, after = np.searchsorted(history.times, [int(start.timestamp()), int(end.timestamp())])
    return bool(first < after)


@dataclass(frozen=True)
class Ordinary:
    """How far shoppers ordinarily go from their past: distances, and of how many items each is.

    A few items stray farther than many do. Distances are made comparable by how far a share `false_alarm` of ordinary
    ones of as many items goes, so that one threshold holds for all.
    """

    raw_S: NDArray[np.float64]
    items_S: NDArray[np.int64]
    false_alarm: float

    @cached_property
    def _limits(self) -> tuple[list[float], list[float]]:
        """Logarithms of numbers of items, and the limit at each."""
        order = np.argsort(self.items_S, kind="stable")
        bins = np.array_split(order, min(max(len(order) // LEAST_IN_BIN, 1), MOST_BINS))
        at = [float(np.log(np.median(self.items_S[each]))) for each in bins]
        return at, [float(np.quantile(self.raw_S[each], 1 - self.false_alarm)) for each in bins]

    @cached_property
    def threshold(self) -> float:
        """The limit of the middle one of the ordinary changes."""
        return float(np.interp(np.log(np.median(self.items_S)), *self._limits))

    def comparable(self, raw_S: NDArray[np.float64], items_S: NDArray[np.int64]) -> NDArray[np.float64]:
        """These distances as if each were of as many items as the middle one of the ordinary changes."""
        limits = np.interp(np.log(np.maximum(items_S, 1)), *self._limits)
        return np.clip(raw_S - limits + self.threshold, 0, 2)

    @cached_property
    def distances(self) -> NDArray[np.float64]:
        """The ordinary changes' own distances, (S,), made comparable."""
        return self.comparable(self.raw_S, self.items_S)

    def beyond(self) -> int:
        """How many of the ordinary changes exceed the threshold."""
        return int((self.distances > self.threshold).sum())


def ordinary_changes(
    tastes: Tastes,
    histories: Mapping[str, History],
    ends: Sequence[datetime],
    ages: Sequence[timedelta],
    most: int,
    seed: int,
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Distances of what was done in as long a time before these ends, and numbers of items: (S,) each.

    Of shoppers who came in that time; `most` of them, drawn at random.
    """
    rng, users = np.random.default_rng(seed), sorted(histories)
    places = rng.permutation(len(users) * len(ends))
    drawn = rng.integers(len(ages), size=len(places))  # each end with each age
    triples = ((histories[users[place // len(ends)]], ends[place % len(ends)], ages[age])
               for place, age in zip(places.tolist(), drawn.tolist(), strict=True))  # fmt: skip
    found = (tastes.distance(known, end - age, end) for known, end, age in triples)
    kept = list(islice(((far, items) for far, items in found if np.isfinite(far)), most))
    return np.array([far for far, _ in kept]), np.array([items for _, items in kept], dtype=np.int64)


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
    query = select(ProfileVersion.user_id, ProfileVersion.as_of, ProfileVersion.summary).join(
        version, (ProfileVersion.user_id == version.c.user_id) & (ProfileVersion.version == version.c.version)
    )
    rows = session.execute(query)
    return {user_id: ServedProfile(as_of, summary) for user_id, as_of, summary in rows}


def known_since(session: Session, model_version: str, until: datetime, but_for: str) -> set[str]:
    """The shoppers for whom the model made a profile as of `until` or later: it knows what they did before."""
    query = select(ProfileVersion.user_id).where(ProfileVersion.model_version == model_version)
    query = query.where(ProfileVersion.as_of >= until, ProfileVersion.reason != but_for)
    return set(session.scalars(query.distinct()))


@dataclass(frozen=True, slots=True)
class NewBehaviour:
    """What a shopper did that the profile in service doesn't know: how far from their past, and of how many items.

    `age` is the profile's; None: there is none in service, or it rests on next to nothing.
    """

    distance: float
    items: int
    age: timedelta | None


def new_behaviours(
    tastes: Tastes,
    histories: Mapping[str, History],
    served: Mapping[str, ServedProfile],
    until: datetime,
    since: datetime,
) -> dict[str, NewBehaviour]:
    """Of each shopper with new behaviour; those who did nothing new are not in the answer.

    New is what happened since the served profile was built, or since `since` for a shopper who has none.
    """
    found = dict[str, NewBehaviour]()
    for user_id, history in sorted(histories.items()):
        profile = served.get(user_id)
        distance, items = tastes.distance(history, profile.as_of if profile is not None else since, until)
        if profile is not None and np.isfinite(distance):
            found[user_id] = NewBehaviour(distance, items, until - profile.as_of)
        elif items:
            found[user_id] = NewBehaviour(ANYBODYS, items, None)
    return found


def made_comparable(new: Mapping[str, NewBehaviour], ordinary: Ordinary) -> dict[str, NewBehaviour]:
    """The same with distances that one threshold holds for."""
    aged = [user_id for user_id, one in new.items() if one.age is not None]
    raw, items = (np.array([getattr(new[user_id], name) for user_id in aged]) for name in ("distance", "items"))
    far = dict(zip(aged, ordinary.comparable(raw.astype(np.float64), items.astype(np.int64)).tolist(), strict=True))
    return {user_id: replace(one, distance=far.get(user_id, one.distance)) for user_id, one in new.items()}


ANYBODYS = 1.0  # a profile of somebody else would be as near
