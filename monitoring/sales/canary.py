"""What the shoppers of a canary buy beside all others, and whether it loses so much that it is ended.

Shape suffixes: U shoppers.

Shoppers are divided by the digest that divides them in service, whoever answered them in the end, from their first
answer after the canary's start on; what they bought counts by whatever way. The interval of the k-th look is so wide
that it misses in 5 of 100 / k(k+1) cases: of all looks together, however many, in 5 of 100 at most.
"""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import polars as pl
import structlog

from monitoring.sales.attribution import VISIT, read_impressions, read_outcomes
from monitoring.sales.comparison import MIN_SHOPPERS
from monitoring.sales.estimates import Numbers, describe_figure, difference, mean
from recommender.db import tables
from recommender.db.engine import get_engine, session_scope
from recommender.release.canary import Canary, running_canary
from recommender.release.guardrails import CONVERSION, Breach
from recommender.release.judging import take_out_canary
from recommender.settings import get_settings

log = structlog.get_logger(__name__)


def judge_canary(now: datetime | None = None) -> dict[str, Any] | None:
    """Counts, keeps the figures with the canary, and ends it where they are beyond the bound; None while none runs."""
    now, settings = now or datetime.now(UTC), get_settings()
    with session_scope() as session:
        canary = running_canary(session)
        if canary is None or canary.shadow:
            return None
        shown = read_impressions(session, canary.started_at, now)
        outcomes = read_outcomes(session, canary.started_at, now)
    with session_scope() as session:
        row = session.get_one(tables.Canary, canary.canary_id)
        row.sales = found = compare(canary, shown, outcomes, now, look=(row.sales or {}).get("look", 0) + 1)
    breach = find_loss(found, settings.guardrail_conversion)
    ended = breach is not None and take_out_canary(get_engine(), canary.model_version, breach, now)
    log.info("canary judged", model_version=canary.model_version, **found["shoppers"], ended=ended)
    return {**found, "ended": ended}


def compare(
    canary: Canary, shown: pl.DataFrame, outcomes: pl.DataFrame, now: datetime, look: int = 1
) -> dict[str, Any]:
    """Conversion of the canary's shoppers and of the others, and by how much it is more."""
    first = shown.group_by("unit").agg(pl.col("time").min().alias("since"))
    bought = outcomes.filter(pl.col("kind") == "bought").join(first, on="unit")
    bought = bought.filter(pl.col("time") >= pl.col("since")).select("unit").unique()
    buyers, units = set(bought["unit"].to_list()), sorted(first["unit"].to_list())
    parts = {
        name: np.array([unit in buyers for unit in units if _takes(canary, unit) == is_canary], dtype=np.float64)
        for name, is_canary in (("others", False), ("canary", True))
    }
    return {"made_at": now.isoformat(), **figures(parts["others"], parts["canary"], look)}


def find_loss(found: dict[str, Any], bound: float) -> Breach | None:
    """Whether the canary loses more than `bound` of the others' conversion, as far as its whole interval says so."""
    shoppers, more = found["shoppers"], found["more"]
    if more is None or min(shoppers.values()) < MIN_SHOPPERS:
        return None
    others = found["conversion"]["others"]["value"]
    if not others or more["high"] >= -bound * others:
        return None
    value, high = more["value"] / others, more["high"] / others
    sizes = {**shoppers, "conversion": found["conversion"], "more": more}
    why = f"conversion is {value:+.1%} of the others', at best {high:+.1%}, and may be {-bound:+.1%}"
    return Breach(CONVERSION, value, -bound, sizes, why)


def figures(others_U: Numbers, canary_U: Numbers, look: int = 1) -> dict[str, Any]:
    """Of two groups of shoppers, each 1 for one who bought."""
    return {
        "look": look,
        "shoppers": {"others": len(others_U), "canary": len(canary_U)},
        "conversion": {"others": describe_figure(mean(others_U)), "canary": describe_figure(mean(canary_U))},
        "more": describe_figure(difference(others_U, canary_U, look * (look + 1))),
    }


def _takes(canary: Canary, unit: str) -> bool:
    return canary.takes(unit.removeprefix(VISIT))
