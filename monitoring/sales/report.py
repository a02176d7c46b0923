"""The report of what answers led to: one row a model, arm, scenario, source, position and week, each with intervals.

A position's figures say how often it is looked at as much as how good what stands there is: places are not drawn by
lot, so that no figure here tells these apart.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import polars as pl
import structlog

from monitoring.sales.attribution import attribute, read_impressions, read_outcomes
from monitoring.sales.comparison import compare
from monitoring.sales.estimates import SMALLEST_GROUP, describe_figure, mean, ratio
from recommender.db import tables
from recommender.db.engine import session_scope
from recommender.experiments.store import experiment_of, list_experiments

log = structlog.get_logger(__name__)
ANSWERS, PLACES = ("model", "scenario", "week"), ("source", "position")
KINDS = ("clicked", "carted", "bought")
DEPTH = 20  # positions of which each has a row


def make_report(since: datetime, until: datetime, days: int, now: datetime | None = None) -> dict[str, Any]:
    """Counts the answers of the interval and keeps the report; experiments that ran in it count from their start.

    `days` an event is due to an answer. The interval's end also ends what is due to its last answers.
    """
    with session_scope() as session:
        experiments = [row for row in list_experiments(session) if _overlaps(row, since, until)]
        start = min([since, *(row.started_at for row in experiments)])
        shown, outcomes = read_impressions(session, start, until), read_outcomes(session, start, until)
        due = attribute(shown, outcomes, days)
        counted = _with_outcomes(shown, due)
        lately = counted.filter(pl.col("time") >= since)
        content: dict[str, Any] = {
            "days": days,
            "smallest_group": SMALLEST_GROUP,
            "totals": _row("all", _answers(lately), "answers"),
            "tables": _tables(lately),
            "experiments": [compare(experiment_of(row), counted, outcomes, until, days) for row in experiments],
            "counts": _counts(outcomes.filter(pl.col("time") >= since), due.filter(pl.col("time") >= since)),
        }
    with session_scope() as session:
        session.add(tables.SalesReport(made_at=now or datetime.now(UTC), since=since, until=until, content=content))
    log.info("sales reported", since=since.isoformat(), until=until.isoformat(), **content["counts"])
    return content


def _overlaps(row: tables.Experiment, since: datetime, until: datetime) -> bool:
    return row.started_at < until and (row.ended_at is None or row.ended_at > since)


def _with_outcomes(shown: pl.DataFrame, due: pl.DataFrame) -> pl.DataFrame:
    """Each impression with whether it was clicked, carted and bought, and the money that was spent for it."""
    flags = [(pl.col("kind") == kind).any().alias(kind) for kind in KINDS]
    by_impression = due.group_by("impression").agg(*flags, pl.col("money").sum())
    joined = shown.join(by_impression, on="impression", how="left")
    return joined.with_columns(pl.col(*KINDS).fill_null(value=False), pl.col("money").fill_null(0.0))


def _answers(places: pl.DataFrame) -> pl.DataFrame:
    """A row an answer: whether anything of it was clicked, carted and bought."""
    first = [pl.col(name).first() for name in ("unit", "scenario", "model_version", "time")]
    flags = [pl.col(kind).any() for kind in KINDS]
    return places.group_by("recommendation_id").agg(*first, *flags, pl.col("money").sum())


def _tables(places: pl.DataFrame) -> dict[str, list[dict[str, Any]]]:
    answers = _answers(places).with_columns(
        model=pl.col("model_version"), week=pl.col("time").dt.truncate("1w").dt.strftime("%Y-%m-%d")
    )
    near = places.filter(pl.col("position") <= DEPTH).with_columns(pl.col("position").cast(pl.String).str.zfill(2))
    of_answers = {name: _rows(answers, name, "answers") for name in ANSWERS}
    return of_answers | {name: _rows(near, name, "places") for name in PLACES}


def _rows(frame: pl.DataFrame, column: str, unit: str) -> list[dict[str, Any]]:
    parts: Iterable[tuple[Any, pl.DataFrame]] = frame.partition_by(column, as_dict=True).items()
    return [_row(str(name), part, unit) for (name,), part in sorted(parts, key=lambda one: str(one[0]))]


def _row(name: str, part: pl.DataFrame, unit: str) -> dict[str, Any]:
    """`shown` counts answers, or places of answers; no figure is told of fewer than SMALLEST_GROUP shoppers."""
    kinds = [pl.col(kind).cast(pl.Float64).sum() for kind in KINDS]
    shoppers = part.group_by("unit").agg(pl.len().cast(pl.Float64).alias("shown"), *kinds, pl.col("money").sum())
    shoppers = shoppers.sort("unit")  # the same sums each time
    shown_U = shoppers["shown"].to_numpy()
    shares = {kind: describe_figure(ratio(shoppers[kind].to_numpy(), shown_U)) for kind in KINDS}
    bought_U = (shoppers["bought"] > 0).cast(pl.Float64).to_numpy()
    a_shopper = {
        "conversion": describe_figure(mean(bought_U)),
        "revenue": describe_figure(mean(shoppers["money"].to_numpy())),
    }
    return {"name": name, "of": unit, "shoppers": len(shoppers), "shown": int(shown_U.sum()), **shares, **a_shopper}


def _counts(outcomes: pl.DataFrame, due: pl.DataFrame) -> dict[str, int]:
    bought = outcomes.filter(pl.col("kind") == "bought")
    return {
        "events": len(outcomes),
        "due": len(due),
        "named": int(due["named"].sum()),
        "purchases": len(bought),
        "purchases_due": int((due["kind"] == "bought").sum()),
        "purchases_without_value": int((bought["money"] == 0).sum()),
    }
