"""A shop that has too little to learn from yet: what training ends with there, in words.

It knows tables `models` and `items`. The service needs nothing of it: without a model it answers from counts.
"""

from datetime import datetime, timedelta

from sqlalchemy import func, select

from recommender.db.engine import session_scope
from recommender.db.tables import Item
from recommender.store.queries import promoted_model, time_span

STANDS_IN = (
    "The service answers without a model: what sells, what is alike by text, search. Its answers name what they lack "
    "in `degraded`, and the first model that passes the gate takes over by itself."
)


class NoEvents(ValueError):
    """Nothing has happened in the shop yet."""


def end_of_events() -> datetime:
    """The midnight after the last event, in UTC; raises `NoEvents` where there is none."""
    with session_scope() as session:
        span = time_span(session)
    if span is None:
        raise NoEvents("until: there are no events yet: zhiyin import csv FOLDER brings some, or name a day")
    return span[1].replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


def outcome_of(lack: ValueError) -> str:
    """What a shop without a model has in its place.

    Raises `lack` itself where a model is in service, which a shop that once had enough should go on from, and where
    the catalogue is empty, so that there is nothing to answer with.
    """
    with session_scope() as session:
        model, items = promoted_model(session), session.scalar(select(func.count()).select_from(Item))
    if model is not None or not items:
        raise lack
    return f"No model yet: {lack}. {STANDS_IN}"


def note_on_rejection() -> str:
    """What follows where the first model was rejected; "" where another one is in service."""
    with session_scope() as session:
        return STANDS_IN if promoted_model(session) is None else ""
