"""The sampled sentences: those that hold, those that say more than their facts, and how many a day."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from monitoring.answers.sentences import A_DAY, check_sample
from recommender.db.engine import session_scope
from recommender.db.tables import Event, ImpressionEvidence, Item, User
from recommender.settings import Settings

START = datetime(2026, 3, 2, tzinfo=UTC)
DAY = timedelta(days=1)


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
