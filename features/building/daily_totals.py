"""What shoppers did on each day, added up: all that windows and leanings are made of.

It knows the log's columns. Sums are whole numbers (money in millionths, logarithms in billionths), so that the same
events give the same sums however the work was split. Shoppers whose purchases came back have a state for the time up
to their first return and one from each return on, each added up from what was known then.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from features.partitions import ACTIONS
from recommender.data.returns import GOES_BACK, without_returned

HORIZON_DAYS = 180  # how far back any feature looks
MONEY, LOGS = 1_000_000, 1_000_000_000
WEIGHTS = {"view": 0.1, "cart": 0.3, "favorite": 0.3, "purchase": 1.0, "rating": 0.5, "review": 0.5}
KINDS = ("category", "brand")
DAY = pl.col("time").dt.epoch("d").cast(pl.Int64).alias("day")
_READ = ("day", "item_id", "event_type", "value", "quantity", "time")
_BOUGHT = pl.col("event_type") == "purchase"
_PRICED = _BOUGHT & (pl.col("value") >= 0)
_LEVEL = (pl.col("value") / pl.max_horizontal(pl.col("quantity").fill_null(1), 1)).log1p()
_SUMS = {
    **{name: (pl.col("event_type") == kind).sum().cast(pl.Int64) for kind, name in ACTIONS.items()},
    "spend": (pl.col("value") * MONEY).round().cast(pl.Int64, strict=False).filter(_BOUGHT).sum(),
    "priced": _PRICED.sum().cast(pl.Int64),
    "log_price": (_LEVEL * LOGS).round().cast(pl.Int64, strict=False).filter(_PRICED).sum(),
    "last_event": pl.col("time").max().dt.epoch("us"),
    "last_purchase": pl.col("time").filter(_BOUGHT).max().dt.epoch("us"),
}
_WEIGHT = pl.col("event_type").replace_strict(
    {kind: round(1000 * weight) for kind, weight in WEIGHTS.items()}, default=0, return_dtype=pl.Int64
)


@dataclass(frozen=True, slots=True)
class Daily:
    """Of each `state` of a shopper and `day` the sums, and by kind the `amount` that each `key` weighed.

    Both are in order. A state's number is its shopper's place in `users`, or one of `returned`: the states that hold
    from a return's `day` on, by `user`.
    """

    users: pl.Enum
    sums: pl.DataFrame
    amounts: dict[str, pl.DataFrame]
    returned: pl.DataFrame


def add_up(log: Sequence[pl.LazyFrame], catalogue: pl.DataFrame, users: pl.Enum) -> Daily:
    """The sums of these shoppers over a log that comes in parts, each of whole days."""
    coded = catalogue.with_columns(pl.col(kind).cast(pl.Enum(names_of(catalogue, kind))) for kind in KINDS)
    number = pl.col("user_id").cast(users, strict=False).to_physical().cast(pl.Int64)
    theirs = [part.with_columns(number.alias("user"), DAY).filter(pl.col("user").is_not_null()) for part in log]
    found, days = [], []
    for part in theirs:
        events = part.select(pl.col("user").alias("state"), *_READ).collect()
        found.append(_add_up(events, coded))
        days.append(events.filter(GOES_BACK).select(pl.col("state").alias("user"), "day"))
    returned = _states(pl.concat(days), len(users.categories))
    if len(returned):
        found.append(_add_up(_as_known(theirs, returned), coded))
    sums, *amounts = (pl.concat(frames) for frames in zip(*found, strict=True))
    ordered = (frame.sort("state", "day", "key") for frame in amounts)
    return Daily(users, sums.sort("state", "day"), dict(zip(KINDS, ordered, strict=True)), returned)


def names_of(catalogue: pl.DataFrame, kind: str) -> pl.Series:
    """The keys of a kind, in order; their places stand for them in `Daily.amounts`."""
    return catalogue[kind].drop_nulls().unique().sort()


def _states(days: pl.DataFrame, first: int) -> pl.DataFrame:
    """The states from days with returns on, numbered from `first`."""
    states = days.unique().sort("user", "day").with_row_index("state")
    return states.with_columns(pl.col("state").cast(pl.Int64) + first)


def _as_known(theirs: Sequence[pl.LazyFrame], returned: pl.DataFrame) -> pl.DataFrame:
    """The events that each state knows of, without the purchases that had come back by its day."""
    names = ["state", "since", "until"]
    until = pl.col("day").shift(-1).over("user").fill_null(pl.Int64.max())
    states = returned.select("user", "state", pl.col("day").alias("since"), until.alias("until")).lazy()
    whole = pl.concat(theirs).join(states, on="user").filter(
        pl.col("day") > pl.col("since") - HORIZON_DAYS,
        pl.col("day") < pl.col("until"),
        ~GOES_BACK | (pl.col("day") <= pl.col("since")),
    )  # fmt: skip
    owned = whole.with_columns(pl.col("state").cast(pl.String).alias("user_id")).drop(names[1:])
    return without_returned(owned.collect())


def _add_up(events: pl.DataFrame, coded: pl.DataFrame) -> tuple[pl.DataFrame, ...]:
    """The sums of days, and for each kind the amounts."""
    known = events.filter(~GOES_BACK)
    sums = known.group_by("state", "day").agg(value.alias(name) for name, value in _SUMS.items())
    weighed = known.select("state", "day", "item_id", _WEIGHT.alias("amount")).filter(pl.col("amount") > 0)
    joined = weighed.join(coded, on="item_id")
    return sums, *(_amounts(joined, kind) for kind in KINDS)


def _amounts(weighed: pl.DataFrame, kind: str) -> pl.DataFrame:
    key = pl.col(kind).to_physical().cast(pl.Int64).alias("key")
    return weighed.filter(pl.col(kind).is_not_null()).group_by("state", "day", key).agg(pl.col("amount").sum())
