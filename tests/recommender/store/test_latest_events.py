"""The shop's last events as a frame: visits under their ids, stars on one scale, nobody who refuses."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from recommender.db.tables import Event, RatingScale
from recommender.models.counting.event_arrays import LOG_COLUMNS, as_arrays
from recommender.store.consent import MARKETING, PERSONALISATION, record_consent
from recommender.store.latest_events import latest_events
from tests.support.shops.shop import shop_catalogue

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def add(session: Session, event_id: str, hour: int, user: str | None, visit: str | None = None, **more: Any) -> None:
    plain = {"event_id": event_id, "user_id": user, "session_id": visit, "event_type": "view", "item_id": "tea-0"}
    session.add(Event(**plain | {"time": NOW + timedelta(hours=hour)} | more))
    session.flush()


def test_the_last_events_with_an_item_come_back_visits_by_their_ids(session: Session) -> None:
    add(session, "old", 0, "ann")
    add(session, "visit", 1, None, "v1")
    add(session, "search", 2, "ann", item_id=None, event_type="search")
    add(session, "new", 3, "ann", "v2", event_type="purchase", value=2.5)
    frame = latest_events(session, 2)
    assert frame.columns == list(LOG_COLUMNS)
    assert frame.select("event_id", "user_id", "value").rows() == [("new", "ann", 2.5), ("visit", "v1", None)]
    assert frame["time"].to_list() == [NOW + timedelta(hours=3), NOW + timedelta(hours=1)]
    assert len(as_arrays(frame, shop_catalogue())[1]) == 2


def test_shoppers_who_refuse_a_profile_are_not_in_it(session: Session) -> None:
    for place, user in enumerate(("ann", "bob")):
        add(session, user, place, user)
    add(session, "visit", 5, None, "v1")
    record_consent(session, "ann", PERSONALISATION, False, NOW)
    record_consent(session, "bob", MARKETING, False, NOW)
    session.flush()
    assert latest_events(session, 10)["user_id"].to_list() == ["v1", "bob"]


def test_ratings_are_brought_to_stars(session: Session) -> None:
    session.add(RatingScale(id=1, low=0.0, high=100.0))
    add(session, "good", 1, "ann", event_type="rating", value=100.0)
    add(session, "paid", 0, "ann", event_type="purchase", value=100.0)
    assert latest_events(session, 10)["value"].to_list() == [5.0, 100.0]


def test_an_empty_shop_gives_an_empty_frame_of_the_same_columns(session: Session) -> None:
    frame = latest_events(session, 10)
    assert (len(frame), frame.columns) == (0, list(LOG_COLUMNS))
    assert len(as_arrays(frame, shop_catalogue())[1]) == 0
