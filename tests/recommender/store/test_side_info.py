"""What is known of a shopper beside their dealings: people they trust, attributes, searches, each within its time."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from sqlalchemy.orm import Session

from recommender.data.side_info import NOTHING, TRUSTED_DAYS
from recommender.db.tables import Embedding, Erasure, Event, User, UserLink
from recommender.search.query_embedding import REMEMBERED, query_hash
from recommender.store import side_info
from recommender.store.consent import PERSONALISATION, record_consent
from recommender.store.side_info import (
    MOST_SEARCHES,
    followers,
    load_attributes,
    load_background,
    load_backgrounds,
    load_links,
    session_background,
)

NOW = datetime(2026, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def add(session: Session, user: str | None, item: str | None, ago: timedelta = DAY, **more: Any) -> None:
    plain = {"event_id": f"{user} {item} {ago} {more}", "user_id": user, "item_id": item, "event_type": "purchase"}
    session.add(Event(**plain | {"time": NOW - ago} | more))


def search(session: Session, user: str | None, text: str, ago: timedelta = DAY, visit: str | None = None) -> None:
    add(session, user, None, ago, event_id=f"{user} {text}", event_type="search", text=text, session_id=visit)


def read(session: Session, text: str, vector: list[float]) -> None:
    """As the encoder "drawn" reads a query."""
    raw = np.array(vector, dtype="<f4").tobytes()
    session.add(Embedding(encoder_id="drawn", content_hash=query_hash(text), vector=raw))


def trust(session: Session, source: str, *targets: str, weight: float = 1.0) -> None:
    session.add_all(UserLink(source_user_id=source, target_user_id=target, weight=weight) for target in targets)


def test_what_several_trusted_people_chose_is_told_by_the_share_of_them(session: Session) -> None:
    trust(session, "ann", "bob", "cat")
    trust(session, "ann", "dan", weight=2.0)
    for user, item in (
        ("bob", "tea"),
        ("dan", "tea"),
        ("cat", "cup"),
        ("dan", "rake"),
        ("cat", "rake"),
        ("bob", "rake"),
    ):
        add(session, user, item)
    add(session, "bob", "old", TRUSTED_DAYS * DAY + DAY)
    add(session, "dan", "old", TRUSTED_DAYS * DAY + DAY)
    add(session, "bob", "later", -DAY)
    add(session, "dan", "later", -DAY)
    session.flush()
    found = load_background(session, "ann", NOW, "drawn").trusted
    assert found == pytest.approx({"tea": 3 / 4, "rake": 1.0}), "the cup is one person's alone"
    assert load_background(session, "bob", NOW, "drawn") is NOTHING


def test_links_lead_to_who_consents_and_is_not_erased(session: Session) -> None:
    trust(session, "ann", "bob", "cat", "dan", "ann")
    trust(session, "ann", "eve", weight=0.0)
    trust(session, "bob", "ann", weight=3.0)
    session.add(UserLink(source_user_id="bob", target_user_id="ann", kind="follow", weight=5.0))
    record_consent(session, "cat", PERSONALISATION, False, NOW)
    session.add(Erasure(digest="of dan", user_id="dan", requested_at=NOW, removed={}))
    session.flush()
    assert load_links(session) == {"ann": {"bob": 1.0}, "bob": {"ann": 5.0}}
    assert load_links(session, ["bob"]) == {"bob": {"ann": 5.0}}
    assert load_links(session, []) == {}
    assert followers(session, "ann") == ["ann", "bob"]
    assert followers(session, "nobody") == []


def test_of_many_the_most_trusted_count(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(side_info, "MOST_PEOPLE", 2)
    for target, weight in (("low", 0.1), ("b", 1.0), ("a", 1.0), ("mid", 0.5)):
        trust(session, "ann", target, weight=weight)
    session.flush()
    assert load_links(session)["ann"] == {"a": 1.0, "b": 1.0}


def test_attributes_are_words(session: Session) -> None:
    session.add_all([User(user_id="ann", attributes={"age": "45-54", "tags": ["x"]}), User(user_id="bob")])
    session.flush()
    assert load_attributes(session) == {"ann": ("age=45-54",)}
    assert load_attributes(session, ["bob", "gone"]) == {}
    assert load_background(session, "ann", NOW, "drawn").attributes == ("age=45-54",)


def test_searches_that_were_read_come_back_the_latest_first_and_a_few_of_them(session: Session) -> None:
    for place in range(MOST_SEARCHES + 2):
        search(session, "ann", f"query {place}", place * DAY / 10 + DAY)
        if place != 1:
            read(session, f"query {place}", [float(place), 1.0])
    search(session, "ann", "too old", REMEMBERED + DAY)
    search(session, "ann", "to come", -DAY)
    for text in ("too old", "to come"):
        read(session, text, [1.0, 1.0])
    session.flush()
    found = load_background(session, "ann", NOW, "drawn").searches
    assert [one.text for one in found] == ["query 0", "query 2", "query 3"]
    assert found[1].vector_E().tolist() == [2.0, 1.0]
    assert found[0].time == int((NOW - DAY).timestamp())
    assert load_background(session, "ann", NOW, "another") is NOTHING


def test_a_visits_searches_are_its_owners_or_nobodys(session: Session) -> None:
    search(session, None, "tea", visit="v")
    search(session, "ann", "cup", visit="v")
    search(session, "ann", "rake", visit="w")
    for text in ("tea", "cup", "rake"):
        read(session, text, [1.0])
    session.flush()
    assert [one.text for one in session_background(session, "v", NOW, "drawn").searches] == ["tea"]
    assert [one.text for one in session_background(session, "v", NOW, "drawn", "ann").searches] == ["cup"]
    assert not session_background(session, "nowhere", NOW, "drawn")


def test_many_shoppers_are_read_in_parts(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(side_info, "IDS_A_QUERY", 2)
    session.add_all(User(user_id=f"u{place}", attributes={"n": place} if place != 3 else {}) for place in range(5))
    session.flush()
    found = load_backgrounds(session, [f"u{place}" for place in range(5)], NOW, "drawn")
    assert {user: one.attributes for user, one in found.items()} == {f"u{n}": (f"n={n}",) for n in (0, 1, 2, 4)}
