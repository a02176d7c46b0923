"""What may not come in: erased shoppers, events their shoppers took back, and what they don't consent to."""

from collections.abc import Iterable

import polars as pl
from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from recommender.privacy.consent import NECESSARY, PERSONALISATION, refusing
from recommender.privacy.erasure import anybody_erased, erased
from recommender.tables import RemovedEvent


def permitted(connection: Connection, frame: pl.DataFrame) -> pl.DataFrame:
    """The rows that may be stored; a frame of anything that has a `user_id`. It costs nothing where nobody objected."""
    if "user_id" not in frame.columns:
        return frame
    with Session(bind=connection, join_transaction_mode="rollback_only") as session:
        if anybody_erased(session):
            gone = erased(session, frame["user_id"].drop_nulls().unique().to_list())
            frame = _without(frame, "user_id", gone)
        if "event_id" in frame.columns:
            frame = _without(frame, "event_id", session.scalars(select(RemovedEvent.event_id)))
        if "event_type" in frame.columns and (refused := refusing(session, PERSONALISATION)):
            private = pl.col("user_id").is_in(list(refused)) & ~pl.col("event_type").is_in(list(NECESSARY))
            frame = frame.filter(~private.fill_null(False))
    return frame


def _without(frame: pl.DataFrame, column: str, values: Iterable[str]) -> pl.DataFrame:
    values = list(values)
    return frame.filter(~pl.col(column).is_in(values).fill_null(False)) if values else frame
