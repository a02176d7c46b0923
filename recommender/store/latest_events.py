"""The shop's latest events from the database, as a frame: what is counted before anything was built or trained.

It knows the events table. Visits of people who have not signed in are in it, under the visit's id; shoppers who refuse
personalisation are not.
"""

from typing import Any

import polars as pl
from sqlalchemy import String, func, select, type_coerce
from sqlalchemy.orm import Session

from recommender.db.tables import Event
from recommender.models.counting.event_arrays import LOG_COLUMNS
from recommender.store.consent import PERSONALISATION, refusing
from recommender.store.rating_scale import stars_column

_TYPES: dict[str, Any] = {
    "event_id": pl.String,
    "user_id": pl.String,
    "item_id": pl.String,
    "event_type": pl.String,
    "value": pl.Float64,
    "time": pl.Datetime("us", "UTC"),
}


def latest_events(session: Session, most: int) -> pl.DataFrame:
    """The last `most` events with an item, with the columns of `event_arrays`."""
    shopper = func.coalesce(Event.user_id, Event.session_id).label("user_id")
    kind = type_coerce(Event.event_type, String).label("event_type")
    columns = (Event.event_id, shopper, Event.item_id, kind, stars_column(), Event.time)
    query = select(*columns).where(Event.item_id.is_not(None)).order_by(Event.time.desc()).limit(most)
    rows = [tuple(row) for row in session.execute(query)]
    frame = pl.DataFrame(rows, schema={name: _TYPES[name] for name in LOG_COLUMNS}, orient="row")
    refused = list(refusing(session, PERSONALISATION))
    return frame.filter(~pl.col("user_id").is_in(refused).fill_null(False)) if refused else frame
