"""Databases that are migrated already: the migrations run once a session and are copied for each test."""

import sqlite3
import tempfile
from contextlib import closing
from functools import cache
from pathlib import Path

from sqlalchemy import create_engine, text

from recommender.db.engine import close_engines, get_engine, migrate

TEMPLATE = "migrated"


def install_tables() -> None:
    """What `migrate` does, for a new database on SQLite; any other is migrated."""
    path = Path(get_engine().url.database or "")
    if get_engine().dialect.name != "sqlite" or path.exists():
        migrate()
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_migrated_file())


@cache
def _migrated_file() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "zhiyin.db"
        migrate(f"sqlite:///{path}")
        get_engine(f"sqlite:///{path}").dispose()
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return path.read_bytes()


def create_database(server: str, name: str, migrated: bool) -> str:
    """A database of this name on a PostgreSQL server, empty or with all tables; returns its URL."""
    if migrated:
        _create(server, name, _migrated_database(server))
    else:
        _create(server, name, "template1")
    return f"{server}/{name}"


def drop_database(server: str, name: str) -> None:
    close_engines()
    _run(server, f"DROP DATABASE {name} WITH (FORCE)")


@cache
def _migrated_database(server: str) -> str:
    _create(server, TEMPLATE, "template1")
    migrate(f"{server}/{TEMPLATE}")
    close_engines()
    return TEMPLATE


def _create(server: str, name: str, template: str) -> None:
    _run(server, f"CREATE DATABASE {name} TEMPLATE {template}")


def _run(server: str, statement: str) -> None:
    admin = create_engine(server.replace("postgresql://", "postgresql+psycopg://") + "/postgres")
    with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(statement))
    admin.dispose()
