"""Each test opens stores of its own; they are closed after it."""

from collections.abc import Iterator

import pytest

from features.building.pipeline import build_features
from features.offline import write_profiles
from features.online import push_profiles
from features.store import close_stores
from recommender.settings import Settings
from tests.support.profiles import AS_OF, some_profile
from tests.support.servers.databases import install_tables
from tests.support.shops.behaviour_log import add, at, event


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    close_stores()


@pytest.fixture
def two_shoppers(home: Settings) -> Settings:
    """Two shoppers in every store."""
    install_tables()
    add([event("u1", "u", at(1.5)), event("u2", "u", at(2.5)), event("v1", "v", at(1.5))])
    build_features(at(0), at(4))
    write_profiles([some_profile("u"), some_profile("v")], AS_OF)
    push_profiles([some_profile("u"), some_profile("v")])
    return home
