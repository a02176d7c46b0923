"""What every store holds of a shopper, and that it goes: beneath the service."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from features.building.pipeline import build_features
from features.offline import write_profiles
from features.online import push_profiles, read_profile
from features.partitions import Busy, existing_days, only_one, read_days
from features.privacy import (
    EVENTS,
    PROFILES,
    clear_traces,
    erase,
    export,
    finish_erasures,
    forget_event_offline,
    forget_offline,
    is_anybody,
)
from features.verification.verify import verify
from recommender.db.engine import get_engine, session_scope
from recommender.db.tables import Erasure
from recommender.privacy.erasure import STRAGGLERS, digest
from recommender.settings import Settings, get_settings
from tests.support.profiles import AS_OF, some_profile
from tests.support.servers.databases import install_tables
from tests.support.shops.behaviour_log import add, at, day, event

NOW = datetime.now(UTC)


@pytest.fixture
def shop(home: Settings) -> Settings:
    """Two shoppers in every store."""
    install_tables()
    add([event("u1", "u", at(1.5)), event("u2", "u", at(2.5)), event("v1", "v", at(1.5))])
    build_features(at(0), at(4))
    write_profiles([some_profile("u"), some_profile("v")], AS_OF)
    push_profiles([some_profile("u"), some_profile("v")])
    return home


def logged(user: str) -> list[str]:
    events = read_days(EVENTS, day(0), day(9))
    return sorted(one for one, owner in events.select("event_id", "user_id").rows() if owner == user)


def test_an_export_names_every_store(shop: Settings) -> None:
    found = export(get_engine(), "u", NOW, "test")
    assert [one["event_id"] for one in found["offline"]["events"]] == ["u1", "u2"]
    assert len(found["database"]["events"]) == 2
    assert found["online"]["user_profile"]["user_id"] == "u"
    assert len(found["offline"]["user_profile"]) == 1


def test_nobody_is_in_no_store(shop: Settings) -> None:
    assert is_anybody(get_engine(), "u")
    assert not is_anybody(get_engine(), "nobody")
    assert export(get_engine(), "nobody", NOW, "test")["online"]["user_profile"] is None


def test_views_forget_the_shoppers_that_are_named(shop: Settings) -> None:
    behaviour = read_days("user_behaviour", day(0), day(9))["user_id"].to_list()
    assert forget_offline(["u"]) == {"events": 2, "user_behaviour": behaviour.count("u"), "user_profile": 1}
    assert (logged("u"), logged("v")) == ([], ["v1"])
    assert forget_offline(["u"]) == {}


def test_one_event_is_forgotten_with_the_behaviour_since(shop: Settings) -> None:
    forget_event_offline("u", "u2", at(2.5))
    assert logged("u") == ["u1"]
    behaviour = read_days("user_behaviour", day(0), day(9))
    assert all(stamp <= at(2.5) for user, stamp in behaviour.select("user_id", "event_timestamp").rows() if user == "u")


def test_an_erasure_is_done_when_stragglers_have_ended(shop: Settings) -> None:
    assert not erase(get_engine(), "u", NOW, "test")
    assert logged("u") == []
    assert read_profile("u") is None
    assert read_profile("v") is not None
    assert finish_erasures(get_engine(), NOW) == [], "it is too early"
    assert finish_erasures(get_engine(), NOW + 2 * STRAGGLERS) == ["u"]
    with session_scope() as session:
        assert session.get_one(Erasure, digest("u")).done_at is not None


def test_erasing_waits_for_no_build(shop: Settings) -> None:
    with only_one("build"), pytest.raises(Busy):
        erase(get_engine(), "u", NOW, "test")
    with session_scope() as session:
        assert session.get_one(Erasure, digest("u")).done_at is None, "it is wanted, and will be done"
    finish_erasures(get_engine(), NOW + timedelta(seconds=1))
    assert logged("u") == []


def is_open(path: Path) -> bool:
    """Whether another process sees SQLite's lock of one who has the file open."""
    start, size = 0x40000002, 510  # the bytes of which SQLite locks some while a database is open
    code = f"""
import fcntl
with open({str(path)!r}, "r+b") as file:
    fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, {size}, {start})
"""
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.returncode == 0 or "BlockingIOError" in done.stderr, done.stderr
    return done.returncode != 0


def test_an_erasure_leaves_the_locks_of_an_open_database(shop: Settings) -> None:
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


def test_a_large_file_is_written_anew_at_leisure_alone(shop: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def cleared() -> bool:
        with session_scope() as session:
            return session.get_one(Erasure, digest("u")).log_cleared_at is not None

    monkeypatch.setattr("features.privacy.LARGE", 0)
    erase(get_engine(), "u", NOW, "test")
    assert finish_erasures(get_engine(), NOW + 2 * STRAGGLERS) == ["u"]  # whose id, a letter, stands everywhere
    clear_traces(get_engine(), NOW)
    assert not cleared()
    clear_traces(get_engine(), NOW, at_leisure=True)
    assert cleared()


def test_the_database_s_log_is_emptied_after_an_erasure(shop: Settings) -> None:
    erase(get_engine(), "u", NOW, "test")
    clear_traces(get_engine(), NOW)
    log = Path(f"{get_engine().url.database}-wal")
    assert not log.exists() or log.stat().st_size == 0
    assert existing_days(PROFILES) == [AS_OF.date()]
