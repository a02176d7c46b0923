"""The SQLite online store beneath Feast's interface: what is asked for alone, whole entities, waiting, forgetting."""

import sqlite3
import threading
import time
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import pytest

from features.profile_rows import FEATURES
from features.sqlite_online import WalSqliteOnlineStore
from features.store import get_store
from features.values import entity_key, to_values
from recommender.settings import Settings

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
ROW = {"profile_version": 2, "recent_item_ids": ["茶"], "summary": None}


def values_of(row: dict[str, Any]) -> dict[str, Any]:
    """The features of the row alone, as Feast's values."""
    values = to_values(dict.fromkeys(FEATURES) | row)
    return {name: values[name] for name in row}


class Store:
    """The home's store with Feast's arguments in place."""

    def __init__(self) -> None:
        feast = get_store()
        self.config, self.view = feast.config, feast.get_feature_view("user_profile")
        self.online = WalSqliteOnlineStore()

    def write(self, user: str, row: dict[str, Any]) -> None:
        self.online.online_write_batch(self.config, self.view, [(entity_key(user), values_of(row), NOON, None)], None)

    def read(self, users: list[str], names: list[str]) -> list[Any]:
        return self.online.online_read(self.config, self.view, [entity_key(user) for user in users], names)


@pytest.fixture
def store(home: Settings) -> Store:
    return Store()


def test_what_is_asked_for_is_read_and_nothing_else(store: Store) -> None:
    store.write("u", ROW)
    (time, values), nobody = store.read(["u", "nobody"], ["profile_version", "recent_item_ids"])
    assert time == NOON
    assert set(values) == {"profile_version", "recent_item_ids"}
    assert values["profile_version"].int64_val == 2
    assert nobody == (None, None)


def test_a_second_write_takes_the_place_of_the_first(store: Store) -> None:
    store.write("u", ROW)
    store.write("u", {"profile_version": 5})
    values = store.read(["u"], ["profile_version", "recent_item_ids"])[0][1]
    assert values["profile_version"].int64_val == 5
    assert values["recent_item_ids"].string_list_val.val == ["茶"], "what is not written stays"


def test_all_entities_are_written_and_progress_is_told(store: Store) -> None:
    told: list[int] = []
    data = [(entity_key(str(number)), values_of({"profile_version": number}), NOON, NOON) for number in range(5)]
    store.online.online_write_batch(store.config, store.view, data, told.append)
    assert sum(told) == 5
    read = store.read([str(number) for number in range(5)], ["profile_version"])
    assert [values["profile_version"].int64_val for _, values in read] == list(range(5))


def test_one_entity_is_forgotten_and_its_bytes_with_it(store: Store, home: Settings) -> None:
    store.write("u", {"recent_item_ids": ["a secret of u"]})
    store.write("v", ROW)
    store.online.forget(store.config, [store.view], entity_key("u"))
    assert store.read(["u"], ["recent_item_ids"]) == [(None, None)]
    assert store.read(["v"], ["profile_version"])[0][1]["profile_version"].int64_val == 2
    with closing(sqlite3.connect(home.feast_dir / "online.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert b"a secret of u" not in (home.feast_dir / "online.db").read_bytes()


def test_threads_have_connections_of_their_own(store: Store) -> None:
    found: list[sqlite3.Connection] = []
    for _ in range(2):
        thread = threading.Thread(target=lambda: found.append(store.online._get_conn(store.config)))
        thread.start()
        thread.join()
    assert len({id(one) for one in found}) == 2
    assert store.online._get_conn(store.config) is store.online._get_conn(store.config)


def test_who_must_not_wait_is_refused_while_another_writes(store: Store, home: Settings) -> None:
    store.write("u", ROW)
    store.online.never_wait()
    with closing(sqlite3.connect(home.feast_dir / "online.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            store.write("u", ROW)
        assert time.monotonic() - began < 10
        assert store.read(["u"], ["profile_version"])[0][0] == NOON, "reading goes on"


def test_the_log_is_taken_into_the_file(store: Store, home: Settings) -> None:
    store.write("u", ROW)
    store.online.clear_log(store.config)
    with closing(sqlite3.connect(f"file:{home.feast_dir / 'online.db'}?immutable=1", uri=True)) as plain:
        assert plain.execute("SELECT count(*) FROM zhiyin_user_profile").fetchone()[0] == len(ROW)
