"""How many days to learn from and how many to hold out, by looking at the shop's events.

It counts in the table `events`; what is given by hand stands.
"""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from recommender.db.engine import session_scope
from recommender.db.tables import Event

MOST_DAYS, USUAL_DAYS, USUAL_TEST = 3_660, 365, 14
MOST_EVENTS = 5_000_000  # learned from; more only where a year has more
ENOUGH = 200  # shoppers who come back within the held-out days: a figure of fewer swings
LONGER_TEST = (28, 56, 84)
SHARE_OF_TEST = 6  # held-out days are made longer up to one day in so many
SHORTEST_SHARE = 4  # of a shop too young for a fortnight: one day in so many


def fill_lengths(until: datetime, days: int | None, test_days: int | None) -> tuple[int, int]:
    """Days before `until` to learn from, and days at the end to measure on; those that are None, by the events.

    All days count, unless there are more than `MOST_EVENTS` events in them; then the latest, a year at least. A
    fortnight is held out, more where too few shoppers come back in it, less where the shop is too young for it.
    """
    with session_scope() as session:
        first = session.scalar(select(func.min(Event.time)).where(Event.time < until))
        if first is None:
            return days or USUAL_DAYS, test_days or USUAL_TEST
        span = max((until - first).days + 1, 2)
        days = days or _days_to_learn_from(session, until, span)
        return days, test_days or _days_to_hold_out(session, until, min(span, days))


def _days_to_learn_from(session: Session, until: datetime, span: int) -> int:
    beyond = select(Event.time).where(Event.time < until).order_by(Event.time.desc()).offset(MOST_EVENTS).limit(1)
    oldest = session.scalar(beyond)
    wanted = span if oldest is None else max((until - oldest).days, USUAL_DAYS)
    return min(max(wanted, 3), MOST_DAYS)


def _days_to_hold_out(session: Session, until: datetime, span: int) -> int:
    if span < USUAL_TEST * SHORTEST_SHARE:
        return max(span // SHORTEST_SHARE, 1)
    chosen = USUAL_TEST
    for longer in LONGER_TEST:
        if longer * SHARE_OF_TEST > span or _come_back(session, until, chosen) >= ENOUGH:
            break
        chosen = longer
    return chosen


def _come_back(session: Session, until: datetime, test_days: int) -> int:
    """Shoppers who are known before the last `test_days` and did something in them."""
    start = until - timedelta(days=test_days)
    known = select(Event.user_id).where(Event.time < start, Event.user_id.is_not(None))
    there = select(func.count(func.distinct(Event.user_id))).where(
        Event.time >= start, Event.time < until, Event.user_id.in_(known)
    )
    return session.scalar(there) or 0
