"""What may not come in: erased shoppers, events their shoppers took back, and what they don't consent to."""

from collections.abc import Iterable

import polars as pl
from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from recommender.db.tables import RemovedEvent
from recommender.privacy.erasure import anybody_erased, erased
from recommender.store.consent import NECESSARY, PERSONALISATION, refusing


def permitted(connection: Connection, frame: pl.DataFrame) -> pl.DataFrame:
    """The rows that may be stored; a frame of anything that has a `user_id`. It costs nothing where nobody objected."""
    if "user_id" not in frame.columns:
        return frame
    with Session(bind=connection, join_transaction_mode="rollback_only") as session:
        if anybody_erased(session):
            gone = erased(session, frame["user_id"].drop_nulls().unique().to_list())
            frame = _without(frame, "user_id", gone)
        if "event_id" in frame.columns:
            frame = _without_removed(session, frame)
        if "event_type" in frame.columns and (refused := refusing(session, PERSONALISATION)):
            private = pl.col("user_id").is_in(list(refused)) & ~pl.col("event_type").is_in(list(NECESSARY))
            frame = frame.filter(~private.fill_null(False))
    return frame


def _without_removed(session: Session, frame: pl.DataFrame) -> pl.DataFrame:
    """An import is the shop's word: what a shopper's token had claimed, and its shopper took back, may come in."""
    query = select(RemovedEvent.event_id, RemovedEvent.user_id).where(RemovedEvent.confirmed)
    names = {"event_id": pl.String, "user_id": pl.String}
    removed = pl.DataFrame([tuple(row) for row in session.execute(query)], schema=names, orient="row")
    return frame.join(removed, on=list(names), how="anti", maintain_order="left") if removed.height else frame


def _without(frame: pl.DataFrame, column: str, values: Iterable[str]) -> pl.DataFrame:
    values = list(values)
    return frame.filter(~pl.col(column).is_in(values).fill_null(False)) if values else frame
