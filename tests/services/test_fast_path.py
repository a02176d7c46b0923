"""`/recommend` the quick way with the online store on Redis: as with SQLite, and what happens where Redis is away."""

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis
from starlette.responses import Response
from starlette.testclient import TestClient

from recommender.settings import Settings, get_settings
from services.container import Shop
from services.fast_path import FastPath, Ready
from services.schemas.events import NewEvent
from tests.support.servers.databases import install_tables
from tests.support.servers.local import redis_server
from tests.support.shops.trained import install_shop

QUESTIONS: tuple[dict[str, Any], ...] = (
    {"user_id": "u0", "n": 5},
    {"user_id": "u0", "n": 5, "language": "zh"},
    {"user_id": "never seen", "n": 5},
    {"n": 5},
)


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[str]:
    with redis_server(tmp_path / "redis") as url:
        yield url


@pytest.fixture
def installed(home: Settings) -> None:
    """A home with a shop in which u0 has bought something since the model was trained."""
    install_tables()
    install_shop(home)
    bought = NewEvent(event_id="bought", user_id="u0", item_id="tea-1", event_type="purchase", value=3)
    opened(home).intake.take([bought], datetime.now(UTC))


@pytest.fixture
def on_redis(installed: None, own_redis: str, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """The same home with its online store on Redis, which the watch brings up to date."""
    monkeypatch.setenv("ZHIYIN_REDIS_URL", own_redis)
    get_settings.cache_clear()
    return opened(get_settings())


def opened(settings: Settings) -> Shop:
    shop = Shop(settings)
    shop.watcher.look()
    return shop


def quick(shop: Shop) -> FastPath:
    ready = Ready()
    ready.open(shop.answers, shop.intake)
    return FastPath(Response("passed on"), ready, threads=2, seconds=20)


def ask(client: TestClient, question: dict[str, Any]) -> dict[str, Any]:
    answer = client.post("/recommend", json=question)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    del told["recommendation_id"]
    return told


def scores(answers: list[dict[str, Any]]) -> list[float]:
    return [item["score"] for answer in answers for item in answer["items"]]


def without_scores(answer: dict[str, Any]) -> dict[str, Any]:
    return answer | {"items": [{**item, "score": None} for item in answer["items"]]}


def test_redis_answers_as_sqlite_does(home: Settings, installed: None, request: pytest.FixtureRequest) -> None:
    embedded = TestClient(quick(opened(home)))
    expected = [ask(embedded, question) for question in QUESTIONS]
    assert expected[0]["profile_version"] == 1
    on_redis = TestClient(quick(request.getfixturevalue("on_redis")))
    for _ in range(2):  # made, then ready
        answers = [ask(on_redis, question) for question in QUESTIONS]
        assert scores(answers) == pytest.approx(scores(expected), rel=1e-5), "seconds pass between the two"
        assert [without_scores(answer) for answer in answers] == [without_scores(answer) for answer in expected]


def test_an_event_is_in_the_next_answer(on_redis: Shop) -> None:
    client = TestClient(quick(on_redis))
    assert ask(client, QUESTIONS[0])["profile_version"] == 1
    event = {"event_id": "next", "user_id": "u0", "item_id": "baby-2", "event_type": "purchase"}
    assert client.post("/events", json={"events": [event]}).json()["degraded"] == []
    after = ask(client, QUESTIONS[0])
    assert (after["profile_version"], after["degraded"]) == (2, [])


def test_a_redis_that_is_stopped_is_named(on_redis: Shop, own_redis: str) -> None:
    client = TestClient(quick(on_redis))
    before = ask(client, QUESTIONS[0])
    redis.Redis.from_url(own_redis).shutdown(nosave=True)
    away = ask(client, QUESTIONS[0])
    assert (before["degraded"], away["degraded"]) == ([], ["online_store"])
    assert away["profile_version"] == 1
    assert len(away["items"]) == 5
    assert ask(client, {"n": 5})["degraded"] == [], "nobody is looked for"


def test_while_redis_hangs_only_who_is_looked_for_waits(on_redis: Shop, own_redis: str) -> None:
    app = quick(on_redis)
    with redis.Redis.from_url(own_redis) as client:
        process = client.info()["process_id"]

    async def story() -> tuple[float, float, list[str]]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop", timeout=30) as caller:
            nobody = {"n": 5}
            await caller.post("/recommend", json=nobody)
            began = time.monotonic()
            looked_for = asyncio.create_task(caller.post("/recommend", json=QUESTIONS[0]))
            await asyncio.sleep(0.1)
            assert (await caller.post("/recommend", json=nobody)).status_code == 200
            passed = time.monotonic() - began
            answer = await looked_for
            return passed, time.monotonic() - began, answer.json()["degraded"]

    os.kill(process, signal.SIGSTOP)
    try:
        nobody_took, known_took, degraded = asyncio.run(story())
    finally:
        os.kill(process, signal.SIGCONT)
    assert nobody_took < 1 < known_took < 10
    assert degraded == ["online_store"]
