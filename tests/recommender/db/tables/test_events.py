"""Events as rows: ids belong to their owner, kinds are known ones, and arrival is counted."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError, StatementError

from recommender.db.engine import session_scope
from recommender.db.tables import EVENT_TYPES, STORED_TYPES, Event
from recommender.settings import Settings

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def event(user: str | None, visit: str | None = None, **more: Any) -> Event:
    return Event(**{"event_id": "1", "user_id": user, "session_id": visit, "event_type": "view", "time": NOW} | more)


def add(*events: Event) -> None:
    with session_scope() as session:
        session.add_all(events)


def test_one_id_belongs_once_to_each_shopper_and_each_visit_without_one(database: Settings) -> None:
    add(event("ann", "v"), event("bob", "v"), event(None, "v"), event(None, "w"))
    for again in (event("ann", "other visit"), event(None, "v")):
        with pytest.raises(IntegrityError):
            add(again)


def test_a_kind_that_nobody_knows_is_refused_and_all_known_ones_are_kept(database: Settings) -> None:
    with pytest.raises(StatementError, match="dance"):
        add(event("ann", event_type="dance"))
    add(*(event("ann", event_id=kind, event_type=kind) for kind in STORED_TYPES))
    assert set(EVENT_TYPES) < set(STORED_TYPES)


def test_rows_are_numbered_as_they_arrive_and_are_the_shops_word_unless_said(database: Settings) -> None:
    for name in ("late", "early"):
        add(event("ann", event_id=name))
    with session_scope() as session:
        rows = session.query(Event).order_by(Event.id).all()
        assert [(one.event_id, one.confirmed) for one in rows] == [("late", True), ("early", True)]
