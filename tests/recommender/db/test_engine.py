"""The tables and their migrations, on both databases."""

import sqlite3
import threading
import time
from datetime import UTC, datetime

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError, StatementError

from recommender.db import engine as under_test
from recommender.db.engine import clear_log, get_engine, migrate, session_scope, writing
from recommender.db.tables import Base, Event, User
from recommender.settings import Settings


def test_migrations_build_exactly_the_tables(database: Settings) -> None:
    migrate()  # twice changes nothing
    with get_engine().connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_times_come_back_in_utc(database: Settings) -> None:
    moment = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)
    with session_scope() as session:
        session.add(User(user_id="知音", created_at=moment))
    with session_scope() as session:
        assert session.scalars(select(User)).one().created_at == moment


def test_a_time_without_zone_is_refused(database: Settings) -> None:
    with pytest.raises(StatementError, match="has no zone"), session_scope() as session:
        session.add(User(user_id="1", created_at=datetime(2026, 3, 1)))


def _add_user_then_fail() -> None:
    with session_scope() as session:
        session.add(User(user_id="1"))
        session.flush()
        raise RuntimeError


def test_a_failed_block_leaves_nothing(database: Settings) -> None:
    with pytest.raises(RuntimeError):
        _add_user_then_fail()
    with session_scope() as session:
        assert session.scalars(select(User)).all() == []


def test_blocks_that_write_take_turns(database: Settings) -> None:
    order: list[str] = []
    began, go_on = threading.Event(), threading.Event()

    def first() -> None:
        with writing(get_engine()) as session:
            session.add(User(user_id="first"))
            session.flush()
            began.set()
            assert go_on.wait(10)
            order.append("first")

    thread = threading.Thread(target=first)
    thread.start()
    assert began.wait(10)
    threading.Timer(0.2, go_on.set).start()
    with writing(get_engine()) as session:
        session.add(User(user_id="second"))
        session.flush()
        order.append("second")
    thread.join()
    with session_scope() as session:
        assert sorted(session.scalars(select(User.user_id))) == ["first", "second"]
    if get_engine().dialect.name == "sqlite":
        assert order == ["first", "second"]


def test_what_is_in_the_log_is_taken_into_the_file(database: Settings) -> None:
    with session_scope() as session:
        session.add(User(user_id="logged"))
    clear_log(get_engine())
    file = get_engine().url.database
    if get_engine().dialect.name == "sqlite":
        with sqlite3.connect(f"file:{file}?immutable=1", uri=True) as plain:  # which looks at no log
            assert plain.execute("SELECT user_id FROM users").fetchall() == [("logged",)]


def test_a_connection_that_rested_is_not_used_when_its_server_has_dropped_it(
    database: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = get_engine()
    if engine.dialect.name == "sqlite":
        pytest.skip("has no server")
    mine = text("SELECT pg_backend_pid()")
    address = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)

    def dropped() -> int:
        with session_scope() as session:
            pid = int(session.scalar(mine) or 0)
        with psycopg.connect(address) as other:
            other.execute("SELECT pg_terminate_backend(%s)", [pid])
        time.sleep(0.2)
        return pid

    monkeypatch.setattr(under_test, "RESTED_SECONDS", 0.0)
    pid = dropped()
    with session_scope() as session:
        assert session.scalar(mine) != pid
    monkeypatch.setattr(under_test, "RESTED_SECONDS", 60.0)
    dropped()
    with pytest.raises(OperationalError), session_scope() as session:  # noticed by whoever asks next, and then mended
        session.scalar(mine)
    with session_scope() as session:
        assert session.scalar(mine)


def test_events_go_on_beyond_32_bits(database: Settings) -> None:
    row = {"event_id": "e", "user_id": "u", "event_type": "view", "time": datetime(2026, 3, 1, tzinfo=UTC)}
    with session_scope() as session:
        session.add(Event(id=2**31 - 1, **row))
        if session.get_bind().dialect.name == "postgresql":
            session.execute(text("SELECT setval('events_id_seq', 2147483647)"))
    with session_scope() as session:
        session.add(Event(**{**row, "event_id": "another"}))
    with session_scope() as session:
        assert session.scalars(select(Event.id).order_by(Event.id)).all() == [2**31 - 1, 2**31]
