"""Fixtures all tests share: settings of their own, and the databases that each test of storage runs against."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import redis
from xdist.scheduler import LoadFileScheduling

from recommender.db.engine import close_engines
from recommender.settings import PROJECT_ROOT, Settings, get_settings
from tests.support.servers.databases import create_database, drop_database, install_tables
from tests.support.servers.local import postgres_server, redis_server, skip_or_fail

SHARED_DATA = PROJECT_ROOT.parent / "shared" / "data"


class AirflowTogether(LoadFileScheduling):  # type: ignore[misc]
    """A file's tests stay on one worker, and so do the files that start an Airflow: one of them runs at a time."""

    def _split_scope(self, nodeid: str) -> str:
        return "tests/dags" if nodeid.startswith("tests/dags/") else str(super()._split_scope(nodeid))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> AirflowTogether:
    return AirflowTogether(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that names a server's fixture carries that server's marker; those of Airflow, the longest, come first."""
    items.sort(key=lambda item: item.path.parent.name != "dags")
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if fixtures & {"postgres_url", "migrated_postgres_url"}:
            item.add_marker(pytest.mark.postgres)
        if "redis_url" in fixtures:
            item.add_marker(pytest.mark.redis)


@pytest.fixture(scope="session", autouse=True)
def _short_trainings() -> Iterator[None]:
    """The tests' shops are small: a training of defaults takes seconds, in processes that are started here as well."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZHIYIN_TRAIN_MINUTES", "0.1")
        yield


@pytest.fixture(scope="session")
def _postgres() -> Iterator[str]:
    with postgres_server() as url:
        yield url


@pytest.fixture(scope="session")
def _redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with redis_server(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture
def redis_url(_redis: str) -> str:
    """The URL of a Redis of the tests' own, emptied for each test."""
    with redis.Redis.from_url(_redis) as client:
        client.flushall()
    return _redis


@pytest.fixture
def postgres_url(_postgres: str) -> Iterator[str]:
    """The URL of an empty PostgreSQL database, made for one test."""
    with _database_of(_postgres, migrated=False) as url:
        yield url


@pytest.fixture
def migrated_postgres_url(_postgres: str) -> Iterator[str]:
    """The same with all tables."""
    with _database_of(_postgres, migrated=True) as url:
        yield url


@contextmanager
def _database_of(server: str, migrated: bool) -> Iterator[str]:
    name = f"test_{uuid.uuid4().hex[:12]}"
    yield create_database(server, name, migrated)
    drop_database(server, name)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """Settings with a state folder of the test's own (SQLite); the environment says so to child processes too."""
    monkeypatch.setenv("ZHIYIN_HOME", str(tmp_path / "var"))
    for name in ("ZHIYIN_DATABASE_URL", "ZHIYIN_REDIS_URL"):
        monkeypatch.delenv(name, raising=False)
    get_settings.cache_clear()
    close_engines()
    yield get_settings()
    get_settings.cache_clear()
    close_engines()


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, home: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A migrated database; a test that takes it runs on SQLite and on PostgreSQL."""
    if request.param == "postgres":
        monkeypatch.setenv("ZHIYIN_DATABASE_URL", request.getfixturevalue("migrated_postgres_url"))
        get_settings.cache_clear()
    install_tables()
    return get_settings()


@pytest.fixture(params=["embedded", "servers"])
def backend(request: pytest.FixtureRequest, home: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A migrated database and an online store: SQLite for both, or PostgreSQL and Redis."""
    if request.param == "servers":
        monkeypatch.setenv("ZHIYIN_DATABASE_URL", request.getfixturevalue("migrated_postgres_url"))
        monkeypatch.setenv("ZHIYIN_REDIS_URL", request.getfixturevalue("redis_url"))
        get_settings.cache_clear()
    install_tables()
    return get_settings()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of public data sets beside the project."""
    if not SHARED_DATA.is_dir():
        skip_or_fail("the public data sets are missing: they belong in ../shared/data")
    return SHARED_DATA
