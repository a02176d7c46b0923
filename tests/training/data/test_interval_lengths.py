"""How many days are learned from and held out, where nobody says it."""

from datetime import UTC, datetime, timedelta

import pytest

from recommender.db.engine import session_scope
from recommender.db.tables import Event, Item
from recommender.settings import Settings
from training.data import interval_lengths
from training.data.interval_lengths import fill_lengths

UNTIL = datetime(2026, 11, 1, tzinfo=UTC)


def add_events(days: int, shoppers: int = 3, every: int = 1) -> None:
    """Each shopper buys every so many days, of the `days` before `UNTIL`."""
    with session_scope() as session:
        session.add(Item(item_id="tea", title="Tea", categories=[], attributes={}, content_hash="", updated_at=UNTIL))
        session.flush()
        session.add_all(
            Event(event_id=f"{user}-{day}", user_id=f"u{user}", item_id="tea", event_type="purchase", time=at)
            for user in range(shoppers)
            for day in range(0, days, every)
            if (at := UNTIL - timedelta(days=day + 0.5))
        )


def test_all_days_count_and_a_fortnight_is_held_out(database: Settings) -> None:
    add_events(100)
    assert fill_lengths(UNTIL, None, None) == (100, 14)


def test_what_is_said_stands(database: Settings) -> None:
    add_events(100)
    assert fill_lengths(UNTIL, 50, 7) == (50, 7)


def test_a_young_shop_holds_out_a_quarter(database: Settings) -> None:
    add_events(20)
    assert fill_lengths(UNTIL, None, None) == (20, 5)


def test_where_few_come_back_more_days_are_held_out(database: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    add_events(600, every=30)
    assert fill_lengths(UNTIL, None, None)[1] == 84
    monkeypatch.setattr(interval_lengths, "ENOUGH", 3)
    assert fill_lengths(UNTIL, None, None)[1] == 14


def test_too_much_leaves_the_latest_year(database: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    add_events(600)
    monkeypatch.setattr(interval_lengths, "MOST_EVENTS", 1_400)
    assert fill_lengths(UNTIL, None, None)[0] == 466
    monkeypatch.setattr(interval_lengths, "MOST_EVENTS", 300)
    assert fill_lengths(UNTIL, None, None)[0] == 365


def test_a_shop_without_events_gets_what_is_usual(database: Settings) -> None:
    assert fill_lengths(UNTIL, None, None) == (365, 14)
