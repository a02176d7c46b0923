"""Drift planted into a shop's weeks: events of the settings' database, changed in place. It checks nothing."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import numpy as np
from sqlalchemy import Update, case, delete, func, select, update
from sqlalchemy.orm import Session

from recommender.db.tables import Event, Item

PURCHASE = "purchase"
SWAPPED = 0.05  # of the shoppers
IDS_A_STATEMENT = 500
Plant = Callable[[Session, datetime, datetime, np.random.Generator], object]


def swap_tastes(session: Session, since: datetime, until: datetime, rng: np.random.Generator) -> set[str]:
    """A share of the shoppers do from `since` on what another of them would have done; answers who."""
    came = select(Event.user_id).where(Event.time >= since, Event.time < until, Event.user_id.is_not(None))
    users = sorted(str(user) for user in session.scalars(came.distinct()))
    pairs = rng.choice(users, 2 * int(SWAPPED * len(users) / 2), replace=False).reshape(-1, 2).tolist()
    for start in range(0, len(pairs), IDS_A_STATEMENT // 2):
        part = pairs[start : start + IDS_A_STATEMENT // 2]
        other = {left: right for left, right in part} | {right: left for left, right in part}
        theirs = Event.user_id.in_(list(other)) & (Event.time >= since)
        session.execute(update(Event).where(theirs).values(user_id=case(other, value=Event.user_id)))
    return {user for pair in pairs for user in pair}


def shock_prices(session: Session, since: datetime, until: datetime, rng: np.random.Generator) -> None:
    """Everything costs half as much again."""
    session.execute(_purchases(since, until).values(value=Event.value * 1.5))


def send_zeros(session: Session, since: datetime, until: datetime, rng: np.random.Generator) -> None:
    """A feed that says nothing was paid."""
    session.execute(_purchases(since, until).values(value=0.0))


def keep_a_tenth(session: Session, since: datetime, until: datetime, rng: np.random.Generator) -> None:
    """Nine events of ten never arrive."""
    ids = np.array(session.scalars(select(Event.id).where(Event.time >= since, Event.time < until)).all())
    lost = rng.permutation(ids)[: int(0.9 * len(ids))].tolist()
    for start in range(0, len(lost), IDS_A_STATEMENT):
        session.execute(delete(Event).where(Event.id.in_(lost[start : start + IDS_A_STATEMENT])))


def open_category(session: Session, since: datetime, until: datetime, rng: np.random.Generator) -> None:
    """A third of what is done is done in a category that hardly anybody had bought from."""
    _turn_to(session, since, until, rng, 0.33, _by_sales(session, since)[0])


def rush(session: Session, since: datetime, until: datetime, rng: np.random.Generator) -> None:
    """A season: a tenth of what is done is done in the category that sells best."""
    _turn_to(session, since, until, rng, 0.1, _by_sales(session, since)[-1])


PLANTS: Mapping[str, Plant] = {
    "a feed that sends zeros": send_zeros,
    "a week with a tenth of the data": keep_a_tenth,
    "prices half as high again": shock_prices,
    "a new category": open_category,
}


def _purchases(since: datetime, until: datetime) -> Update:
    return update(Event).where(Event.time >= since, Event.time < until, Event.event_type == PURCHASE)


def _by_sales(session: Session, before: datetime) -> list[list[str]]:
    """The items of each category of 20 and more, the category that sold least first."""
    sold = dict(
        session.execute(select(Event.item_id, func.count()).where(Event.time < before).group_by(Event.item_id)).all()
    )
    items: dict[str, list[str]] = {}
    for item_id, categories in session.execute(select(Item.item_id, Item.categories).order_by(Item.item_id)):
        items.setdefault(categories[0] if categories else "", []).append(item_id)
    large = [ids for name, ids in items.items() if name and len(ids) >= 20]
    return sorted(large, key=lambda ids: sum(sold.get(one, 0) for one in ids))


def _turn_to(
    session: Session, since: datetime, until: datetime, rng: np.random.Generator, share: float, items: Sequence[str]
) -> None:
    """Lets a share of the events be of these items."""
    ids = np.array(session.scalars(select(Event.id).where(Event.time >= since, Event.time < until)).all())
    turned = rng.permutation(ids)[: int(share * len(ids))]
    for start in range(0, len(turned), IDS_A_STATEMENT):
        chosen = {int(one): str(rng.choice(items)) for one in turned[start : start + IDS_A_STATEMENT]}
        session.execute(update(Event).where(Event.id.in_(chosen)).values(item_id=case(chosen, value=Event.id)))
