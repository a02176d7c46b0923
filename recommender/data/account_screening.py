"""Accounts that do more than people do: scripts, tills, one id for all who haven't signed in. Found from a log.

Each measure has a bound: a number that no person reaches, or twenty times what accounts of this shop usually reach
where that is more, so that a shop of busy people (who rate five hundred films in an evening) sets none of them aside.

It knows frames of events; what becomes of the accounts is the caller's affair.
"""

from dataclasses import dataclass, field

import polars as pl

TIMES_THE_USUAL = 20
LONG = 28  # days
SLEEPLESS_HOURS, SLEEPLESS_DAYS = 20, 2
FOUND = pl.Schema({"user_id": pl.String(), "events": pl.UInt32(), "reasons": pl.List(pl.String)})


@dataclass(frozen=True, slots=True)
class Measure:
    """What is counted of an account in each span of days: `counted` over all, or over each item and deed alone."""

    days: int
    most: int  # that a person does
    counted: pl.Expr
    words: str
    of_one_item: bool = False
    among: pl.Expr = field(default_factory=lambda: pl.lit(True))  # events


_BUT_VIEWS = pl.col("event_type") != "view"
_MOMENTS = pl.col("time").n_unique()  # an order of many lines is one
MEASURES = (
    Measure(1, 600, pl.len(), "events"),
    Measure(LONG, 6_000, pl.len(), "events"),
    Measure(1, 300, pl.col("item_id").n_unique(), "different items"),
    Measure(LONG, 3_000, pl.col("item_id").n_unique(), "different items"),
    Measure(1, 30, _MOMENTS, "times the same with one item", True, _BUT_VIEWS),
    Measure(LONG, 300, _MOMENTS, "times the same with one item", True, _BUT_VIEWS),
    Measure(1, 150, _MOMENTS, "times the same with one item", True),
)


def find_unlikely(events: pl.DataFrame) -> pl.DataFrame:
    """Accounts beyond what people do, the busiest first: `user_id`, `events`, and `reasons`, each with its figures.

    The frame has `user_id`, `item_id`, `event_type` and `time`; events of nobody are passed over.
    """
    known = events.select(
        pl.col("user_id").cast(pl.String),
        pl.col("item_id").cast(pl.String),
        pl.col("event_type").cast(pl.String),
        "time",
        pl.col("time").dt.epoch("d").alias("day"),
    ).filter(pl.col("user_id").is_not_null())
    if known.is_empty():
        return pl.DataFrame(schema=FOUND)
    reasons = pl.concat([*(_beyond(known, measure) for measure in MEASURES), _sleepless(known)])
    by_account = reasons.group_by("user_id", maintain_order=True).agg("reason").rename({"reason": "reasons"})
    counts = known.group_by("user_id").len("events")
    found = (
        by_account.join(counts, on="user_id").select(FOUND.names()).sort("events", "user_id", descending=[True, False])
    )
    return found.cast(FOUND)


def without(events: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """The events of all other accounts, and of nobody."""
    theirs = pl.col("user_id").cast(pl.String).is_in(found["user_id"].implode())
    return events.filter(~theirs.fill_null(False)) if len(found) else events


def _beyond(known: pl.DataFrame, measure: Measure) -> pl.DataFrame:
    span = pl.col("day") // measure.days * measure.days
    keys = ["user_id", "item_id", "event_type"] if measure.of_one_item else ["user_id"]
    counts = known.filter(measure.among).group_by(*keys, span.alias("since")).agg(measure.counted.alias("count"))
    greatest = counts.sort("count", "since", descending=True).unique("user_id", keep="first", maintain_order=True)
    usual = greatest["count"].median()
    bound = max(measure.most, TIMES_THE_USUAL * int(usual if isinstance(usual, float) else 0))
    what = pl.format("{} of {}, ", "event_type", "item_id") if measure.of_one_item else pl.lit("")
    when = pl.from_epoch(pl.col("since"), "d").cast(pl.String)
    reason = pl.format("{}{} {} in {} from {}, bound {}", what, "count", pl.lit(measure.words),
                     pl.lit(_span(measure.days)), when, pl.lit(bound))  # fmt: skip
    return greatest.filter(pl.col("count") > bound).select("user_id", reason.alias("reason"))


def _sleepless(known: pl.DataFrame) -> pl.DataFrame:
    """Those active in nearly all hours of a day, day after day."""
    hours = known.group_by("user_id", "day").agg(pl.col("time").dt.hour().n_unique().alias("hours"))
    days = hours.filter(pl.col("hours") >= SLEEPLESS_HOURS).group_by("user_id").len("days")
    reason = pl.format("active in {} or more hours on {} days, bound {}", pl.lit(SLEEPLESS_HOURS), "days",
                     pl.lit(SLEEPLESS_DAYS - 1))  # fmt: skip
    return days.filter(pl.col("days") >= SLEEPLESS_DAYS).select("user_id", reason.alias("reason"))


def _span(days: int) -> str:
    return "a day" if days == 1 else f"{days} days"
