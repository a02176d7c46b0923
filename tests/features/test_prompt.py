"""How long the SQLite online store waits for whoever holds its file: an event loop hardly, other threads so long."""

from concurrent.futures import ThreadPoolExecutor

from features.online import limit_waits, never_wait, read_mark
from features.store import get_store
from recommender.settings import Settings
from tests.support.servers.databases import install_tables


def waits_ms() -> int:
    store = get_store()
    connection = store._get_provider().online_store._get_conn(store.config)
    return int(connection.execute("PRAGMA busy_timeout").fetchone()[0])


def test_the_event_loop_waits_for_nobody_and_the_others_so_long(home: Settings) -> None:
    install_tables()
    assert read_mark("nobody") is None
    assert waits_ms() == 30_000
    never_wait()
    assert waits_ms() == 50
    limit_waits(5)
    with ThreadPoolExecutor(1) as other:
        assert other.submit(waits_ms).result() == 5_000
    assert read_mark("nobody") is None
