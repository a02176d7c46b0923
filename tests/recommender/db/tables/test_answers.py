"""What was shown, as rows: versions of a profile, vectors as bytes, a sentence a language."""

from datetime import UTC, datetime

import numpy as np
import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from recommender.db.tables import Explanation, ImpressionEvidence, ProfileVersion, Recommendation

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def test_a_profile_has_versions_and_its_vector_comes_back(session: Session) -> None:
    vector = np.random.default_rng(0).standard_normal(4).astype("<f4")
    row = {
        "user_id": "ann", "model_version": "m", "as_of": NOW, "vector": vector.tobytes(), "affinities": [["Tea", 0.5]],
        "summary": "", "reason": "event", "created_at": NOW,
    }  # fmt: skip
    session.execute(insert(ProfileVersion), [row | {"version": version} for version in (1, 2)])
    found = session.get_one(ProfileVersion, ("ann", 2))
    np.testing.assert_array_equal(np.frombuffer(found.vector, "<f4"), vector)
    assert found.affinities == [["Tea", 0.5]]
    with pytest.raises(IntegrityError):
        session.execute(insert(ProfileVersion), row | {"version": 2})


def test_an_answer_may_be_nobodys_and_keeps_its_order(session: Session) -> None:
    items = [{"item_id": "b", "score": 0.5}, {"item_id": "a", "score": 0.25}]
    row = {"recommendation_id": "r", "scenario": "home", "model_version": "m", "items": items, "time": NOW}
    session.execute(insert(Recommendation), row)
    found = session.get_one(Recommendation, "r")
    assert found.items == items
    assert (found.user_id, found.session_id, found.profile_version, found.arm) == (None, None, None, None)
    with pytest.raises(IntegrityError):
        session.execute(insert(Recommendation), row)


def test_a_sentence_is_of_a_shopper_a_profile_an_item_and_a_language(session: Session) -> None:
    row = {
        "user_id": "ann", "profile_version": 1, "item_id": "tea", "language": "en", "evidence": "e",
        "sentence": "因为您喜欢茶。", "explained_by": "llm", "created_at": NOW,
    }  # fmt: skip
    for changes in ({}, {"language": "zh"}, {"profile_version": 2}, {"item_id": "cup"}, {"user_id": "bob"}):
        session.execute(insert(Explanation), row | changes)
    assert session.get_one(Explanation, ("ann", 1, "tea", "zh")).sentence == "因为您喜欢茶。"
    with pytest.raises(IntegrityError):
        session.execute(insert(Explanation), row)


def test_evidence_without_a_size_is_refused(session: Session) -> None:
    with pytest.raises(IntegrityError, match="size"):
        session.execute(insert(ImpressionEvidence), {"evidence_id": "e", "language": "en", "items": [], "time": NOW})
