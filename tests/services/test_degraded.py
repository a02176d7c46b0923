"""What the service does while a part is away: it answers with what is left, says so, and mends itself."""

import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import redis

from recommender.db.engine import get_engine
from recommender.settings import Settings, get_settings
from services.container import Shop
from services.core.errors import Problem
from services.schemas.events import EventsResponse, NewEvent
from services.schemas.profile import ProfileRequest
from services.schemas.recommend import RecommendRequest, RecommendResponse
from tests.support.servers.databases import install_tables
from tests.support.servers.local import redis_server, wait_for_port
from tests.support.shops.trained import install_shop


@pytest.fixture
def redis_of_its_own(tmp_path: Path) -> Iterator[str]:
    with redis_server(tmp_path / "redis") as url:
        yield url


@pytest.fixture
def redis_shop(home: Settings, redis_of_its_own: str, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setenv("ZHIYIN_REDIS_URL", redis_of_its_own)
    get_settings.cache_clear()
    install_tables()
    install_shop(get_settings())
    shop = Shop(get_settings())
    shop.watcher.look()
    return shop


def buy(shop: Shop, event_id: str, item_id: str) -> EventsResponse:
    event = NewEvent(event_id=event_id, user_id="u0", item_id=item_id, event_type="purchase")
    return shop.intake.take([event], datetime.now(UTC))


def ask(shop: Shop) -> RecommendResponse:
    return shop.answers.recommend(RecommendRequest(user_id="u0"), datetime.now(UTC))


def newest_event(shop: Shop) -> str:
    return shop.answers.profile(ProfileRequest(user_id="u0"), datetime.now(UTC)).recent[0].event_id


def test_the_online_store_goes_and_comes_back(redis_shop: Shop, redis_of_its_own: str, tmp_path: Path) -> None:
    shop, shoppers = redis_shop, redis_shop.answers.shoppers
    shoppers.online.pause_seconds = 0
    assert buy(shop, "with", "tea-1").degraded == []
    redis.Redis.from_url(redis_of_its_own).shutdown(nosave=True)

    stored = buy(shop, "without", "tea-2")
    assert (stored.added, stored.degraded) == (1, ["online_store"])
    shoppers.stale.clear()  # as another worker, or this one after a restart, would see it
    answer = ask(shop)
    assert answer.degraded == ["online_store"]
    assert answer.profile_version == 2
    assert len(answer.items) == 10
    assert newest_event(shop) == "without"

    port = redis_of_its_own.rsplit(":", 1)[1]
    again = [
        "redis-server",
        "--bind",
        "127.0.0.1",
        "--port",
        port,
        "--dir",
        str(tmp_path / "redis"),
        "--appendonly",
        "yes",
    ]
    with subprocess.Popen(again, stdout=subprocess.DEVNULL) as server:
        wait_for_port(int(port), server)
        shop.watcher._healed = False
        shop.watcher.look()  # finds the profile that was not pushed, and pushes it
        assert shoppers.stale == set()
        answer = ask(shop)
        assert (answer.degraded, answer.profile_version) == ([], 2)
        assert newest_event(shop) == "without"
        server.terminate()


def test_the_database_goes_and_comes_back(embedded_shop: Shop, home: Settings) -> None:
    shop, file = embedded_shop, home.root / "zhiyin.db"
    shop.answers.shoppers.database.pause_seconds = 0
    buy(shop, "before", "tea-1")
    away = file.with_suffix(".away")
    get_engine(home.sqlalchemy_url).dispose()
    file.rename(away)
    file.mkdir()  # what SQLite can't open

    shop.watcher.look()
    answer = ask(shop)
    assert answer.degraded == ["database"]
    assert answer.profile_version == 1  # from the online store
    assert len(answer.items) == 10
    visit = shop.answers.recommend(RecommendRequest(session_id="visit"), datetime.now(UTC))
    assert visit.degraded == ["database"]
    assert visit.items
    with pytest.raises(Problem) as refused:
        buy(shop, "lost", "tea-2")
    assert (refused.value.status, refused.value.field) == (503, "events")
    shop.impressions._drain()  # the writer finds no database: the answers wait on disk

    file.rmdir()
    away.rename(file)
    shop.watcher.look()
    assert ask(shop).degraded == []
    assert buy(shop, "after", "tea-3").added == 1
    assert newest_event(shop) == "after"
    shop.impressions.start()
    shop.impressions.stop()
    assert list((home.root / "spool").glob("*.jsonl")) == []
