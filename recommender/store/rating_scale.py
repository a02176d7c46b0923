"""The scale of the shop's ratings in the database, and what a rating is in stars.

Events keep ratings as they were given. What reads them reads stars, from 1 (the scale's low end) to 5 (its high end),
so that one meaning of good and bad holds everywhere. The scale is the setting's, or learned from all ratings that the
shop confirms; it is in the table `rating_scale` once it is another than stars. Sessions are handed in.
"""

import math

import polars as pl
from sqlalchemy import ColumnElement, Connection, case, delete, func, select, update
from sqlalchemy.orm import Session

from recommender.db.tables import Event, RatingScale
from recommender.encoders.sentiment import stars_of
from recommender.utils.rating_scale import STARS, Scale, in_stars, infer_scale

SAME = 1e-3
RATED = ("rating", "review")


def rating_scale(session: Session | Connection) -> Scale:
    """The shop's scale as it is known now."""
    row = session.execute(select(RatingScale.low, RatingScale.high)).first()
    return STARS if row is None else Scale(row.low, row.high)


def sync_scale(session: Session, wanted: Scale | None) -> Scale | None:
    """Takes the scale of the setting, or learns it anew (None); answers it where it is another than before.

    What the words of reviews amount to, in numbers of the former scale, is put into the new one.
    """
    before, scale = rating_scale(session), wanted or infer_scale(*(_counts(session, kind) for kind in RATED))
    if scale == before:
        return None
    _rescale_words(session, before, scale)
    session.execute(delete(RatingScale))
    session.add(RatingScale(low=scale.low, high=scale.high))
    session.flush()
    return scale


def count_only_ones(session: Session) -> int:
    """How many ratings there are if all of them are 1, which may be the worst of stars or likes; else 0."""
    rated = (Event.event_type == "rating", Event.value.is_not(None), Event.confirmed.is_(True))
    if session.scalar(select(Event.id).where(*rated, Event.value != 1).limit(1)) is not None:
        return 0
    return session.scalar(select(func.count(Event.id)).where(*rated)) or 0


def stars_column() -> ColumnElement[float | None]:
    """An event's value: of ratings and reviews in stars, by the scale that the table says."""
    low, high = (select(column).limit(1).scalar_subquery() for column in (RatingScale.low, RatingScale.high))
    stars = in_stars(Event.value, low, high)
    return case((Event.event_type.in_(RATED) & low.is_not(None), stars), else_=Event.value)


def with_stars(frame: pl.DataFrame, scale: Scale) -> pl.DataFrame:
    """A log of events whose ratings and reviews have their `value` in stars."""
    if scale == STARS:
        return frame
    stars = in_stars(pl.col("value"), scale.low, scale.high)
    rated = pl.col("event_type").cast(pl.String).is_in(RATED)
    return frame.with_columns(value=pl.when(rated).then(stars).otherwise("value"))


def _counts(session: Session, event_type: str) -> dict[float, int]:
    """How often each value was given, in the shop's own word."""
    query = select(Event.value, func.count()).where(
        Event.event_type == event_type, Event.event_type.in_(RATED), Event.value.is_not(None), Event.confirmed.is_(True)
    )
    return {float(value): count for value, count in session.execute(query.group_by(Event.value)) if value is not None}


def _rescale_words(session: Session, before: Scale, scale: Scale) -> None:
    """Reviews whose value is what their words amount to; a review's own number stays as it was given."""
    written = (Event.event_type == "review", Event.text.is_not(None), Event.value.is_not(None))
    rows = session.execute(select(Event.id, Event.value, Event.text).where(*written)).all()
    stars = stars_of([row.text for row in rows])
    for row, words in zip(rows, stars.tolist(), strict=True):
        if not math.isnan(words) and abs(before.from_stars(words) - row.value) < SAME:
            session.execute(update(Event).where(Event.id == row.id).values(value=scale.from_stars(words)))
