"""Databases on a PostgreSQL server: made once, named as asked whatever the name, and dropped with all in them."""

import uuid
from collections.abc import Iterator

import pytest
from sqlalchemy import make_url, text

from recommender.db.engine import close_engines, get_engine
from recommender.db.server_databases import create_database, drop_database


@pytest.fixture(params=["shop_{}", "Tea-House {}", "知音{}", 'a"; DROP DATABASE postgres; --{}'])
def name(request: pytest.FixtureRequest, postgres_url: str) -> Iterator[str]:
    """A name that no database of the server has; what a test makes of that name is dropped."""
    one = str(request.param).format(uuid.uuid4().hex[:8])
    yield one
    close_engines()
    drop_database(postgres_url, one)
    close_engines()


def names_on(server_url: str) -> set[str]:
    with get_engine(server_url).connect() as connection:
        return set(connection.scalars(text("SELECT datname FROM pg_database")))


def address_of(server_url: str, name: str) -> str:
    return make_url(server_url).set(database=name).render_as_string(hide_password=False)


def test_a_database_is_made_once_and_dropped(postgres_url: str, name: str) -> None:
    before = names_on(postgres_url)
    assert create_database(postgres_url, name) is True
    assert create_database(postgres_url, name) is False
    assert names_on(postgres_url) == before | {name}
    drop_database(postgres_url, name)
    assert names_on(postgres_url) == before
    drop_database(postgres_url, name)  # there is none: nothing is done


def test_making_it_again_leaves_what_is_in_it(postgres_url: str) -> None:
    name = f"kept_{uuid.uuid4().hex[:8]}"
    create_database(postgres_url, name)
    try:
        with get_engine(address_of(postgres_url, name)).begin() as connection:
            connection.execute(text("CREATE TABLE kept (a int)"))
        assert create_database(postgres_url, name) is False
        with get_engine(address_of(postgres_url, name)).connect() as connection:
            assert connection.scalar(text("SELECT count(*) FROM kept")) == 0
    finally:
        close_engines()
        drop_database(postgres_url, name)
        close_engines()
