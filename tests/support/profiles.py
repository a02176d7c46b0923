"""Profiles of any size, made up but the same for the same seed, and their exact comparison."""

from datetime import UTC, datetime, timedelta

import numpy as np

from recommender.data.history import History
from recommender.data.side_info import Background
from recommender.profiles.profile import Affinity, Profile

AS_OF = datetime(2026, 3, 1, 12, 30, 15, 123457, tzinfo=UTC)


def some_profile(user_id: str, events: int = 20, version: int = 1, as_of: datetime = AS_OF, seed: int = 0) -> Profile:
    """A profile with that many events, a search and a missing value among them; with none, everything is empty."""
    rng = np.random.default_rng(seed)
    values = np.where(rng.random(events) < 0.2, np.nan, 10 * rng.random(events))
    history = History(
        event_ids=np.array([f'e|{n}, "{user_id}"' for n in range(events)], dtype=object),
        item_ids=np.array(["" if n % 7 == 0 else f"商品 {n}" for n in range(events)], dtype=object),
        event_types=rng.integers(0, 6, events).astype(np.int8),
        values=values.astype(np.float32),
        times=np.sort(int(as_of.timestamp()) - rng.integers(0, 10**7, events)).astype(np.int64),
    )
    affinities = tuple(
        Affinity("category", f"茶 & {n}", float(rng.random()), tuple(history.event_ids[:n]))
        for n in range(min(events, 4))
    )
    vector = rng.standard_normal(32 if events else 0).astype(np.float32)
    background = Background({"商品 1": 2 / 3, "a|b": float(np.float32(0.1))}) if events else Background()
    summary = "Mostly tea. 多为茶。" if events else ""
    return Profile(user_id, version, "model-1", as_of, vector, affinities, history, summary, background)


def assert_same(one: Profile | None, other: Profile) -> None:
    """Every field is equal, to the bit and the dtype."""
    assert one is not None
    for name in ("user_id", "version", "model_version", "as_of", "affinities", "summary", "background"):
        assert getattr(one, name) == getattr(other, name), name
    np.testing.assert_array_equal(one.vector, other.vector, strict=True)
    for name in ("event_ids", "item_ids", "event_types", "values", "times"):
        np.testing.assert_array_equal(getattr(one.history, name), getattr(other.history, name), strict=True)


def later(profile: Profile, **change: float) -> datetime:
    return profile.as_of + timedelta(**change)
