"""What shoppers did before a moment, as arrays over a catalogue: the input of the offers' columns.

It knows ids, times and the catalogue; where behaviour comes from (the feature store, the database) is the caller's
affair, so that one shopper online and all of them offline are described by the same code.

Shape suffixes: L events, r redemptions, m mailings, M distinct texts, N items.
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
        """The items of a model, with the texts that it was trained with."""
        return cls(bundle.catalogue, bundle.text_MT, bundle.text_row_N)


@dataclass(frozen=True, slots=True)
class Past:
    """Behaviour, redemptions and mailings of `users`, each in order of time (Unix seconds)."""

    users: tuple[str, ...]
    user_L: Ints
    row_L: Ints  # of the item; -1 for one the catalogue doesn't have
    strength_L: NDArray[np.float32]
    spent_L: NDArray[np.float32]
    bought_L: NDArray[np.bool_]
    time_L: Ints
    user_r: Ints
    campaign_r: NDArray[np.object_]
    time_r: Ints
    user_m: Ints
    campaign_m: NDArray[np.object_]
    time_m: Ints

    def of_users(self, users: Sequence[str]) -> "Past":
        """The part of it that is these shoppers'."""
        place = {user_id: row for row, user_id in enumerate(users)}
        row_U = np.array([place.get(user_id, -1) for user_id in self.users], dtype=np.int64)
        user_L, user_r, user_m = row_U[self.user_L], row_U[self.user_r], row_U[self.user_m]
        e, r, s = user_L >= 0, user_r >= 0, user_m >= 0
        return Past(
            tuple(users),
            user_L[e],
            self.row_L[e],
            self.strength_L[e],
            self.spent_L[e],
            self.bought_L[e],
            self.time_L[e],
            user_r[r],
            self.campaign_r[r],
            self.time_r[r],
            user_m[s],
            self.campaign_m[s],
            self.time_m[s],
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
            user_L=frame["user"].to_numpy(),
            row_L=rows.cast(pl.Int64).to_numpy(),
            strength_L=strengths(kinds, values),
            spent_L=np.where(bought, np.nan_to_num(values), 0).astype(np.float32),
            bought_L=bought,
            time_L=frame["time"].dt.epoch("s").to_numpy(),
            user_r=np.array([place[one.user_id] for one in used], dtype=np.int64),
            campaign_r=np.array([one.campaign_id for one in used], dtype=object),
            time_r=np.array([one.time.timestamp() for one in used], dtype=np.int64),
            user_m=np.array([place[one[1]] for one in sent], dtype=np.int64),
            campaign_m=np.array([one[0] for one in sent], dtype=object),
            time_m=np.array([one[2].timestamp() for one in sent], dtype=np.int64),
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
    """The past of one shopper, from the history that the database keeps of them."""
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
