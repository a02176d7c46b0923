"""Fixtures of the import's tests."""

import pytest

from recommender.database import migrate
from recommender.settings import Settings


@pytest.fixture
def migrated(home: Settings) -> None:
    """The tables, on SQLite."""
    migrate()
