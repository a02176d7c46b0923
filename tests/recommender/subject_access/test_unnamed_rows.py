"""Rows of a shopper's visits that don't name the shopper: whose they are, claims say, or the only name in the visit."""

from datetime import UTC, datetime, timedelta

import pytest

from recommender.db.engine import session_scope
from recommender.db.tables import Event, Recommendation, SessionWish, Visit
from recommender.settings import Settings
from recommender.subject_access.unnamed_rows import remove_unnamed, unnamed_rows
from tests.support.servers.databases import install_tables

NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _tables(home: Settings) -> None:
    install_tables()


def event(event_id: str, visit: str, user: str | None = None, minute: int = 0, text: str | None = None) -> None:
    with session_scope() as session:
        session.add(
            Event(event_id=event_id, session_id=visit, user_id=user, item_id=None if text else "i", text=text,
                  event_type="search" if text else "view", time=NOW + timedelta(minutes=minute))
        )  # fmt: skip


def claim(visit: str, user: str, minute: int) -> None:
    with session_scope() as session:
        session.add(Visit(session_id=visit, user_id=user, since=NOW + timedelta(minutes=minute)))


def found(user: str) -> set[str]:
    with session_scope() as session:
        return {row.event_id if table.name == "events" else table.name for table, row in unnamed_rows(session, user)}


def test_what_a_visit_did_before_the_first_sign_in_is_the_shopper_s() -> None:
    event("before", "v", minute=0)
    event("after", "v", minute=9)
    event("named", "v", "u1", minute=6)
    event("elsewhere", "w", minute=1)
    claim("v", "u1", 5)
    assert found("u1") == {"before", "after"}
    assert found("u2") == set()


def test_on_a_shared_device_each_has_what_came_after_their_own_sign_in() -> None:
    for minute in (0, 6, 12):
        event(f"e{minute}", "v", minute=minute)
    claim("v", "u1", 5)
    claim("v", "u2", 10)
    assert found("u1") == {"e0", "e6"}
    assert found("u2") == {"e12"}


def test_an_imported_visit_without_a_claim_is_the_shopper_s_whose_name_alone_is_in_it() -> None:
    event("mine", "alone")
    event("named", "alone", "u1")
    event("whose", "shared")
    event("one", "shared", "u1")
    event("two", "shared", "u2")
    assert found("u1") == {"mine"}
    assert found("u2") == set()


def test_answers_and_wishes_of_the_visit_are_among_them() -> None:
    event("e", "v")
    claim("v", "u1", 0)
    with session_scope() as session:
        session.add(Recommendation(recommendation_id="r", session_id="v", scenario="home", model_version="m",
                                   items=[], time=NOW + timedelta(minutes=1)))  # fmt: skip
        session.add(SessionWish(session_id="v", understood={"about": "茶"}, time=NOW + timedelta(minutes=1)))
    assert found("u1") == {"e", "recommendations", "session_wishes"}


def test_they_are_removed_and_the_queries_among_them_are_told() -> None:
    event("e", "v")
    event("s", "v", text="绿茶")
    event("other", "w", text="secret")
    claim("v", "u1", 0)
    with session_scope() as session:
        assert remove_unnamed(session, "u1") == ({"events": 2}, ["绿茶"])
        assert [one.event_id for one in session.query(Event)] == ["other"]
        assert remove_unnamed(session, "u1") == ({}, [])
        assert remove_unnamed(session, "nobody") == ({}, [])
