"""A canary of the running service, over HTTP, with two workers."""

import os
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from recommender.db.tables import GuardrailDecision
from recommender.settings import Settings
from tests.services.conftest import Served, serving_a_shop
from tests.support.commands import ZHIYIN
from tests.support.shops.shop import SHOPPERS
from tests.support.shops.trained import add_model, broken_bundle, reversed_bundle, shop_bundle

pytestmark = pytest.mark.slow
USERS = [f"u{n}" for n in range(SHOPPERS)]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving_a_shop(tmp_path_factory.mktemp("canary"), ZHIYIN_SERVICE_WORKERS="2") as served:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("ZHIYIN_HOME", str(served.home))
            settings = Settings()
            add_models(settings, served)
        yield served


def add_models(settings: Settings, served: Served) -> None:
    from tests.services.conftest import forget_settings

    forget_settings()
    add_model(settings, "reversed", reversed_bundle(shop_bundle()))
    add_model(settings, "broken", broken_bundle(shop_bundle()))
    forget_settings()


def ask(service: Served, user: str, **more: Any) -> dict[str, Any]:
    with httpx.Client() as client:  # a connection of its own, so that either worker may take it
        answer = client.post(service.url + "/recommend", json={"user_id": user, **more}, timeout=30)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def versions(service: Served) -> dict[str, str]:
    return {user: ask(service, user)["model_version"] for user in USERS}


def canary(service: Served, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **service.environment}
    command = [ZHIYIN, "canary", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)


def wait_for(service: Served, wanted: set[str], seconds: float = 15) -> dict[str, str]:
    """Until every worker answers by these models."""
    until = time.monotonic() + seconds
    while True:
        found = [versions(service) for _ in range(3)]
        if found[0] == found[1] == found[2] and set(found[0].values()) == wanted:
            return found[0]
        assert time.monotonic() < until, found[0]


def test_shoppers_stay_with_their_model_through_workers_and_a_restart(service: Served) -> None:
    started = canary(service, "reversed", "--share", "0.5", "--reason", "to see")
    assert started.returncode == 0, started.stderr
    found = wait_for(service, {"shop-1", "reversed"})
    second = canary(service, "reversed", "--share", "0.1", "--reason", "me too")
    assert second.returncode == 1
    assert "reversed is running; end it first" in second.stderr
    service.kill()
    service.start()
    assert wait_for(service, {"shop-1", "reversed"}) == found
    ended = canary(service, "--end", "--reason", "seen enough")
    assert ended.returncode == 0, ended.stderr
    wait_for(service, {"shop-1"})


def test_of_two_who_start_one_at_once_one_is_told(service: Served) -> None:
    form = {"action": "canary", "model_version": "reversed", "share": "0.2", "reason": "now"}
    with ThreadPoolExecutor(4) as people:
        sent = [people.submit(httpx.post, service.url + "/models", data=form, timeout=30) for _ in range(4)]
        places = [one.result().headers["location"] for one in sent]
    assert sorted("refused" in place for place in places) == [False, True, True, True]
    httpx.post(service.url + "/models", data={"action": "end", "model_version": "reversed", "reason": "done"})


def test_a_canary_that_fails_is_ended_within_seconds_and_no_answer_is_lost(service: Served) -> None:
    began = time.monotonic()
    started = canary(service, "broken", "--share", "0.5", "--reason", "to see")
    assert started.returncode == 0, started.stderr
    failed, ended = 0, None
    while ended is None and time.monotonic() - began < 60:
        answers = [ask(service, user) for user in USERS]
        assert all(len(one["items"]) == 10 and one["model_version"] == "shop-1" for one in answers)
        failed += sum("canary" in one["degraded"] for one in answers)
        with service.database() as session:
            ended = session.scalars(select(GuardrailDecision)).first()
    assert ended is not None
    assert (ended.model_version, ended.figure, ended.value) == ("broken", "errors", 1.0)
    assert failed >= 20
    assert "broken: " in httpx.get(service.url + "/models").text
    assert 'zhiyin_guardrail_breaches_total{figure="errors"} 1.0' in httpx.get(service.url + "/metrics").text
