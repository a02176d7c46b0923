"""What was erased leaves SQLite's logs and pages, and the locks of those who have the file open stay."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select, text

from features.partitions import existing_days
from features.privacy import PROFILES, erase, finish_erasures
from features.verification.clearing import clear_traces
from features.verification.verify import verify
from recommender.db.engine import get_engine, session_scope
from recommender.db.tables import Erasure
from recommender.privacy.erasure import STRAGGLERS, digest
from recommender.settings import Settings, get_settings
from tests.support.profiles import AS_OF
from tests.support.sqlite_locks import is_open

NOW = datetime.now(UTC)


def test_an_erasure_leaves_the_locks_of_an_open_database(two_shoppers: Settings) -> None:
    """Else whoever closes the file last from another process throws away what this one has still to write."""
    path = Path(get_engine().url.database or "")
    with get_engine().connect() as connection:
        connection.execute(text("SELECT 1 FROM users LIMIT 1")).all()
        assert is_open(path)
        erase(get_engine(), "u", NOW, "test")
        assert finish_erasures(get_engine(), NOW + 2 * STRAGGLERS) == ["u"]
        assert is_open(path)
        receipt = verify(get_engine(), get_settings(), "u")
        assert is_open(path)
    assert receipt["unread"] == []


def test_a_large_file_is_written_anew_at_leisure_alone(two_shoppers: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def cleared() -> bool:
        with session_scope() as session:
            return session.get_one(Erasure, digest("u")).log_cleared_at is not None

    monkeypatch.setattr("features.verification.clearing.LARGE", 0)
    erase(get_engine(), "u", NOW, "test")
    assert finish_erasures(get_engine(), NOW + 2 * STRAGGLERS) == ["u"]  # whose id, a letter, stands everywhere
    clear_traces(get_engine(), NOW)
    assert not cleared()
    clear_traces(get_engine(), NOW, at_leisure=True)
    assert cleared()


def test_who_still_stands_in_a_file_is_not_cleared_by_another_s_erasure(
    two_shoppers: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their receipts would say that nothing is left."""
    monkeypatch.setattr("features.verification.clearing.LARGE", 0)  # no file is written anew now
    for user_id in ("u", "nobody-whose-id-is-in-a-file"):
        erase(get_engine(), user_id, NOW, "test")
        assert finish_erasures(get_engine(), NOW + 2 * STRAGGLERS) == [user_id]
    with session_scope() as session:
        cleared = {one.digest for one in session.scalars(select(Erasure)) if one.log_cleared_at is not None}
    assert cleared == {digest("nobody-whose-id-is-in-a-file")}


def test_the_database_s_log_is_emptied_after_an_erasure(two_shoppers: Settings) -> None:
    erase(get_engine(), "u", NOW, "test")
    clear_traces(get_engine(), NOW)
    log = Path(f"{get_engine().url.database}-wal")
    assert not log.exists() or log.stat().st_size == 0
    assert existing_days(PROFILES) == [AS_OF.date()]
