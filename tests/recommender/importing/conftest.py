"""Fixtures of the import's tests."""

import pytest

from recommender.settings import Settings
from tests.support.servers.databases import install_tables


@pytest.fixture
def migrated(home: Settings) -> None:
    """The tables, on SQLite."""
    install_tables()
