"""A PostgreSQL that is stopped, or a lock that nobody gives back, holds nobody up for longer than was said."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from recommender.db.engine import close_engines, get_engine, limit_waits, lock_is_held
from recommender.db.postgres import HangingServer, connect
from recommender.db.timeouts import Patience
from tests.support.servers.local import postgres_server

SECONDS = 2.0


@contextmanager
def stopped() -> Iterator[None]:
    """Every server that this process started stands still: its machine answers, it doesn't."""
    servers = [one for one in psutil.Process().children(recursive=True) if "postgres" in one.name()]
    for one in servers:
        one.suspend()
    try:
        yield
    finally:
        for one in servers:
            one.resume()


@pytest.fixture
def engine() -> Iterator[Engine]:
    with postgres_server() as url:
        limit_waits(Patience.of_service(SECONDS))
        yield get_engine(f"{url}/postgres")
        close_engines()


def ask(engine: Engine, statement: str = "SELECT 1") -> object:
    with engine.connect() as connection:
        return connection.execute(text(statement)).scalar()


def test_a_stopped_server_is_given_up_and_found_again(engine: Engine) -> None:
    assert ask(engine) == 1
    with stopped():
        for _ in range(2):  # by a connection that was open, and by a new one
            began = time.monotonic()
            with pytest.raises(OperationalError):
                ask(engine)
            assert time.monotonic() - began < SECONDS + 10  # never without end; machines are busy
    assert ask(engine) == 1


def test_who_waits_for_a_lock_is_told_that_it_is_held(engine: Engine) -> None:
    with engine.begin() as holder:
        holder.execute(text("CREATE TABLE held (a int)"))
    with engine.begin() as holder:
        holder.execute(text("LOCK TABLE held IN ACCESS EXCLUSIVE MODE"))
        with pytest.raises(OperationalError) as refused:
            ask(engine, "SELECT count(*) FROM held")
    assert lock_is_held(refused.value)
    with pytest.raises(OperationalError) as late:
        ask(engine, "SELECT pg_sleep(30)")
    assert not lock_is_held(late.value)


def test_a_connection_has_the_patience_it_was_opened_with(postgres_url: str) -> None:
    def shown(name: str, patience: Patience, **parameters: str) -> str:
        with connect(patience, postgres_url, **parameters) as connection:
            row = connection.execute(f"SHOW {name}").fetchone()
            assert row is not None
            return str(row[0])

    assert shown("statement_timeout", Patience.of_service(4.0)) == "4s"
    assert shown("lock_timeout", Patience.of_service(4.0)) == "2400ms"
    assert shown("statement_timeout", Patience()) == "0"
    assert shown("application_name", Patience.of_service(4.0), application_name="mine") == "mine"


def test_a_connection_that_waited_too_long_is_closed(postgres_url: str) -> None:
    connection = connect(Patience.of_service(5.0), postgres_url)
    connection.wait_seconds = 0.2
    with pytest.raises(HangingServer, match=r"no answer within 0.2 s"):
        connection.execute("SELECT pg_sleep(9)")
    assert connection.closed
