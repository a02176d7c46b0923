"""Who was erased since a backup is erased again; of the others only the digest is kept."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from features.backups.repeated_erasures import ErasedShopper, erase_again, erased_by_now, read_erasures, read_list
from features.backups.revocations import Revocations
from features.partitions import existing_days
from recommender.db.engine import get_engine, session_scope
from recommender.db.tables import Erasure, Event
from recommender.privacy.erasure import digest
from recommender.settings import Settings
from tests.support.servers.databases import install_tables
from tests.support.shops.behaviour_log import add, at, event

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def test_a_list_is_a_digest_a_line(tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_text(f"{digest('u')}\n\n {digest('v')} \n")
    assert [one.digest for one in read_list(path)] == [digest("u"), digest("v")]


def test_a_line_that_is_no_digest_is_named(tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_text(f"{digest('u')}\nu5\n")
    with pytest.raises(ValueError, match=r"list:2: no digest .*zhiyin erasures"):
        read_list(path)


def test_no_database_knows_nobody_and_is_not_made_by_asking(home: Settings) -> None:
    assert read_erasures() == ([], Revocations())
    assert not Path(str(get_engine().url.database)).exists()
    assert erased_by_now(get_engine()) == []


def test_a_database_that_cannot_be_read_knows_nobody(home: Settings) -> None:
    path = Path(str(get_engine().url.database))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"no database" * 1000)
    assert read_erasures() == ([], Revocations())


def test_whom_the_restored_stores_hold_is_erased_to_the_end(home: Settings) -> None:
    install_tables()
    add([event("1", "u", at(1.5)), event("2", "v", at(1.5))])
    assert erase_again([ErasedShopper(digest("u"), NOW), ErasedShopper(digest("unknown"), NOW)], "test") == 1
    with session_scope() as session:
        assert {row.user_id for row in session.query(Event)} == {"v"}
        rows = {row.digest: row for row in session.query(Erasure)}
        assert set(rows) == {digest("u"), digest("unknown")}
        assert all(row.done_at is not None for row in rows.values())
        assert rows[digest("unknown")].removed == {}
    assert existing_days("events") == []
    assert [one.digest for one in erased_by_now(get_engine())].count(digest("u")) == 1


def test_who_is_known_as_erased_is_not_erased_twice(home: Settings) -> None:
    install_tables()
    gone = [ErasedShopper(digest("unknown"), NOW)]
    erase_again(gone, "test")
    assert erase_again(gone, "test") == 0
