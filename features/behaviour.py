"""A shopper's behaviour as the ranker reads it in training: point-in-time, through a model's feature service."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

import pandas as pd
import polars as pl

from features.building.behaviour import VIEW
from features.offline import historical
from features.partitions import SCHEMAS, STAMP
from recommender.data.behaviour import READ, Behaviour

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
        """As `BehaviourAt` says, in the order of `user_ids`; who has no row gets the defaults."""
        from features.store import features_of  # Feast takes seconds to import

        if not user_ids:
            return []
        entities = pd.DataFrame({"user_id": list(user_ids)}).assign(
            **{STAMP: pd.Timestamp(datetime.fromtimestamp(moment, UTC))}
        )
        found = historical(entities, [f"{VIEW}:{name}" for name in features_of(self.feature_service, VIEW)])
        kinds = pl.Schema({name: kind for name, kind in SCHEMAS[VIEW].items() if name in READ})
        rows = pl.from_pandas(found[kinds.names()]).cast(kinds)
        return [Behaviour.of_row(row) for row in rows.iter_rows(named=True)]
