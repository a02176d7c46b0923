"""Random behaviour of every kind, the same for the same seed, and a plain way to put it into the database."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import insert

from recommender.db.engine import session_scope
from recommender.db.tables import EVENT_TYPES, Event, Item

LOG_FROM = datetime(2025, 1, 1, tzinfo=UTC)
ITEMS = [f"item {n} 商品" for n in range(12)]
CATEGORIES = ["Tea", "Coffee", "茶具"]
BRANDS = ["Lark", "Heron"]


def random_events(seed: int, count: int = 400, shoppers: int = 5, days: int = 260) -> list[dict[str, Any]]:
    """Events with gaps, ties, missing values, anonymous visits and searches without an item, in no order."""
    rng = np.random.default_rng(seed)
    return [one_event(rng, f"e{number}", shoppers, days) for number in range(count)]


def one_event(rng: np.random.Generator, event_id: str, shoppers: int, days: int) -> dict[str, Any]:
    kind = str(rng.choice(EVENT_TYPES, p=[0.35, 0.1, 0.35, 0.1, 0.05, 0.05, 0.0]))
    moment = LOG_FROM + timedelta(days=int(days * rng.beta(1, 1.5)), seconds=int(rng.integers(0, 86_400)))
    value = {"purchase": float(rng.integers(0, 5_000)) / 100, "rating": float(rng.integers(1, 6))}.get(kind)
    return {
        "event_id": event_id,
        "user_id": None if rng.random() < 0.05 else f"shopper {rng.integers(shoppers)} 😀",
        "item_id": None if kind == "search" else str(rng.choice(ITEMS)),
        "event_type": kind,
        "value": None if rng.random() < 0.05 else value,
        "quantity": float(rng.integers(0, 4)) if kind == "purchase" and rng.random() < 0.8 else None,
        "text": '知音, "quoted"\n\'' if kind in ("review", "search") else None,
        "session_id": None,
        "time": moment,
    }


def event(event_id: str, user_id: str, moment: datetime, item_id: str = ITEMS[0], **changes: Any) -> dict[str, Any]:
    """One purchase, unless `changes` says otherwise."""
    plain = {"event_type": "purchase", "value": 1.0, "quantity": 1.0, "text": None, "session_id": None}
    return {"event_id": event_id, "user_id": user_id, "item_id": item_id, "time": moment, **plain, **changes}


def add(events: list[dict[str, Any]]) -> None:
    with session_scope() as session:
        session.execute(insert(Event), events)


def add_items() -> None:
    """The catalogue of these events; the last item has neither category nor brand."""
    plain = {"title": "t", "content_hash": "", "updated_at": LOG_FROM, "attributes": {}}
    rows = [
        {"item_id": item, "categories": ["Shop", CATEGORIES[n % 3]], "brand": BRANDS[n % 2], **plain}
        for n, item in enumerate(ITEMS[:-1])
    ]
    with session_scope() as session:
        session.execute(insert(Item), [*rows, {"item_id": ITEMS[-1], "categories": [], "brand": "", **plain}])


def day(number: int) -> date:
    return (LOG_FROM + timedelta(days=number)).date()


def at(number: float) -> datetime:
    """The moment this many days into the log."""
    return LOG_FROM + timedelta(days=number)
