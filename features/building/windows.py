"""Counts, sums and recency over 1, 7, 30 and 180 days, of any shoppers on any days, from what each day adds up to.

Pure functions over arrays. Days are numbers since 1970; a row for day D describes a shopper at the end of D: every
window ends with D. A window's sum is the difference of two running sums, whose places are found by bisection.

Shape suffixes: P days of a shopper with events, T rows asked for.
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

    place_P: Ints
    totals: dict[str, Ints]  # one longer than P
    last_event_P: Ints
    last_purchase_P: Ints  # of the latest day with a purchase up to this one
    purchase_at_P: Ints  # the place of that day; -1 where there is none

    def reach(self, state_T: Ints, day_T: Ints, days: int) -> tuple[Ints, Ints]:
        """From which to before which place the days of a window stand."""
        end_T = state_T * _DAYS + day_T
        low_T = np.searchsorted(self.place_P, end_T - days, side="right")
        return low_T, np.searchsorted(self.place_P, end_T, side="right")


def make_timeline(sums: pl.DataFrame) -> Timeline:
    """`sums` are those of `daily.Daily`."""
    place_P = (sums["state"] * _DAYS + sums["day"]).to_numpy()
    names = (*ACTIONS.values(), "spend", "priced", "log_price")
    totals = {name: np.concatenate([[0], np.cumsum(sums[name].to_numpy())]) for name in names}
    bought_P = sums["last_purchase"].is_not_null().to_numpy()
    at_P = np.maximum.accumulate(np.where(bought_P, np.arange(len(sums)), -1)) if len(sums) else np.empty(0, np.int64)
    purchases_P = sums["last_purchase"].fill_null(0).to_numpy()
    return Timeline(place_P, totals, sums["last_event"].to_numpy(), purchases_P[at_P], at_P)


def windows_at(line: Timeline, state_T: Ints, day_T: Ints) -> pl.DataFrame:
    """Every feature of the windows, a row for each state and day asked."""
    columns: dict[str, Ints | NDArray[np.float64]] = {}
    for days in WINDOWS:
        low_T, high_T = line.reach(state_T, day_T, days)
        sums = {name: total[high_T] - total[low_T] for name, total in line.totals.items()}
        columns |= {f"{name}_{days}d": sums[name] for name in ACTIONS.values()}
        columns[f"spend_{days}d"] = sums["spend"] / MONEY
    low_T, high_T = line.reach(state_T, day_T, HORIZON_DAYS)
    found = pl.DataFrame(columns | {"priced": sums["priced"], "log_price": sums["log_price"] / LOGS})
    level = pl.when(pl.col("priced") > 0).then(pl.col("log_price") / pl.col("priced"))
    return found.select(
        pl.exclude("priced", "log_price"),
        level.alias("price_level"),
        _moments(line.last_event_P, high_T - 1, low_T).alias("last_active_time"),
        _moments(line.last_purchase_P, _at(line.purchase_at_P, high_T - 1), low_T).alias("last_purchase_time"),
    )


def _at(values_P: Ints, place_T: Ints) -> Ints:
    return values_P[place_T] if len(values_P) else np.full(len(place_T), -1)


def _moments(moments_P: Ints, place_T: Ints, low_T: Ints) -> pl.Series:
    """The moments at these places; null where the place lies before the window."""
    inside = pl.Series(place_T >= low_T)
    moments = pl.Series(_at(moments_P, place_T)).cast(TIME)
    return moments.zip_with(inside, pl.Series([None], dtype=TIME).new_from_index(0, len(moments)))
