"""What shoppers did before a moment, as arrays over a catalogue: the input of the offers' columns.

It knows ids, times and the catalogue; where behaviour comes from (the feature store, the database) is the caller's
affair, so that one shopper online and all of them offline are described by the same code.

Shape suffixes: E events, R redemptions, S mailings, M distinct texts, N items.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recommender.data.catalog import Catalogue
from recommender.data.event_weights import PURCHASE, strengths
from recommender.data.history import TYPE_CODES, History
from recommender.db.tables import EVENT_TYPES
from recommender.models.bundle import ModelBundle
from recommender.offers.campaigns import Drive, Redeemed

YEAR_DAYS = 365
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Goods:
    """The shop's items as coupons see them: categories, and what their texts say."""

    catalogue: Catalogue
    text_MT: NDArray[np.float32]
    text_row_N: NDArray[np.int32]

    @classmethod
    def of(cls, bundle: ModelBundle) -> "Goods":
        return cls(bundle.catalogue, bundle.text_MT, bundle.text_row_N)


@dataclass(frozen=True, slots=True)
class Past:
    """Behaviour, redemptions and mailings of `users`, each in order of time (Unix seconds)."""

    users: tuple[str, ...]
    user_E: Ints
    row_E: Ints  # of the item; -1 for one the catalogue doesn't have
    strength_E: NDArray[np.float32]
    spent_E: NDArray[np.float32]
    bought_E: NDArray[np.bool_]
    time_E: Ints
    user_R: Ints
    campaign_R: NDArray[np.object_]
    time_R: Ints
    user_S: Ints
    campaign_S: NDArray[np.object_]
    time_S: Ints

    def of_users(self, users: Sequence[str]) -> "Past":
        """The part of it that is these shoppers'."""
        place = {user_id: row for row, user_id in enumerate(users)}
        row_U = np.array([place.get(user_id, -1) for user_id in self.users], dtype=np.int64)
        user_E, user_R, user_S = row_U[self.user_E], row_U[self.user_R], row_U[self.user_S]
        e, r, s = user_E >= 0, user_R >= 0, user_S >= 0
        return Past(
            tuple(users),
            user_E[e],
            self.row_E[e],
            self.strength_E[e],
            self.spent_E[e],
            self.bought_E[e],
            self.time_E[e],
            user_R[r],
            self.campaign_R[r],
            self.time_R[r],
            user_S[s],
            self.campaign_S[s],
            self.time_S[s],
        )

    @classmethod
    def of(
        cls,
        users: Sequence[str],
        events: pl.DataFrame,
        redemptions: Iterable[Redeemed],
        mailings: Iterable[tuple[str, str, datetime]],
        catalogue: Catalogue,
    ) -> "Past":
        """From a frame of user_id, item_id, event_type, value and time; others' rows are left out."""
        place = {user_id: row for row, user_id in enumerate(users)}
        known = pl.DataFrame({"user_id": pl.Series(list(users), dtype=pl.String), "user": np.arange(len(users))})
        frame = events.join(known, on="user_id").sort("time", maintain_order=True)
        ids = pl.DataFrame({"item_id": catalogue.frame["item_id"], "row": np.arange(len(catalogue))})
        rows = frame.join(ids, on="item_id", how="left", maintain_order="left")["row"].fill_null(-1)
        kinds = frame["event_type"].replace_strict(TYPE_CODES, return_dtype=pl.Int8).to_numpy()
        values = frame["value"].cast(pl.Float32).fill_null(float("nan")).to_numpy()
        bought = kinds == PURCHASE
        used = sorted((one for one in redemptions if one.user_id in place), key=lambda one: one.time)
        sent = sorted((one for one in mailings if one[1] in place), key=lambda one: one[2])
        return cls(
            users=tuple(users),
            user_E=frame["user"].to_numpy(),
            row_E=rows.cast(pl.Int64).to_numpy(),
            strength_E=strengths(kinds, values),
            spent_E=np.where(bought, np.nan_to_num(values), 0).astype(np.float32),
            bought_E=bought,
            time_E=frame["time"].dt.epoch("s").to_numpy(),
            user_R=np.array([place[one.user_id] for one in used], dtype=np.int64),
            campaign_R=np.array([one.campaign_id for one in used], dtype=object),
            time_R=np.array([one.time.timestamp() for one in used], dtype=np.int64),
            user_S=np.array([place[one[1]] for one in sent], dtype=np.int64),
            campaign_S=np.array([one[0] for one in sent], dtype=object),
            time_S=np.array([one[2].timestamp() for one in sent], dtype=np.int64),
        )


def mailings_of(campaigns: Iterable[Drive]) -> list[tuple[str, str, datetime]]:
    """Which campaign addressed whom, and when it began."""
    return [(one.campaign_id, user_id, one.starts_at) for one in campaigns for user_id in one.members]


def past_of_one(
    user_id: str,
    history: History,
    redemptions: Iterable[Redeemed],
    mailings: Iterable[tuple[str, datetime]],
    catalogue: Catalogue,
) -> Past:
    """One shopper's, from the history that the database keeps."""
    events = pl.DataFrame(
        {
            "user_id": pl.Series([user_id] * len(history), dtype=pl.String),
            "item_id": pl.Series(history.item_ids.tolist(), dtype=pl.String),
            "event_type": pl.Series([EVENT_TYPES[code] for code in history.event_types], dtype=pl.String),
            "value": history.values,
            "time": pl.from_epoch(pl.Series(history.times, dtype=pl.Int64), "s"),
        }
    )
    sent = [(campaign_id, user_id, moment) for campaign_id, moment in mailings]
    return Past.of([user_id], events, redemptions, sent, catalogue)
