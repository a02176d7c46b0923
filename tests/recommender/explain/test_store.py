"""Sentences in the database: by profile version, bounded, gone with the shopper."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from recommender.db.engine import session_scope
from recommender.db.tables import Explanation, ProfileVersion
from recommender.explain.store import KeptSentence, forget, load, save, trim
from recommender.settings import Settings

NOW = datetime(2026, 5, 1, tzinfo=UTC)
ONE, TWO = KeptSentence("f1", "You bought this.", "llm"), KeptSentence("f2", "Popular.", "template")


def know(session: Session, user_id: str, version: int) -> None:
    session.add(
        ProfileVersion(
            user_id=user_id,
            version=version,
            model_version="m",
            as_of=NOW,
            vector=b"",
            affinities=[],
            reason="event",
            created_at=NOW,
        )
    )
    session.flush()


def test_sentences_are_kept_by_version_and_language(database: Settings) -> None:
    with session_scope() as session:
        know(session, "u1", 1)
        know(session, "u1", 2)
        save(session, "u1", 1, "en", {"a": ONE, "b": TWO}, NOW)
        save(session, "u1", 1, "zh", {"a": TWO}, NOW)
        save(session, "u1", 1, "en", {"b": ONE}, NOW)
    with session_scope() as session:
        assert load(session, "u1", 1, "en") == {"a": ONE, "b": ONE}
        assert load(session, "u1", 1, "zh") == {"a": TWO}
        save(session, "u1", 2, "en", {"a": ONE}, NOW)
        assert load(session, "u1", 1, "en") == {}
        assert load(session, "u1", 2, "en") == {"a": ONE}


def test_an_erased_shopper_has_none_and_gets_none_back(database: Settings) -> None:
    with session_scope() as session:
        know(session, "u1", 1)
        save(session, "u1", 1, "en", {"a": ONE, "b": TWO}, NOW)
        assert forget(session, "u1") == 2
        session.query(ProfileVersion).delete()
        save(session, "u1", 1, "en", {"a": ONE}, NOW)  # written before, and late
        assert load(session, "u1", 1, "en") == {}


def test_the_oldest_go_when_there_are_too_many(database: Settings) -> None:
    with session_scope() as session:
        for place in range(10):
            know(session, f"u{place}", 1)
            save(session, f"u{place}", 1, "en", {"a": ONE}, NOW + timedelta(minutes=place))
        trim(session, most=4)
        assert session.scalar(select(func.count()).select_from(Explanation)) == 4
        assert load(session, "u9", 1, "en") == {"a": ONE}
