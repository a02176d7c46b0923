"""The shoppers' behaviour features at moments that can be compared: a row a shopper, then and now.

Everybody who was active within the stretches' memory counts at each moment, whether they came in its stretch or not:
who stays away is a finding. It knows the columns of the view `user_behaviour` by their kinds and their windows.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

import polars as pl

from features.building.behaviour import behaviour_at
from features.partitions import STAMP
from monitoring.compared_days import Stretches

LEANING_DAYS = 90  # three half-lives of what leanings remember
LONGEST_DAYS, DAY_US = 180, 86_400e6
RECENCY = {"days_since_last_event": "last_active_time", "days_since_last_purchase": "last_purchase_time"}


def known_at(events: pl.DataFrame, moment: datetime, memory: timedelta) -> pl.Series:
    """The shoppers who were active in the `memory` before the moment, in order of id."""
    inside = events.filter(pl.col("time").is_between(moment - memory, moment, closed="left"))
    return inside["user_id"].drop_nulls().unique().sort()


def draw(events: pl.DataFrame, stretches: Stretches, most: int, seed: int) -> list[str]:
    """At most `most` of the shoppers who are known at any of the moments, in random order."""
    known = known_at(events, stretches.end, stretches.end - stretches.ends[-1] + stretches.lately)
    return known.shuffle(seed).head(most).to_list()


def states(
    events: pl.DataFrame, catalogue: pl.DataFrame, user_ids: Sequence[str], stretches: Stretches
) -> list[pl.DataFrame]:
    """The behaviour of these shoppers at the current end and at each end of the reference, of those known there."""
    theirs = events.filter(pl.col("user_id").is_in(list(user_ids)))
    found = []
    for moment in (stretches.end, *stretches.ends):
        known = known_at(theirs, moment, stretches.lately)
        rows = behaviour_at(theirs, catalogue, moment).filter(pl.col("user_id").is_in(known.implode()))
        found.append(_remembered(rows, stretches.lately))
    return found


def _remembered(rows: pl.DataFrame, memory: timedelta) -> pl.DataFrame:
    """With the days since last moments, without what reaches farther back than what is known at every moment."""
    days = memory / timedelta(days=1)
    kept = [name for name in rows.columns if _reach(name) <= days and name not in RECENCY.values()]
    ages = {name: (pl.col(STAMP) - pl.col(time)).dt.total_microseconds() / DAY_US for name, time in RECENCY.items()}
    recent = [pl.when(age <= days).then(age).cast(pl.Float32).alias(name) for name, age in ages.items()]
    return rows.select(*kept, *recent)


def _reach(column: str) -> float:
    """How many days back a column looks."""
    if window := re.fullmatch(r"^.*_(\d+)d", column):
        return int(window[1])
    return LEANING_DAYS if column.startswith("top_") else LONGEST_DAYS if column == "price_level" else 0
