"""A session on a database of the test's own."""

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from recommender.db.engine import session_scope
from recommender.settings import Settings
from tests.support.servers.databases import install_tables


@pytest.fixture
def session(home: Settings) -> Iterator[Session]:
    """A session on an empty migrated SQLite."""
    install_tables()
    with session_scope() as one:
        yield one
