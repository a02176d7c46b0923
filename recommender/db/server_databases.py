"""Databases on a PostgreSQL server, made and dropped for a shop of several. SQLite's are files: none of this."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text

from recommender.db.engine import get_engine


def create_database(server_url: str, name: str) -> bool:
    """Makes an empty database on the server of this address; False where there is one of that name already."""
    with _administering(server_url) as connection:
        if connection.scalar(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": name}):
            return False
        connection.execute(text(f"CREATE DATABASE {_quoted(connection, name)} TEMPLATE template0"))
        return True


def drop_database(server_url: str, name: str) -> None:
    """Drops a database of that server with all in it; where there is none, nothing is done."""
    with _administering(server_url) as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {_quoted(connection, name)}"))


@contextmanager
def _administering(server_url: str) -> Iterator[Connection]:
    """Outside of any transaction, as the server wants it for such statements."""
    with get_engine(server_url).connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        yield connection


def _quoted(connection: Connection, name: str) -> str:
    return connection.dialect.identifier_preparer.quote_identifier(name)
