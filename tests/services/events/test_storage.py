"""Posts in the database: each whole or not at all, returns counted up, visits claimed, newcomers given a row."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from recommender.db.engine import get_engine, writing
from recommender.db.tables import Event, User
from recommender.privacy.erasure import request_erasure
from recommender.settings import Settings
from services.core.errors import Problem
from services.events.storage import Post, PostOutcome, as_return, keep_posts
from services.schemas.events import NewEvent
from tests.support.servers.databases import install_tables

NOW = datetime(2026, 5, 1, 1, tzinfo=UTC)


def event(event_id: str, **changes: Any) -> NewEvent:
    plain = {"event_id": event_id, "user_id": "ann", "item_id": "tea-1", "event_type": "view"}
    return NewEvent.model_validate(plain | changes)


@pytest.mark.parametrize(
    ("said", "stored"),
    [
        ({"event_type": "view", "value": 3.0}, {}),
        ({"event_type": "purchase", "value": 3.0, "quantity": 1.0}, {}),
        ({"event_type": "purchase"}, {}),
        ({"event_type": "purchase", "quantity": -2.0}, {"quantity": 2.0, "value": None}),
        ({"event_type": "purchase", "quantity": 2.0, "value": -6.0}, {"quantity": 2.0, "value": 6.0}),
        ({"event_type": "refund"}, {"quantity": None, "value": None}),
        ({"event_type": "return", "value": -3.0, "quantity": 1.0}, {"quantity": 1.0, "value": 3.0}),
        ({"event_type": "rating", "value": -1.0}, {}),
    ],
)
def test_what_came_back_counts_up_whichever_way_it_was_told(said: dict[str, Any], stored: dict[str, Any]) -> None:
    assert as_return(event("e", **said)) == (stored and {"event_type": "return", **stored})


def test_a_post_names_its_shoppers_once_and_no_time_is_later_than_now() -> None:
    late = NOW + timedelta(seconds=30)
    events = [event("1", user_id="b"), event("2", user_id="a", time=late), event("3", user_id=None, session_id="s")]
    post = Post([*events, event("4", user_id="b")], NOW, {}, confirmed=False)
    assert post.users == ["a", "b"]
    assert [row["time"] for row in post.rows()] == [None, NOW, None, None]
    assert {row["confirmed"] for row in post.rows()} == {False}


@pytest.fixture
def tables(home: Settings) -> None:
    install_tables()


def keep(*posts: Sequence[NewEvent], confirmed: bool = True) -> list[PostOutcome | Problem]:
    with writing(get_engine()) as session:
        return keep_posts(session, [Post(events, NOW, {}, confirmed) for events in posts])


def stored(*columns: Any, **where: Any) -> list[Any]:
    with writing(get_engine()) as session:
        query = select(*columns).filter_by(**where).order_by(Event.event_id)
        return [tuple(row) if len(columns) > 1 else row[0] for row in session.execute(query)]


def test_newcomers_get_a_row_and_a_repeat_changes_nothing(tables: None) -> None:
    first, again = keep([event("1"), event("2", user_id="bob")], [event("1")])
    assert isinstance(first, PostOutcome)
    assert isinstance(again, PostOutcome)
    assert (first.added, first.willing, first.changed) == (2, ["ann", "bob"], True)
    assert (again.added, again.changed) == (0, False)
    with writing(get_engine()) as session:
        assert session.get_one(User, "bob").consent is True


def test_a_post_that_is_refused_leaves_nothing_and_its_neighbour_is_kept(tables: None) -> None:
    kept, refused = keep([event("1")], [event("new"), event("1", item_id="tea-2")])
    assert isinstance(kept, PostOutcome)
    assert isinstance(refused, Problem)
    assert (refused.field, refused.status) == ("events[1].event_id", 409)
    assert stored(Event.event_id, user_id="ann") == ["1"]


def test_purchases_that_a_token_tells_are_counted_as_unconfirmed(tables: None) -> None:
    (told,) = keep([event("1", event_type="purchase"), event("2"), event("3", event_type="return")], confirmed=False)
    assert isinstance(told, PostOutcome)
    assert told.unconfirmed == 2
    assert stored(Event.confirmed, event_id="1") == [False]


def test_a_visit_that_signs_in_brings_what_it_did_before(tables: None) -> None:
    keep([event("1", user_id=None, session_id="visit")])
    assert stored(Event.user_id, event_id="1") == [None]
    (outcome,) = keep([event("2", session_id="visit")])
    assert isinstance(outcome, PostOutcome)
    assert outcome.changed
    assert stored(Event.user_id, session_id="visit") == ["ann", "ann"]
    keep([event("3", user_id=None, session_id="visit")])
    assert stored(Event.user_id, event_id="3") == ["ann"], "and what it does from then on"


def test_of_the_erased_nothing_is_taken_and_the_place_is_told(tables: None) -> None:
    with writing(get_engine()) as session:
        request_erasure(session, "ann", NOW, "test")
    (refused,) = keep([event("1", user_id="bob"), event("2")])
    assert isinstance(refused, Problem)
    assert (refused.field, refused.status) == ("events[1].user_id", 410)
    assert stored(Event.event_id, user_id="bob") == []


def test_an_answer_that_was_never_given_is_not_believed(tables: None) -> None:
    (outcome,) = keep([event("1", recommendation_id="never")])
    assert isinstance(outcome, PostOutcome)
    assert list(outcome.foreign) == ["never"]
    assert stored(Event.recommendation_id, event_id="1") == [None]
