"""The rows of `user_behaviour`: when shoppers have one, and what it says.

A row is written when a value changes: at the end of a day on which the shopper did something, and of those on which
that day leaves a window. So the newest row before a moment is what the shopper's behaviour was then. The day on which
a purchase came back, or something left the cart, is such a day, too.

Shape suffixes: Q queries (a state and a day each), X pairs of a first and a last day, L events (one a shopper and day),
Z entries (amounts of a key on a day), Y days of a shopper (of all of them, one after the other).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
from scipy.sparse import csr_array

from features.building.daily_totals import DAY, HORIZON_DAYS, KINDS, Daily, add_up, names_of
from features.building.top_keys import find_strongest
from features.building.windows import CHANGES, Ints, Timeline, make_timeline, windows_at
from features.partitions import SCHEMAS, STAMP, TIME
from recommender.data.returns import GOES_BACK

EPOCH = date(1970, 1, 1)
VIEW = "user_behaviour"
LEANING_COLUMNS = {
    "category": ("top_categories", "top_category_weights"),
    "brand": ("top_brands", "top_brand_weights"),
}
_DAY_US = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What is known of some shoppers, ready to be asked for any day."""

    daily: Daily
    line: Timeline
    amounts: dict[str, tuple[csr_array, pl.Series]]  # by kind: a row a day with events, and the keys' names

    def at(self, requested: pl.DataFrame) -> pl.DataFrame:
        """A row for each `user_id` (as in `daily.users`) and `day` asked, in order of day and id."""
        rows = self._with_states(requested)
        state_Q, day_Q = rows["state"].to_numpy(), rows["day"].to_numpy()
        windows = windows_at(self.line, state_Q, day_Q)
        stamp = ((rows["day"] + 1) * _DAY_US).cast(TIME).alias(STAMP)
        frame = windows.with_columns(rows["user_id"], stamp, *self._leanings(state_Q, day_Q))
        return frame.select(SCHEMAS[VIEW].names()).cast(SCHEMAS[VIEW])

    def _with_states(self, requested: pl.DataFrame) -> pl.DataFrame:
        """By what was known on the day."""
        coded = requested.with_columns(pl.col("user_id").to_physical().cast(pl.Int64).alias("user")).sort("day", "user")
        found = coded.join_asof(self.daily.returned, on="day", by="user", check_sortedness=False)
        return found.with_columns(pl.coalesce("state", "user").alias("state"))

    def _leanings(self, state_Q: Ints, day_Q: Ints) -> list[pl.Series]:
        """They are the same as long as the same days count."""
        width, days = len(self.daily.sums) + 1, self.daily.sums["day"].to_numpy()
        low_Q, high_Q = self.line.reach(state_Q, day_Q, HORIZON_DAYS)
        range_X, range_Q = np.unique(low_Q * width + high_Q, return_inverse=True)
        columns = []
        for kind, names in LEANING_COLUMNS.items():
            found = find_strongest(
                self.amounts[kind][0], days, range_X // width, range_X % width, self.amounts[kind][1]
            )
            lists = (found.keys, found.shares)
            columns += [one.gather(range_Q).alias(name) for name, one in zip(names, lists, strict=True)]
        return columns


def build_behaviour(log: Sequence[pl.LazyFrame], catalogue: pl.DataFrame, users: pl.Enum) -> Behaviour:
    """The behaviour of these shoppers over a log that comes in parts, each of whole days."""
    daily = add_up(log, catalogue, users)
    line = make_timeline(daily.sums)
    amounts = {kind: _matrix(line, daily.amounts[kind], names_of(catalogue, kind)) for kind in KINDS}
    return Behaviour(daily, line, amounts)


def _matrix(line: Timeline, amounts: pl.DataFrame, names: pl.Series) -> tuple[csr_array, pl.Series]:
    place_Z, _ = line.reach(amounts["state"].to_numpy(), amounts["day"].to_numpy(), 1)
    starts = np.concatenate([[0], np.cumsum(np.bincount(place_Z, minlength=len(line.place_Y)))])
    parts = (amounts["amount"].to_numpy().astype(np.float64), amounts["key"].to_numpy(), starts)
    return csr_array(parts, shape=(len(line.place_Y), max(len(names), 1))), names


def list_changes(log: Sequence[pl.LazyFrame], first: int, after: int) -> tuple[pl.Enum, pl.DataFrame]:
    """The shoppers, and the days in [first, after) on which they have a row, in order: `user_id`, `day`."""
    theirs = [part.filter(pl.col("user_id").is_not_null()) for part in log]
    found = pl.concat([part.select("user_id", DAY, GOES_BACK.alias("back")).unique().collect() for part in theirs])
    users = pl.Enum(found["user_id"].unique().sort())
    code_L = found["user_id"].cast(users).to_physical().cast(pl.Int64).to_numpy()
    day_L, acted_L = found["day"].to_numpy(), ~found["back"].to_numpy()
    days = np.concatenate([day_L, *(day_L[acted_L] + later for later in CHANGES)])
    codes = np.concatenate([code_L, *(code_L[acted_L] for _ in CHANGES)])
    inside = (first <= days) & (days < after)
    place_Q = np.unique(days[inside] * len(code_L) + codes[inside])  # numpy sorts these in a tenth of polars' memory
    rows = pl.DataFrame({"user_id": place_Q % len(code_L), "day": place_Q // len(code_L)})
    return users, rows.with_columns(pl.col("user_id").cast(pl.UInt32).cat.to(users))


def behaviour_at(events: pl.DataFrame, catalogue: pl.DataFrame, moment: datetime) -> pl.DataFrame:
    """The row of everybody who did something in these events before the moment, as they give it at its day's end.

    A day that `moment` cuts counts as far as it had come.
    """
    known = events.filter(pl.col("time") < moment, pl.col("user_id").is_not_null())
    day = ((moment - timedelta(microseconds=1)).date() - EPOCH).days
    users = pl.Enum(known["user_id"].unique().sort())
    requested = pl.DataFrame({"user_id": users.categories.cast(users)}).with_columns(pl.lit(day, pl.Int64).alias("day"))
    return build_behaviour([known.filter(day - HORIZON_DAYS < DAY).lazy()], catalogue, users).at(requested)
