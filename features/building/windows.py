"""Counts, sums and recency over 1, 7, 30 and 180 days, of any shoppers on any days, from what each day adds up to.

Pure functions over arrays. Days are numbers since 1970; a row for day D describes a shopper at the end of D: every
window ends with D. A window's sum is the difference of two running sums, whose places are found by bisection.

Shape suffixes: Y days of a shopper with events, Q queries.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from features.building.daily_totals import HORIZON_DAYS, LOGS, MONEY
from features.partitions import ACTIONS, TIME, WINDOWS

CHANGES = (0, *WINDOWS)  # so many days after a day with events windows change: it comes in, and leaves them
_DAYS = 2**20  # more than there will be
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Timeline:
    """Days with events in order of shopper and day: where each stands, running sums, and the last moments so far."""

    place_Y: Ints
    totals: dict[str, Ints]  # one longer than P
    last_event_Y: Ints
    last_purchase_Y: Ints  # of the latest day with a purchase up to this one
    purchase_at_Y: Ints  # the place of that day; -1 where there is none

    def reach(self, state_Q: Ints, day_Q: Ints, days: int) -> tuple[Ints, Ints]:
        """From which to before which place the days of a window stand."""
        end_Q = state_Q * _DAYS + day_Q
        low_Q = np.searchsorted(self.place_Y, end_Q - days, side="right")
        return low_Q, np.searchsorted(self.place_Y, end_Q, side="right")


def make_timeline(sums: pl.DataFrame) -> Timeline:
    """`sums` are those of `daily.Daily`."""
    place_Y = (sums["state"] * _DAYS + sums["day"]).to_numpy()
    names = (*ACTIONS.values(), "spend", "priced", "log_price")
    totals = {name: np.concatenate([[0], np.cumsum(sums[name].to_numpy())]) for name in names}
    bought_Y = sums["last_purchase"].is_not_null().to_numpy()
    at_Y = np.maximum.accumulate(np.where(bought_Y, np.arange(len(sums)), -1)) if len(sums) else np.empty(0, np.int64)
    purchases_Y = sums["last_purchase"].fill_null(0).to_numpy()
    return Timeline(place_Y, totals, sums["last_event"].to_numpy(), purchases_Y[at_Y], at_Y)


def windows_at(line: Timeline, state_Q: Ints, day_Q: Ints) -> pl.DataFrame:
    """Every feature of the windows, a row for each state and day asked."""
    columns: dict[str, Ints | NDArray[np.float64]] = {}
    for days in WINDOWS:
        low_Q, high_Q = line.reach(state_Q, day_Q, days)
        sums = {name: total[high_Q] - total[low_Q] for name, total in line.totals.items()}
        columns |= {f"{name}_{days}d": sums[name] for name in ACTIONS.values()}
        columns[f"spend_{days}d"] = sums["spend"] / MONEY
    low_Q, high_Q = line.reach(state_Q, day_Q, HORIZON_DAYS)
    found = pl.DataFrame(columns | {"priced": sums["priced"], "log_price": sums["log_price"] / LOGS})
    level = pl.when(pl.col("priced") > 0).then(pl.col("log_price") / pl.col("priced"))
    return found.select(
        pl.exclude("priced", "log_price"),
        level.alias("price_level"),
        _moments(line.last_event_Y, high_Q - 1, low_Q).alias("last_active_time"),
        _moments(line.last_purchase_Y, _at(line.purchase_at_Y, high_Q - 1), low_Q).alias("last_purchase_time"),
    )


def _at(values_Y: Ints, place_Q: Ints) -> Ints:
    """-1 before the first place: it must not count from the end."""
    return np.where(place_Q >= 0, values_Y[place_Q], -1) if len(values_Y) else np.full(len(place_Q), -1)


def _moments(moments_Y: Ints, place_Q: Ints, low_Q: Ints) -> pl.Series:
    """The moments at these places; null where the place lies before the window."""
    inside = pl.Series(place_Q >= low_Q)
    moments = pl.Series(_at(moments_Y, place_Q)).cast(TIME)
    return moments.zip_with(inside, pl.Series([None], dtype=TIME).new_from_index(0, len(moments)))
