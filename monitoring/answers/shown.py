"""The answers of the compared days as a frame, of shoppers who are known, and when their profiles had been built.

It knows the tables of answers and profiles; it measures nothing.
"""

from collections.abc import Container, Iterator, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from monitoring.compared_days import Stretches
from recommender.db.tables import ProfileVersion, Recommendation
from recommender.experiments.store import experiment_of, list_experiments

IDS_A_QUERY = 500
KNOWN = "personalised"  # of an arm's changes
TIME = pl.Datetime("us", "UTC")
Columns = dict[str, pl.DataType | type[pl.DataType]]
_ANSWERS: Columns = {
    "user_id": pl.String,
    "scenario": pl.String,
    "model_version": pl.String,
    "profile_version": pl.Int64,
    "time": TIME,
    "item_ids": pl.List(pl.String),
    "scores": pl.List(pl.Float64),
    "personalised": pl.Boolean,  # False: by an experiment's arm that is told nothing of its shoppers
}
_PROFILES: Columns = {"user_id": pl.String, "profile_version": pl.Int64, "as_of": TIME}


def answered_shoppers(session: Session, since: datetime, until: datetime, most: int, seed: int) -> list[str]:
    """At most so many of the shoppers who were answered in [since, until), drawn at random; visits name nobody."""
    inside = (Recommendation.time >= since, Recommendation.time < until, Recommendation.user_id.is_not(None))
    users = sorted(str(one) for one in session.scalars(select(Recommendation.user_id).where(*inside).distinct()))
    drawn = np.random.default_rng(seed).permutation(len(users))[:most]
    return sorted(users[place] for place in drawn.tolist())


def read_answers(session: Session, user_ids: Sequence[str], since: datetime, until: datetime) -> pl.DataFrame:
    """A row for each answer with items that these shoppers were given in [since, until), in order of time."""
    columns = (getattr(Recommendation, name) for name in (*list(_ANSWERS)[:5], "items", "experiment_id", "arm"))
    impersonal = _impersonal_arms(session)
    query = select(*columns).where(Recommendation.time >= since, Recommendation.time < until)
    rows = [_answer(row, impersonal) for row in _rows(session, query, Recommendation.user_id, user_ids) if row.items]
    return pl.DataFrame(rows, schema=_ANSWERS, orient="row").sort("time", "user_id")


def read_profile_times(session: Session, user_ids: Sequence[str]) -> pl.DataFrame:
    """Up to which moment each version of these shoppers' profiles knew what they did."""
    query = select(ProfileVersion.user_id, ProfileVersion.version, ProfileVersion.as_of)
    rows = [tuple(row) for row in _rows(session, query, ProfileVersion.user_id, user_ids)]
    return pl.DataFrame(rows, schema=_PROFILES, orient="row")


def parts_by_stretch(answers: pl.DataFrame, stretches: Stretches) -> list[pl.DataFrame]:
    """The answers of the current stretch, and of each of the reference's."""
    ends = (stretches.end, *stretches.ends)
    return [answers.filter(pl.col("time").is_between(end - stretches.length, end, closed="left")) for end in ends]


def _rows(session: Session, query: Any, column: Any, ids: Sequence[str]) -> Iterator[Any]:
    for start in range(0, len(ids), IDS_A_QUERY):
        yield from session.execute(query.where(column.in_(ids[start : start + IDS_A_QUERY])))


def _impersonal_arms(session: Session) -> set[tuple[str, str]]:
    """Experiments' arms that answer as if nothing were known of the shopper."""
    found = (experiment_of(row) for row in list_experiments(session))
    return {(one.experiment_id, arm.name) for one in found for arm in one.arms if not arm.changes.get(KNOWN, True)}


def _answer(row: Any, impersonal: Container[tuple[str, str]]) -> tuple[Any, ...]:
    items = [str(one["item_id"]) for one in row.items]
    scores = [float(one.get("score") or 0.0) for one in row.items]
    known = (row.experiment_id, row.arm) not in impersonal
    return (row.user_id, row.scenario, row.model_version, row.profile_version, row.time, items, scores, known)
