"""A shopper's behaviour as the ranker reads it: point-in-time from the feature store, or from a log in memory.

Both give what the newest row of `user_behaviour` said at a moment, by the same functions that build the view: the
store through a model's feature service, the log for measurements of shops that have no store.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Protocol

import pandas as pd
import polars as pl

from features.building.behaviour import VIEW, build_behaviour
from features.building.behaviour import Behaviour as Built
from features.offline import historical
from features.partitions import SCHEMAS, STAMP
from recommender.data.behaviour import NOTHING_DONE, READ, Behaviour

DAY = 86_400


class BehaviourAt(Protocol):
    """Knows what shoppers had done at any moment."""

    def at(self, user_ids: Sequence[str], moment: int) -> list[Behaviour]:
        """What each of them had done by the last midnight that is not later than `moment`, in Unix seconds."""
        ...


@dataclass(frozen=True)
class StoredBehaviours:
    """Of Feast's offline store, through the feature service of a model: one join for all who are asked about."""

    feature_service: str

    def at(self, user_ids: Sequence[str], moment: int) -> list[Behaviour]:
        from features.store import features_of  # Feast takes seconds to import

        if not user_ids:
            return []
        asked = pd.DataFrame({"user_id": list(user_ids)}).assign(
            **{STAMP: pd.Timestamp(datetime.fromtimestamp(moment, UTC))}
        )
        found = historical(asked, [f"{VIEW}:{name}" for name in features_of(self.feature_service, VIEW)])
        kinds = pl.Schema({name: kind for name, kind in SCHEMAS[VIEW].items() if name in READ})
        rows = pl.from_pandas(found[kinds.names()]).cast(kinds)
        return [Behaviour.of_row(row) for row in rows.iter_rows(named=True)]


@dataclass(frozen=True)
class LoggedBehaviours:
    """Of a log with the columns of the view `events`, and a catalogue with `item_id`, `category` and `brand`."""

    events: pl.DataFrame
    catalogue: pl.DataFrame

    @cached_property
    def _built(self) -> Built:
        users = pl.Enum(self.events["user_id"].drop_nulls().unique().sort())
        return build_behaviour([self.events.lazy()], self.catalogue, users)

    def at(self, user_ids: Sequence[str], moment: int) -> list[Behaviour]:
        users = self._built.daily.users
        known = sorted(set(user_ids) & set(users.categories))
        asked = pl.DataFrame({"user_id": pl.Series(known, dtype=users)})
        rows = self._built.at(asked.with_columns(pl.lit(moment // DAY - 1, pl.Int64).alias("day")))
        found = {row["user_id"]: Behaviour.of_row(row) for row in rows.iter_rows(named=True)}
        return [found.get(user_id, NOTHING_DONE) for user_id in user_ids]
