"""A profile as one row of the `user_profile` view, and back, exactly.

It knows the columns; where rows are kept (parquet, SQLite, Redis) is for `offline` and `online`. The profile's own
module is imported where a profile is made: it costs seconds that readers of other features need not spend.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import polars as pl

from features.partitions import SCHEMAS, STAMP
from recommender.data.history import History
from recommender.data.side_info import Background

if TYPE_CHECKING:
    from recommender.profiles.profile import Affinity, Profile

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
FEATURES = tuple(name for name in SCHEMAS["user_profile"].names() if name not in ("user_id", STAMP))


def to_frame(profiles: Iterable["Profile"]) -> pl.DataFrame:
    """A row a profile, stamped with its `as_of`."""
    return pl.DataFrame([to_row(profile) for profile in profiles], schema=dict(SCHEMAS["user_profile"]))


def to_row(profile: "Profile") -> dict[str, Any]:
    """The profile's row as plain Python values, by the names of the view's columns; `from_row` is its inverse."""
    history, affinities = profile.history, profile.affinities
    return {
        "user_id": profile.user_id,
        STAMP: profile.as_of,
        "profile_version": profile.version,
        "model_version": profile.model_version,
        "as_of_us": (profile.as_of - EPOCH) // MICROSECOND,
        "last_event_time": history.last_event_time,
        "summary": profile.summary,
        "vector": profile.vector.tolist(),
        "affinity_kinds": [affinity.kind for affinity in affinities],
        "affinity_keys": [affinity.key for affinity in affinities],
        "affinity_weights": [affinity.weight for affinity in affinities],
        "affinity_evidence": [orjson.dumps(affinity.evidence).decode() for affinity in affinities],
        "recent_event_ids": history.event_ids.tolist(),
        "recent_item_ids": history.item_ids.tolist(),
        "recent_event_types": history.event_types.tolist(),
        "recent_values": history.values.tolist(),
        "recent_times": history.times.tolist(),
        "background": profile.background.to_json(),
    }


def from_row(user_id: str, row: Mapping[str, Any]) -> "Profile":
    """The profile of a row; lists may be missing where they were empty."""
    from recommender.profiles.profile import Profile

    return Profile(
        user_id=user_id,
        version=int(row["profile_version"]),
        model_version=row["model_version"],
        as_of=EPOCH + int(row["as_of_us"]) * MICROSECOND,
        vector=np.array(_list(row, "vector"), dtype=np.float32),
        affinities=_affinities(row),
        history=_history(row),
        summary=row["summary"] or "",
        background=Background.of_json(row["background"] or ""),
    )


def _affinities(row: Mapping[str, Any]) -> "tuple[Affinity, ...]":
    from recommender.profiles.profile import Affinity

    columns = (_list(row, f"affinity_{name}") for name in ("kinds", "keys", "weights", "evidence"))
    return tuple(
        Affinity(kind, key, weight, tuple(orjson.loads(evidence)))
        for kind, key, weight, evidence in zip(*columns, strict=True)
    )


def _history(row: Mapping[str, Any]) -> History:
    names = ("event_ids", "item_ids", "event_types", "values", "times")
    return History.of_columns(*(_list(row, f"recent_{name}") for name in names))


def _list(row: Mapping[str, Any], name: str) -> list[Any]:
    value = row[name]
    return [] if value is None else value
