"""The sampled sentences: those that hold, those that say more than their facts, and how many a day."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from monitoring.answers.sentences import A_DAY, check_sample
from recommender.db.engine import session_scope
from recommender.db.tables import Event, ImpressionEvidence, Item, User
from recommender.explain.templates import SentenceContext, explain
from recommender.settings import Settings
from recommender.store.impression_evidence import evidence_from

START = datetime(2026, 3, 2, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def evidence(source: str, *item_ids: str) -> list[dict[str, Any]]:
    return [{"source": source, "item_ids": list(item_ids), "event_ids": [], "attributes": {}}]


def keep(
    name: str, reason: str, why: list[dict[str, Any]], by: str = "template", language: str = "en", **at: Any
) -> None:
    shown = {"item_id": "a", "score": 1.0, "reason": reason, "explained_by": by, "evidence": why, "rules": []}
    row = {"user_id": "u", "language": language, "size": 1, "time": START} | at
    with session_scope() as session:
        session.add(ImpressionEvidence(evidence_id=name, items=[shown], **row))


@pytest.fixture
def shop(database: Settings) -> None:
    with session_scope() as session:
        session.add(User(user_id="u", attributes={}))
        for item_id, title in (("a", "Green Tea"), ("b", "Black Tea")):
            session.add(Item(item_id=item_id, title=title, content_hash=item_id, updated_at=START, categories=["Tea"]))
        session.flush()
        for day in (-3, 3):
            session.add(
                Event(event_id=f"e{day}", user_id="u", item_id="a", event_type="purchase", time=START + day * DAY)
            )


def problems() -> dict[str, str]:
    with session_scope() as session:
        return {one.text: one.problem for one in check_sample(session, START, START + DAY, seed=0)}


@pytest.mark.usefixtures("shop")
def test_what_holds_and_what_does_not() -> None:
    popular = "Among the shop's most popular items of late."
    keep("1", popular, evidence("popular"))
    keep("2", "Green Tea is popular.", evidence("popular"), by="llm")
    keep("3", "Green Tea is the cheapest and cures colds.", evidence("popular"), by="llm")
    keep("4", "Green Tea is popular of late.", evidence("demographic"), by="llm")  # nothing bears it
    keep("5", "You bought Green Tea on 2 days.", evidence("repeat", "a"), by="llm")  # one of them came later
    found = problems()
    assert found[popular] == found["Green Tea is popular."] == ""
    assert found["Green Tea is the cheapest and cures colds."] == "word"
    assert found["Green Tea is popular of late."] == "nofacts"
    assert found["You bought Green Tea on 2 days."] != ""


@pytest.mark.usefixtures("shop")
def test_a_day_gives_so_many_and_another_day_its_own() -> None:
    for number in range(A_DAY + 5):
        keep(f"n{number}", "Among the shop's most popular items of late.", evidence("popular"))
    keep(
        "later",
        "店里近来最受欢迎的商品之一。",
        evidence("popular"),
        language="zh",
        time=START + 1.5 * DAY,
        user_id=None,
    )
    with session_scope() as session:
        assert len(check_sample(session, START, START + DAY, seed=0)) == A_DAY
        assert len(check_sample(session, START, START + 2 * DAY, seed=0)) == A_DAY + 1
        assert check_sample(session, START - DAY, START, seed=0) == []


@pytest.mark.usefixtures("shop")
def test_a_sentence_that_names_an_item_in_its_own_language_holds() -> None:
    with session_scope() as session:
        session.get_one(Item, "b").translations = {"zh-CN": {"title": "红茶"}}
    known = SentenceContext(lambda item_id: "红茶", {})
    text = explain(known, "a", evidence_from(evidence("together", "b")), "zh")
    assert "红茶" in text
    keep("1", text, evidence("together", "b"), language="zh")
    assert problems() == {text: ""}


@pytest.mark.usefixtures("shop")
def test_what_a_visit_of_nobody_known_did_bears_its_sentences() -> None:
    with session_scope() as session:
        session.add(Event(event_id="v", session_id="s", item_id="b", event_type="view", time=START))
    looked, bought = (f"Often chosen together with “Black Tea”, which you {done}." for done in ("looked at", "bought"))
    at: dict[str, Any] = {"user_id": None, "session_id": "s", "time": START + HOUR}
    keep("1", looked, evidence("together", "b"), **at)
    keep("2", bought, evidence("together", "b"), **at)
    found = problems()
    assert found[looked] == ""
    assert found[bought] != ""


@pytest.mark.usefixtures("shop")
def test_what_a_visit_did_later_bears_nothing() -> None:
    with session_scope() as session:
        session.add(Event(event_id="v", session_id="s", item_id="b", event_type="view", time=START + 2 * HOUR))
    looked = "Often chosen together with “Black Tea”, which you looked at."
    keep("1", looked, evidence("together", "b"), user_id=None, session_id="s", time=START + HOUR)
    assert problems()[looked] != ""
