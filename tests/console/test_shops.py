"""`zhiyin shops serve` as it runs: two shops' services behind one address, each with callers of its own."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import psutil
import pytest

from recommender.auth.keys import create_key
from recommender.db.engine import session_scope
from recommender.settings import PROJECT_ROOT, get_settings
from tests.support.commands import ZHIYIN, zhiyin
from tests.support.servers.databases import install_tables
from tests.support.servers.local import free_port
from tests.support.shops.several import fill, forget_everything, inside

STARTS_WITHIN = 240  # seconds, on a machine that does other things too
pytestmark = pytest.mark.slow


def until(answers: Any, seconds: float = STARTS_WITHIN) -> None:
    deadline = time.monotonic() + seconds
    while not answers():
        assert time.monotonic() < deadline
        time.sleep(0.2)


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The home's own shop and shop b, a model in service in each, and an operator's key by shop."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZHIYIN_HOME", str(tmp_path_factory.mktemp("installation")))
        for name in ("ZHIYIN_DATABASE_URL", "ZHIYIN_REDIS_URL"):
            patch.delenv(name, raising=False)
        patch.setenv("ZHIYIN_AUTH", "required")
        patch.setenv("ZHIYIN_LLM", "none")
        forget_everything()
        install_tables()
        fill(get_settings(), "Albatross", 10.0)
        keys = {"": make_key()}
        assert zhiyin("shops", "add", "b").exit_code == 0
        with inside("b") as settings:
            fill(settings, "Bobolink", 20.0)
            keys["b"] = make_key()
        yield keys
    forget_everything()


def make_key() -> str:
    with session_scope() as session:
        return create_key(session, "operator", datetime.now(UTC))[0]


@pytest.fixture(scope="module")
def gateway(installation: dict[str, str]) -> Iterator[tuple[psutil.Process, httpx.Client]]:
    """The process that serves both shops, and a client of its one address."""
    port, log = free_port(), get_settings().root / "gateway.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [ZHIYIN, "shops", "serve", "--port", str(port), "--workers", "1"],
            env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(PROJECT_ROOT)},
            cwd=PROJECT_ROOT,
            stdout=output,
            stderr=output,
        )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as asking:
            until(lambda: status(asking, "/readyz") == 200 or process.poll() is not None)
            assert process.poll() is None, log.read_text()
            yield psutil.Process(process.pid), asking
    finally:
        children = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGTERM)
        process.wait(60)
    assert [one for one in children if one.is_running() and one.status() != psutil.STATUS_ZOMBIE] == []


@pytest.fixture
def client(gateway: tuple[psutil.Process, httpx.Client]) -> httpx.Client:
    return gateway[1]


def status(client: httpx.Client, path: str) -> int:
    try:
        return client.get(path).status_code
    except httpx.TransportError:
        return 0


def key_of(shop_id: str, keys: dict[str, str]) -> dict[str, str]:
    return {"Authorization": f"Bearer {keys[shop_id]}"}


@pytest.mark.parametrize(("path", "shop_id", "mark"), [("", "", "Albatross"), ("/shops/b", "b", "Bobolink")])
def test_each_shop_answers_at_its_address_with_its_own_products(
    client: httpx.Client, installation: dict[str, str], path: str, shop_id: str, mark: str
) -> None:
    headers = key_of(shop_id, installation)
    answer = client.post(f"{path}/recommend", json={"user_id": "u0", "n": 5}, headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.json()["items"]
    assert all(one["title"].endswith(mark) for one in answer.json()["items"])
    own_host = {"Host": f"{shop_id}.localhost"} if shop_id else {}
    page = client.get("/", headers=headers | own_host)
    assert (page.status_code, mark in page.text) == (200, True)
    assert not {"Albatross", "Bobolink"} - {mark} & {word for word in page.text.split()}


def test_a_key_of_one_shop_opens_no_other(client: httpx.Client, installation: dict[str, str]) -> None:
    question = {"user_id": "u0"}
    for path, shop_id in (("/shops/b", ""), ("", "b")):
        for endpoint in ("/recommend", "/profile/export", "/profile/erase"):
            answer = client.post(path + endpoint, json=question, headers=key_of(shop_id, installation))
            assert answer.status_code == 401, (path, endpoint)
        assert client.get(f"{path}/metrics", headers=key_of(shop_id, installation)).status_code == 401
    by_host = key_of("", installation) | {"Host": "b.localhost"}
    assert client.post("/recommend", json=question, headers=by_host).status_code == 401


def test_an_event_in_one_shop_is_in_no_other(client: httpx.Client, installation: dict[str, str]) -> None:
    events = {"events": [{"event_id": "x-1", "user_id": "newcomer", "item_id": "tea-1", "event_type": "purchase"}]}
    assert client.post("/shops/b/events", json=events, headers=key_of("b", installation)).status_code == 200
    question = {"user_id": "newcomer"}
    assert client.post("/shops/b/profile", json=question, headers=key_of("b", installation)).status_code == 200
    assert client.post("/profile", json=question, headers=key_of("", installation)).status_code == 404


def test_metrics_say_whose_they_are(client: httpx.Client, installation: dict[str, str]) -> None:
    of_b = client.get("/shops/b/metrics", headers=key_of("b", installation)).text
    own = client.get("/metrics", headers=key_of("", installation)).text
    assert 'shop="b"' in of_b
    assert 'shop="' not in own


def test_a_shop_that_is_added_is_served_and_a_service_that_ends_is_started_again(
    gateway: tuple[psutil.Process, httpx.Client],
) -> None:
    process, client = gateway
    assert zhiyin("shops", "add", "c").exit_code == 0
    until(lambda: status(client, "/shops/c/livez") == 200)
    until(lambda: status(client, "/shops/c/docs.json") == 200)  # a worker is there
    assert "stop it first" in zhiyin("shops", "remove", "c", "--yes").output
    service = max(process.children(), key=lambda one: one.create_time())
    for one in [service, *service.children(recursive=True)]:
        one.kill()
    until(lambda: status(client, "/shops/c/livez") != 200, 30)
    assert status(client, "/shops/b/livez") == 200
    until(lambda: status(client, "/shops/c/livez") == 200)
