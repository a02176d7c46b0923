"""The origins of live keys: remembered for seconds, and for longer while the database is away."""

from datetime import UTC, datetime

import pytest
from sqlalchemy.exc import SQLAlchemyError

from recommender.auth.keys import create_key
from recommender.db.engine import get_engine, session_scope
from recommender.db.tables import ApiKey
from recommender.settings import Settings
from services.core.circuit_breaker import Away, Breaker
from services.http.key_origins import TRUSTED_SECONDS, KeyOrigins
from tests.support.servers.databases import install_tables

FIRST, SECOND = "https://first.example", "https://second.example"


class Clock:
    """Seconds, as a test sets them."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def origins(home: Settings, clock: Clock) -> KeyOrigins:
    install_tables()
    found = KeyOrigins(get_engine(home.database_url), Breaker("database", (SQLAlchemyError,)), clock)
    add_key(found, FIRST)
    return found


def add_key(origins: KeyOrigins, origin: str) -> None:
    with session_scope(origins.engine) as session:
        create_key(session, "server", datetime.now(UTC), origins=[origin])


def drop_keys(origins: KeyOrigins) -> None:
    ApiKey.__table__.drop(origins.engine)  # type: ignore[attr-defined]


def test_nothing_is_remembered_before_a_look(origins: KeyOrigins) -> None:
    assert origins.remembered() is None
    assert origins.look_up() == {FIRST}
    assert origins.remembered() == frozenset({FIRST})


def test_a_new_key_counts_after_the_trusted_seconds(origins: KeyOrigins, clock: Clock) -> None:
    origins.look_up()
    add_key(origins, SECOND)
    assert origins.look_up() == {FIRST}
    clock.seconds += TRUSTED_SECONDS
    assert origins.remembered() is None
    assert origins.look_up() == {FIRST, SECOND}


def test_while_the_database_is_away_those_found_before_are_good(origins: KeyOrigins, clock: Clock) -> None:
    origins.look_up()
    drop_keys(origins)
    clock.seconds += TRUSTED_SECONDS
    assert origins.look_up() == {FIRST}


def test_where_nothing_was_found_before_it_is_raised(origins: KeyOrigins) -> None:
    drop_keys(origins)
    with pytest.raises(Away):
        origins.look_up()
