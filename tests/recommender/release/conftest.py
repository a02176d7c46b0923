"""A shop with a model in service, one before it, and a candidate; each is the shop as counted."""

import pytest

from recommender.settings import Settings
from tests.support.servers.databases import install_tables
from tests.support.shops.counted import register_model


@pytest.fixture
def shop(home: Settings) -> Settings:
    """Models "old" (retired), "now" (promoted) and "next" (a candidate)."""
    install_tables()
    register_model(home, "old", "retired", promoted_days_ago=20)
    register_model(home, "now", "promoted", promoted_days_ago=10)
    register_model(home, "next")
    return home
