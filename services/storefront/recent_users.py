"""Shoppers for the page's list: a few who did something lately, with how much they did."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from recommender.db.tables import Event

LATEST_EVENTS = 400
LISTED = 12


@dataclass(frozen=True, slots=True)
class KnownShopper:
    """A shopper, and how many events the database has of them."""

    user_id: str
    events: int


def some_shoppers(session: Session) -> list[KnownShopper]:
    """Those of the latest events, the most recent first; counted over their whole history."""
    latest = select(Event.user_id).where(Event.user_id.is_not(None)).order_by(Event.time.desc()).limit(LATEST_EVENTS)
    users = list(dict.fromkeys(user for user in session.scalars(latest) if user is not None))[:LISTED]
    counts = select(Event.user_id, func.count()).where(Event.user_id.in_(users)).group_by(Event.user_id)
    found = {user_id: count for user_id, count in session.execute(counts)}
    return [KnownShopper(user, found[user]) for user in users if user is not None]
