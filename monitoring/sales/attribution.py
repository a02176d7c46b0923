"""What was shown, and what of it led to something: views, carts, purchases and returns, each due to one answer at most.

The rule: an event is due to the answer it names, if that showed its item, to its shopper or in a visit; else to the
last answer that showed this item to this shopper, or visit, within `days` before. Purchases that only a shopper's token
says don't count.

It knows the tables of answers and events; what is made of them, `report` knows.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import polars as pl
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from recommender.db.tables import RETURN, Event, ImpressionEvidence, Recommendation

ROWS_A_READ = 20_000
KINDS = {"view": "clicked", "cart": "carted", "purchase": "bought", RETURN: "returned"}
TIME = pl.Datetime("us", "UTC")
VISIT = "visit "  # before the id of a visit that nobody has signed in in
UNTOLD = "none named"  # of an item for which no source had anything to say
UNKNOWN = "not kept"  # the source of an item whose evidence was too much to keep
_OF_ANSWERS = (
    *("recommendation_id", "user_id", "session_id", "scenario", "model_version", "experiment_id", "arm"),
    *("items", "evidence_id", "time"),
)
Columns = dict[str, pl.DataType | type[pl.DataType]]
_ANSWERS: Columns = {
    "recommendation_id": pl.String,
    "unit": pl.String,
    "scenario": pl.String,
    "model_version": pl.String,
    "experiment_id": pl.String,
    "arm": pl.String,
    "time": TIME,
    "item_ids": pl.List(pl.String),
    "sources": pl.List(pl.String),
}
_EVENTS: Columns = {
    "unit": pl.String,
    "item_id": pl.String,
    "kind": pl.String,
    "money": pl.Float64,
    "recommendation_id": pl.String,
    "time": TIME,
}


def read_impressions(session: Session, since: datetime, until: datetime) -> pl.DataFrame:
    """A row for each item of each answer that a known shopper or visit was given, `position` from 1."""
    columns = (getattr(Recommendation, name) for name in _OF_ANSWERS)
    chosen = select(*columns).where(Recommendation.time >= since, Recommendation.time < until)
    named = Recommendation.user_id.is_not(None) | Recommendation.session_id.is_not(None)
    parts = [_answers(session, rows) for rows in _read(session, chosen.where(named))]
    answers = pl.concat(parts) if parts else pl.DataFrame(schema=_ANSWERS)
    answers = answers.filter(pl.col("item_ids").list.len() > 0)
    places = answers.with_columns(position=pl.int_ranges(1, pl.col("item_ids").list.len() + 1))
    shown = places.explode("item_ids", "sources", "position").rename({"item_ids": "item_id", "sources": "source"})
    return shown.with_row_index("impression")


def read_outcomes(session: Session, since: datetime, until: datetime) -> pl.DataFrame:
    """What shoppers and visits did to items; `money` is spent, or below 0 given back, and 0 where nobody said."""
    columns = (Event.user_id, Event.session_id, Event.item_id, Event.event_type, Event.value)
    chosen = select(*columns, Event.recommendation_id, Event.time).where(
        Event.time >= since,
        Event.time < until,
        Event.event_type.in_(KINDS),
        Event.item_id.is_not(None),
        Event.confirmed.is_(True),
    )
    parts = [
        pl.DataFrame([_outcome(row) for row in rows], schema=_EVENTS, orient="row") for rows in _read(session, chosen)
    ]
    return pl.concat(parts) if parts else pl.DataFrame(schema=_EVENTS)


def attribute(shown: pl.DataFrame, outcomes: pl.DataFrame, days: int) -> pl.DataFrame:
    """The outcomes that are due to an impression, with its number; `named` where the event said so itself."""
    keys = ["recommendation_id", "item_id"]
    places = shown.select("impression", "recommendation_id", "unit", "item_id", shown_at="time")
    named = outcomes.join(places.rename({"unit": "shown_to"}), on=keys)
    theirs = (pl.col("shown_to") == pl.col("unit")) | pl.col("shown_to").str.starts_with(VISIT)
    named = named.filter(theirs, pl.col("time") >= pl.col("shown_at")).with_columns(named=pl.lit(value=True))
    rest = outcomes.join(named.select("unit", "time", "kind", *keys), on=["unit", "time", "kind", *keys], how="anti")
    seen = rest.sort("time").join_asof(
        places.drop("recommendation_id").sort("shown_at"),
        left_on="time",
        right_on="shown_at",
        by=["unit", "item_id"],
        tolerance=timedelta(days=days),
        check_sortedness=False,
    )
    seen = seen.filter(pl.col("impression").is_not_null()).with_columns(named=pl.lit(value=False))
    columns = ["impression", "unit", "item_id", "kind", "money", "time", "named"]
    return pl.concat([named.select(columns), seen.select(columns)])


def _read(session: Session, chosen: Any) -> Iterator[Sequence[Row[Any]]]:
    yield from session.execute(chosen.execution_options(yield_per=ROWS_A_READ)).partitions()


def _answers(session: Session, rows: Sequence[Row[Any]]) -> pl.DataFrame:
    sources = _sources(session, {row.evidence_id for row in rows if row.evidence_id is not None})
    answers = []
    for row in rows:
        item_ids = [one["item_id"] for one in row.items]
        kept = sources.get(row.evidence_id or "", {})
        unit = row.user_id if row.user_id is not None else f"{VISIT}{row.session_id}"
        arm = (row.scenario, row.model_version, row.experiment_id, row.arm)
        answers.append(
            (row.recommendation_id, unit, *arm, row.time, item_ids, [kept.get(one, UNKNOWN) for one in item_ids])
        )
    return pl.DataFrame(answers, schema=_ANSWERS, orient="row")


def _sources(session: Session, evidence_ids: set[str]) -> Mapping[str, Mapping[str, str]]:
    """By evidence and item the source that spoke most for it."""
    found: dict[str, dict[str, str]] = {}
    ids = sorted(evidence_ids)
    for start in range(0, len(ids), 500):
        query = select(ImpressionEvidence.evidence_id, ImpressionEvidence.items)
        for one, items in session.execute(query.where(ImpressionEvidence.evidence_id.in_(ids[start : start + 500]))):
            found[one] = {
                item["item_id"]: item["evidence"][0]["source"] if item["evidence"] else UNTOLD for item in items
            }
    return found


def _strongest(evidence: Sequence[Mapping[str, Any]]) -> str:
    return str(evidence[0]["source"]) if evidence else UNTOLD


def _outcome(row: Row[Any]) -> tuple[Any, ...]:
    unit = row.user_id if row.user_id is not None else f"{VISIT}{row.session_id}"
    money = (
        (row.value or 0.0)
        if row.event_type == "purchase"
        else -abs(row.value or 0.0)
        if row.event_type == RETURN
        else 0.0
    )
    return (unit, row.item_id, KINDS[row.event_type], money, row.recommendation_id, row.time)
