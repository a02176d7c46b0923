"""An experiment's arms beside each other, and what can be said of them yet.

The figures that decide are of all that shoppers bought after their first answer in the experiment, whether or not a
recommendation led to it: an arm may sell more by its answers only because it takes from search.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from monitoring.sales.estimates import Numbers, describe_figure, difference, mean, sample_ratio_p
from recommender.experiments.arms import Experiment

MIN_DAYS, MIN_SHOPPERS = 14, 100  # whole weeks, and a normal distribution of means
BROKEN = 0.0005  # so rarely shares that hold divide shoppers so unevenly
ALPHA = 0.05
NOTHING = {"revenue_more": None, "conversion_more": None, "verdict": None}  # of the first arm, and before it is said


def compare(
    experiment: Experiment, shown: pl.DataFrame, outcomes: pl.DataFrame, until: datetime, days: int
) -> dict[str, Any]:
    """The arms, each beside the first, and the verdict in a word and a sentence."""
    end = min(until, experiment.ended_at or until)
    of_experiment = shown.filter(pl.col("experiment_id") == experiment.experiment_id)
    shoppers = _shoppers(of_experiment, outcomes, min(until, end + timedelta(days=days)))
    parts = [shoppers.filter(pl.col("arm") == arm.name) for arm in experiment.arms]
    counts, shares = [len(part) for part in parts], [arm.share for arm in experiment.arms]
    ran, p = (end - experiment.started_at).total_seconds() / 86_400, sample_ratio_p(counts, shares)
    arms = [_arm(arm.name, arm.share, part) for arm, part in zip(experiment.arms, parts, strict=True)]
    others = len(arms) - 1
    for arm, part in zip(arms[1:], parts[1:], strict=True):
        arm["revenue_more"] = describe_figure(difference(_money(parts[0]), _money(part), others))
        arm["conversion_more"] = describe_figure(difference(_converted(parts[0]), _converted(part), others))
        arm["verdict"] = _verdict(arm, ran, counts, p)
    return {
        "experiment_id": experiment.experiment_id,
        "started_at": experiment.started_at.isoformat(),
        "ended_at": experiment.ended_at.isoformat() if experiment.ended_at else None,
        "days": round(ran, 1),
        "sample_ratio_p": p,
        "arms": arms,
    }


def _shoppers(shown: pl.DataFrame, outcomes: pl.DataFrame, until: datetime) -> pl.DataFrame:
    """A row a shopper: their arm, answers, and all they bought from their first answer on."""
    per_unit = shown.group_by("unit").agg(
        pl.col("arm").sort_by("time").first(),
        pl.col("time").min().alias("since"),
        pl.col("recommendation_id").n_unique().alias("answers"),
        pl.col("recommendation_id").filter(pl.col("clicked")).n_unique().alias("clicked"),
    )
    sold = outcomes.filter(pl.col("kind").is_in(["bought", "returned"]), pl.col("time") < until)
    sold = sold.join(per_unit.select("unit", "since"), on="unit").filter(pl.col("time") >= pl.col("since"))
    spent = sold.group_by("unit").agg(pl.col("money").sum(), (pl.col("kind") == "bought").any().alias("bought"))
    joined = per_unit.join(spent, on="unit", how="left")
    return joined.with_columns(pl.col("money").fill_null(0.0), pl.col("bought").fill_null(value=False)).sort("unit")


def _arm(name: str, share: float, shoppers: pl.DataFrame) -> dict[str, Any]:
    clicked = describe_figure(mean((shoppers["clicked"] / shoppers["answers"]).to_numpy().astype(np.float64)))
    figures = {
        "clicked": clicked,
        "conversion": describe_figure(mean(_converted(shoppers))),
        "revenue": describe_figure(mean(_money(shoppers))),
    }
    return {
        "name": name,
        "share": share,
        "shoppers": len(shoppers),
        "answers": int(shoppers["answers"].sum()),
        **figures,
        **NOTHING,
    }


def _verdict(arm: dict[str, Any], ran: float, counts: Sequence[int], p: float) -> str:
    """uneven: the shares don't hold, so that nothing can be compared; early; better; worse; alike.

    Money decides where any was told of, else how many bought.
    """
    if p < BROKEN:
        return "uneven"
    if ran < MIN_DAYS or min(counts) < MIN_SHOPPERS:
        return "early"
    money, bought = arm["revenue_more"], arm["conversion_more"]
    more = money if money["high"] > money["low"] else bought
    if more["p"] >= ALPHA:
        return "alike"
    return "better" if more["value"] > 0 else "worse"


def _converted(shoppers: pl.DataFrame) -> Numbers:
    return shoppers["bought"].cast(pl.Float64).to_numpy()


def _money(shoppers: pl.DataFrame) -> Numbers:
    return shoppers["money"].to_numpy().astype(np.float64)
