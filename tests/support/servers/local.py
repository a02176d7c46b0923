"""Real PostgreSQL and Redis servers for the tests; where one isn't installed, the test is skipped by name."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks.common import database_servers as servers
from benchmarks.common.database_servers import free_port, wait_for_port

__all__ = ["free_port", "postgres_server", "redis_server", "skip_or_fail", "wait_for_port"]


def skip_or_fail(reason: str) -> None:
    """Skips the test by name; in CI, where nothing may be missing, fails it."""
    if os.environ.get("ZHIYIN_TESTS_MUST_NOT_SKIP"):
        pytest.fail(f"must not be skipped here: {reason}", pytrace=False)
    pytest.skip(reason)


@contextmanager
def postgres_server() -> Iterator[str]:
    """A PostgreSQL of its own; yields `postgresql://postgres@127.0.0.1:PORT` (no database in it)."""
    with _there(), servers.postgres_server() as url:
        yield url


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """A Redis of its own that keeps its data in `folder`; yields `redis://127.0.0.1:PORT`."""
    with _there(), servers.redis_server(folder) as url:
        yield url


@contextmanager
def _there() -> Iterator[None]:
    try:
        yield
    except servers.ServerMissing as missing:
        skip_or_fail(str(missing))
