"""The tables and their migrations, on both databases."""

from datetime import UTC, datetime

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select
from sqlalchemy.exc import StatementError

from recommender.database import get_engine, migrate, session_scope
from recommender.settings import Settings
from recommender.tables import Base, User


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
