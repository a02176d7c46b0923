"""What the shop's feed says of prices: whether purchases still say what was paid, and whether that is what it was.

A feed that sends zeros, or prices that jump, change few of the behaviour's columns, and slowly; so purchases are looked
at themselves, each beside what its item usually cost.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl

from monitoring.compared_days import Stretches

LEAST_PURCHASES = 50  # in a stretch, for its figures to say anything
MORE_UNPRICED = 0.2  # so many more of the purchases say no price than ever in an ordinary stretch;
PRICE_CHANGE = 0.2  # what is paid for the same items is so much more or less than it ever was in one


def judge_feed(events: pl.DataFrame, stretches: Stretches) -> dict[str, Any]:
    """The purchases of the current stretch beside those of the reference's.

    Returns:
        `unpriced`, the share of the purchases with no price above zero; `price_ratio`, the median of what was paid
        beside the item's median price before the current stretch (1: as ever; None: nothing to compare); the same of
        the reference's stretches; and whether either left what is ordinary.
    """
    purchases = _purchases(events)
    usual = (
        purchases.filter((pl.col("time") < stretches.start) & (pl.col("price") > 0))
        .group_by("item_id")
        .agg(pl.col("price").median().alias("usual"))
    )
    current, *before = (_figures(purchases, usual, end, stretches) for end in (stretches.end, *stretches.ends))
    unpriced = [share for share, _, count in before if count >= LEAST_PURCHASES]
    ratios = [ratio for _, ratio, count in before if count >= LEAST_PURCHASES and ratio is not None]
    share, ratio, count = current
    enough = count >= LEAST_PURCHASES
    gone = enough and bool(unpriced) and share > max(unpriced) + MORE_UNPRICED
    moved = enough and ratio is not None and bool(ratios) and _is_moved(ratio, ratios)
    return {
        "purchases": count,
        "unpriced": round(share, 4),
        "ordinary_unpriced": [round(one, 4) for one in unpriced],
        "price_ratio": None if ratio is None else round(ratio, 4),
        "ordinary_price_ratios": [round(one, 4) for one in ratios],
        "drifted": bool(gone or moved),
    }


def _purchases(events: pl.DataFrame) -> pl.DataFrame:
    """Time, item and the price of one piece; 0 where none is said."""
    pieces = pl.when(pl.col("quantity") > 0).then(pl.col("quantity")).otherwise(1.0)
    bought = events.filter((pl.col("event_type") == "purchase") & pl.col("item_id").is_not_null())
    return bought.select("time", "item_id", (pl.col("value").fill_null(0.0) / pieces).alias("price"))


def _figures(
    purchases: pl.DataFrame, usual: pl.DataFrame, end: datetime, stretches: Stretches
) -> tuple[float, float | None, int]:
    """The share without a price, the median ratio to the usual price, and the number, of a stretch's purchases."""
    inside = purchases.filter(pl.col("time").is_between(end - stretches.length, end, closed="left"))
    priced = inside.filter(pl.col("price") > 0).join(usual, on="item_id")
    share = 1 - float((inside["price"] > 0).mean() or 0.0) if len(inside) else 0.0  # type: ignore[arg-type]
    ratio = float(np.median(priced["price"] / priced["usual"])) if len(priced) >= LEAST_PURCHASES else None
    return share, ratio, len(inside)


def _is_moved(ratio: float, ordinary: list[float]) -> bool:
    return bool(ratio > max(ordinary) * (1 + PRICE_CHANGE) or ratio < min(ordinary) / (1 + PRICE_CHANGE))


def describe_feed(feed: Mapping[str, Any]) -> str:
    """What was found, as a person would say it."""
    sentence = f"{feed['unpriced']:.0%} of {feed['purchases']:,} purchases say no price"
    ratio = feed["price_ratio"]
    return sentence if ratio is None else f"{sentence}, the others cost {ratio:.2f} times what their items usually do"
