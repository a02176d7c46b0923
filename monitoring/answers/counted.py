"""What the service counted of its models' answers, hour by hour: how many failed or lacked a part of the model's."""

from datetime import datetime

import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from recommender.db.tables import ReleaseCount

LEAST_ANSWERS = 10  # in an hour, for its share to say anything
SHADOW = "shadow"  # answers nobody
_COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "minute": pl.Datetime("us", "UTC"),
    "answers": pl.Int64,
    "errors": pl.Int64,
    "degraded": pl.Int64,
}


def read_degraded(session: Session, since: datetime, until: datetime) -> pl.DataFrame:
    """The share of answers that failed or were degraded in each hour of [since, until): columns time, value."""
    columns = (getattr(ReleaseCount, name) for name in _COLUMNS)
    query = select(*columns).where(ReleaseCount.minute >= since, ReleaseCount.minute < until)
    rows = [tuple(row) for row in session.execute(query.where(ReleaseCount.role != SHADOW))]
    minutes = pl.DataFrame(rows, schema=_COLUMNS, orient="row")
    hours = minutes.group_by(time=pl.col("minute").dt.truncate("1h")).agg(pl.col("answers", "errors", "degraded").sum())
    share = (pl.col("errors") + pl.col("degraded")) / pl.col("answers")
    return hours.filter(pl.col("answers") >= LEAST_ANSWERS).select("time", value=share).sort("time")
