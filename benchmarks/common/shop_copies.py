"""A shop copied into a home of its own, for a benchmark to write what it likes: on SQLite, or PostgreSQL and Redis.

All items and the promoted model come along, and some shoppers with their whole histories and profiles.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from sqlalchemy import Engine, Select, insert, select

from benchmarks.common.database_servers import postgres_server, redis_server
from features.online import push_profiles
from features.store import close_stores
from recommender.db.engine import close_engines, get_engine, migrate, session_scope
from recommender.db.tables import Base, Event, Item, Model, User
from recommender.models.bundle import ModelBundle
from recommender.profiles.profile import build_profiles
from recommender.settings import Settings, get_settings
from recommender.store.queries import load_histories, next_versions, promoted_model, save_profiles

ROWS = 2_000
BACKENDS = ("SQLite", "PostgreSQL and Redis")


@contextmanager
def copied_shop(backend: str, users: list[str]) -> Iterator[Settings]:
    """The shop of the settings' home with these shoppers, in a home that goes when the block ends."""
    origin = get_settings()
    with ExitStack() as stack:
        home = Path(stack.enter_context(TemporaryDirectory(prefix="zhiyin-shop-")))
        variables = {"ZHIYIN_HOME": str(home)}
        if backend != "SQLite":
            server = stack.enter_context(postgres_server())
            with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
                connection.execute("CREATE DATABASE shop")
            variables["ZHIYIN_DATABASE_URL"] = f"{server}/shop"
            variables["ZHIYIN_REDIS_URL"] = stack.enter_context(redis_server(home / "redis"))
        stack.enter_context(with_environment(variables))
        (home / "models").symlink_to(origin.models_dir)
        migrate()
        source = get_engine(origin.sqlalchemy_url)
        _copy(source, get_engine(get_settings().sqlalchemy_url), users)
        keep_profiles(users)
        yield get_settings()
        get_engine(get_settings().sqlalchemy_url).dispose()


@contextmanager
def with_environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Settings read from these variables, here and in processes started here."""
    before = {name: os.environ.get(name) for name in ("ZHIYIN_HOME", "ZHIYIN_DATABASE_URL", "ZHIYIN_REDIS_URL")}
    _set(dict.fromkeys(before) | dict(variables))
    try:
        yield
    finally:
        _set(before)


def _set(variables: Mapping[str, str | None]) -> None:
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    close_stores()
    get_settings.cache_clear()
    close_engines()


def _copy(source: Engine, target: Engine, users: list[str]) -> None:
    tables = Base.metadata.tables
    wanted: list[tuple[str, Select[tuple[object, ...]]]] = [
        ("items", select(*tables[Item.__tablename__].columns)),
        ("models", select(*tables[Model.__tablename__].columns).where(Model.status == "promoted")),
        ("users", select(*tables[User.__tablename__].columns).where(User.user_id.in_(users))),
        ("events", select(*(c for c in tables["events"].columns if c.name != "id")).where(Event.user_id.in_(users))),
    ]
    with source.connect() as reading, target.begin() as writing:
        for name, rows in wanted:
            for part in reading.execute(rows).mappings().partitions(ROWS):
                writing.execute(insert(tables[name]), [dict(row) for row in part])


def keep_profiles(users: list[str]) -> None:
    """Builds these shoppers' profiles from the settings' database and model, and keeps them where a service looks."""
    now = datetime.now(UTC)
    with session_scope() as session:
        model = promoted_model(session)
        if model is None:
            raise SystemExit("no model is promoted: run `make demo` first, or set ZHIYIN_HOME")
        histories = load_histories(session, users)
        versions = next_versions(session, list(histories))
        path = model.path
    bundle = ModelBundle.load(get_settings().root / path)
    profiles = build_profiles(bundle, [(user, one, versions[user]) for user, one in histories.items()], now)
    with session_scope() as session:
        save_profiles(session, profiles, "retrain", now)
    push_profiles(profiles)
