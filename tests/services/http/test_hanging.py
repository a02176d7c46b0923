"""A PostgreSQL that is stopped while its machine still answers: shoppers are answered without it, and are told."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from recommender.auth.keys import create_key
from recommender.db.engine import get_engine, session_scope
from recommender.settings import Settings, get_settings
from services.container import Shop
from services.core.errors import Problem
from services.http.api_keys import TRUSTED_SECONDS
from services.schemas.events import NewEvent
from services.schemas.recommend import RecommendRequest, RecommendResponse
from tests.recommender.db.test_postgres import stopped
from tests.support.servers.databases import install_tables
from tests.support.servers.local import postgres_server
from tests.support.shops.trained import install_shop


@pytest.fixture
def shop(home: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    with postgres_server() as url:
        monkeypatch.setenv("ZHIYIN_DATABASE_URL", f"{url}/postgres")
        monkeypatch.setenv("ZHIYIN_DATABASE_SECONDS", "1")
        get_settings.cache_clear()
        install_tables()
        install_shop(get_settings())
        opened = Shop(get_settings())
        opened.watcher.look()
        yield opened
        get_engine().dispose()


def ask(shop: Shop, user_id: str) -> RecommendResponse:
    return shop.answers.recommend(RecommendRequest(user_id=user_id), datetime.now(UTC))


def buy(shop: Shop, event_id: str) -> int:
    event = NewEvent(event_id=event_id, user_id="u0", item_id="tea-1", event_type="purchase")
    return shop.intake.take([event], datetime.now(UTC)).added


def test_shoppers_are_answered_while_the_database_hangs(shop: Shop) -> None:
    assert shop.unready is None
    assert buy(shop, "before") == 1
    with session_scope() as session:
        key, _ = create_key(session, "server", datetime.now(UTC))
    assert shop.callers.look_up(key) is not None
    shop.callers.clock = lambda: TRUSTED_SECONDS * 1e9  # what was found of the key is old by now
    shop.answers.shoppers.database.pause_seconds = 600  # nobody tries again within this test
    with stopped():
        shop.watcher.look()
        assert "database" in str(shop.unready)
        known, unknown = ask(shop, "u0"), ask(shop, "u1")
        assert (known.profile_version, known.degraded) == (1, ["database"])
        assert unknown.degraded == ["database"]
        assert known.items
        assert unknown.items
        with pytest.raises(Problem) as refused:
            buy(shop, "meanwhile")
        assert (refused.value.status, "Retry-After" in (refused.value.headers or {})) == (503, True)
        assert shop.callers.look_up(key) is not None
    shop.answers.shoppers.database._closed_until = 0.0
    shop.watcher.look()
    assert shop.unready is None
    assert buy(shop, "meanwhile") == 1
    assert ask(shop, "u0").degraded == []
