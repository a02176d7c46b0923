"""Kept evidence: read from JSON whatever it holds, forgotten with its shopper, and bounded by letting go the oldest."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from recommender.db.tables import Audit, ImpressionEvidence
from recommender.ranking.evidence import Evidence
from recommender.store import impression_evidence
from recommender.store.impression_evidence import evidence_from, forget_evidence, taken_back, trim_evidence

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def keep(session: Session, name: str, hour: int, size: int = 10, user: str | None = "ann") -> None:
    when = NOW + timedelta(hours=hour)
    session.add(ImpressionEvidence(evidence_id=name, user_id=user, language="en", items=[], size=size, time=when))
    session.flush()


def kept(session: Session) -> list[str]:
    return sorted(session.scalars(select(ImpressionEvidence.evidence_id)))


def test_evidence_is_read_from_json_and_odd_parts_are_empty() -> None:
    whole: dict[str, object] = {
        "source": "repeat",
        "item_ids": ["tea"],
        "event_ids": ["e1", 2],
        "attributes": {"events": "3"},
    }
    odd: dict[str, object] = {"source": "popular", "item_ids": None, "event_ids": "e1", "attributes": []}
    assert evidence_from([whole, odd]) == (
        Evidence("repeat", ("tea",), ("e1", "2"), {"events": "3"}), Evidence("popular"),
    )  # fmt: skip
    assert evidence_from([]) == ()
    with pytest.raises(KeyError, match="event_ids"):
        evidence_from([{"source": "x", "item_ids": [], "attributes": {}}])


def test_only_the_shoppers_own_is_forgotten(session: Session) -> None:
    for name, user in (("a", "ann"), ("b", "bob"), ("c", "ann"), ("d", None)):
        keep(session, name, 0, user=user)
    assert forget_evidence(session, "ann") == 2
    assert forget_evidence(session, "ann") == 0
    assert kept(session) == ["b", "d"]


@pytest.mark.parametrize(
    ("most", "left"), [(60, ["a", "b", "c"]), (59, ["b", "c"]), (50, ["b", "c"]), (49, ["c"]), (29, []), (0, [])]
)
def test_the_newest_that_fit_are_kept(session: Session, most: int, left: list[str]) -> None:
    for hour, (name, size) in enumerate((("a", 10), ("b", 20), ("c", 30))):
        keep(session, name, hour, size)
    trim_evidence(session, most)
    assert kept(session) == left


def test_nothing_is_trimmed_of_nothing(session: Session) -> None:
    trim_evidence(session, 0)
    assert kept(session) == []


def test_who_took_something_back_since_then(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(impression_evidence, "IDS_A_QUERY", 2)
    for user, action, hour in (
        ("ann", "remove_event", 1), ("bob", "consent", -1), ("cat", "consent", 0), ("dan", "mute", 5),
        ("eve", "consent", 5),
    ):  # fmt: skip
        session.add(Audit(time=NOW + timedelta(hours=hour), actor="x", action=action, user_id=user, details={}))
    session.flush()
    assert taken_back(session, ["ann", "bob", "cat", "dan"], NOW) == {"ann", "cat"}
    assert taken_back(session, [], NOW) == set()
