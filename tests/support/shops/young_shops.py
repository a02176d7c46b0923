"""Shops too young, or too plain, for a model: single purchases, one day, one item, no text, nothing sold yet."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from recommender.data.item_text import content_hash, item_text
from recommender.db.engine import session_scope
from recommender.db.tables import Event, Item, User

KINDS = {
    "Dresses": ("Lace wedding dress", "Silk wedding dress", "Satin wedding dress", "Tulle wedding dress"),
    "Veils": ("Long bridal veil", "Short bridal veil", "Lace bridal veil", "Pearl bridal veil"),
    "Mattresses": ("Foam mattress", "Latex mattress", "Spring mattress", "Firm mattress"),
}
BEST = "veils-2"


def young_items() -> list[Item]:
    return [
        _item(f"{kind.lower()}-{place}", title, kind, 100.0 + place)
        for kind, titles in KINDS.items()
        for place, title in enumerate(titles)
    ]


def _item(item_id: str, title: str, category: str, price: float | None) -> Item:
    path = [category] if category else []
    return Item(
        item_id=item_id,
        title=title,
        categories=path,
        price=price,
        attributes={},
        content_hash=content_hash(item_text(title, "", "", path, {})),
        updated_at=datetime.now(UTC),
    )


def _purchase(number: int, item_id: str, time: datetime) -> Event:
    return Event(event_id=f"e{number}", user_id=f"u{number}", item_id=item_id, event_type="purchase", time=time)


def single_purchases(now: datetime) -> tuple[list[Item], list[Event]]:
    """Each of 60 shoppers buys one thing, ever; every other one the same."""
    items = young_items()
    ids = [BEST if number % 2 else items[number // 2 % len(items)].item_id for number in range(60)]
    return items, [_purchase(number, one, now - timedelta(days=number)) for number, one in enumerate(ids)]


def one_day(now: datetime) -> tuple[list[Item], list[Event]]:
    """All that ever happened, happened within the last hour."""
    items, events = single_purchases(now)
    return items, [_purchase(place, str(one.item_id), now - timedelta(minutes=1)) for place, one in enumerate(events)]


def one_item(now: datetime) -> tuple[list[Item], list[Event]]:
    return young_items()[:1], [_purchase(0, "dresses-0", now - timedelta(days=1))]


def no_text(now: datetime) -> tuple[list[Item], list[Event]]:
    """Items that have nothing but an id."""
    items = [_item(one.item_id, "", "", None) for one in young_items()]
    return items, single_purchases(now)[1]


def nothing_sold(now: datetime) -> tuple[list[Item], list[Event]]:
    return young_items(), []


def visits_only(now: datetime) -> tuple[list[Item], list[Event]]:
    """Nobody has signed in yet: views of visits, more of one item than of others."""
    items = young_items()
    ids = [BEST if number % 2 else items[number % len(items)].item_id for number in range(24)]
    views = [
        Event(event_id=f"v{place}", session_id=f"s{place}", item_id=one, event_type="view", time=now)
        for place, one in enumerate(ids)
    ]
    return items, views


YOUNG_SHOPS: dict[str, Callable[[datetime], tuple[list[Item], list[Event]]]] = {
    "single purchases": single_purchases,
    "one day": one_day,
    "one item": one_item,
    "no text": no_text,
    "nothing sold": nothing_sold,
    "visits only": visits_only,
}


def fill_young_shop(kind: str) -> list[str]:
    """Writes the shop to the settings' database; its items' ids."""
    items, events = YOUNG_SHOPS[kind](datetime.now(UTC))
    users = sorted({event.user_id for event in events if event.user_id})
    ids = [item.item_id for item in items]
    with session_scope() as session:
        session.add_all(items)
        session.add_all(User(user_id=user, attributes={}, consent=True) for user in users)
        session.flush()
        session.add_all(events)
    return ids
