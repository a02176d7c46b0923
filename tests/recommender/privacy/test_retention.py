"""Old answers and replaced profiles go; what is in use stays."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from recommender.db.engine import get_engine, session_scope
from recommender.db.tables import Embedding, Explanation, ProfileVersion, Recommendation, Visit
from recommender.privacy.retention import count_expired, remove_expired
from recommender.settings import Settings

NOW = datetime.now(UTC)


def ago(days: int) -> datetime:
    return NOW - timedelta(days=days)


@pytest.fixture
def old_shop(backend: Settings) -> Settings:
    profile: dict[str, Any] = {"model_version": "m", "vector": b"", "affinities": [], "reason": "event"}
    sentence: dict[str, Any] = {"item_id": "i", "language": "en", "evidence": "", "sentence": "", "explained_by": "llm"}
    shown: dict[str, Any] = {"scenario": "home", "model_version": "m", "items": [], "user_id": "ann"}
    with session_scope() as session:
        for user, version, days in (("ann", 1, 300), ("ann", 2, 200), ("ann", 3, 10), ("bob", 1, 900)):
            made = {"as_of": ago(days), "created_at": ago(days)}
            session.add(ProfileVersion(user_id=user, version=version, **made, **profile))
            session.add(Explanation(user_id=user, profile_version=version, created_at=ago(days), **sentence))
        for number, days in enumerate((1, 399, 401, 5_000)):
            session.add(Recommendation(recommendation_id=f"r{number}", time=ago(days), **shown))
            session.add(Visit(session_id=f"v{number}", user_id="ann", since=ago(days)))
    return backend


def left() -> tuple[list[tuple[str, int]], list[tuple[str, int]], list[str]]:
    with session_scope() as session:
        profiles = session.execute(
            select(ProfileVersion.user_id, ProfileVersion.version).order_by("user_id", "version")
        )
        written = session.execute(
            select(Explanation.user_id, Explanation.profile_version).order_by("user_id", "profile_version")
        )
        shown = session.scalars(select(Recommendation.recommendation_id).order_by(Recommendation.recommendation_id))
        return [(user, one) for user, one in profiles], [(user, one) for user, one in written], list(shown)


def test_what_is_old_goes_and_the_newest_profile_stays_however_old(old_shop: Settings) -> None:
    before = left()
    counted = count_expired(get_engine(), old_shop, NOW)
    assert {table: gone.count for table, gone in counted.items()} == {
        "recommendations": 2, "explanations": 2, "profiles": 2, "visits": 3,
    }  # fmt: skip
    assert all(20 < gone.size < 2_000 for gone in counted.values())
    assert left() == before
    assert remove_expired(get_engine(), old_shop, NOW) == counted
    kept = [("ann", 3), ("bob", 1)]
    assert left() == (kept, kept, ["r0", "r1"])
    assert not any(gone.count for gone in remove_expired(get_engine(), old_shop, NOW).values())


def test_many_rows_go_in_several_transactions(old_shop: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recommender.privacy.retention.ROWS_A_TRANSACTION", 1)
    assert remove_expired(get_engine(), old_shop, NOW)["profiles"].count == 2


def test_a_setting_of_0_keeps_everything(old_shop: Settings) -> None:
    settings = ("keep_recommendations_days", "keep_profiles_days", "keep_visits_days")
    forever = old_shop.model_copy(update=dict.fromkeys(settings, 0))
    assert remove_expired(get_engine(), forever, NOW) == {}


def test_vectors_of_encoders_that_are_in_use_no_more_go(old_shop: Settings) -> None:
    with session_scope() as session:
        for encoder, text in (("old", "a"), ("old", "b"), ("new", "a")):
            session.add(Embedding(encoder_id=encoder, content_hash=text, vector=bytes(400)))
    assert "embeddings" not in count_expired(get_engine(), old_shop, NOW)
    gone = remove_expired(get_engine(), old_shop, NOW, encoders={"new"})["embeddings"]
    assert (gone.count, gone.size) == (2, 2 * (400 + len("old") + 1))
    with session_scope() as session:
        assert session.scalars(select(Embedding.encoder_id)).all() == ["new"]
