"""The gate in this process: which keys it reads, whom it lets in, and what it says of who may not pass."""

import base64
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from recommender.auth.keys import create_key
from recommender.db.engine import get_engine, session_scope
from recommender.settings import Settings
from services.core.circuit_breaker import Breaker
from services.http import auth
from services.http.api_keys import Callers
from services.http.auth import Door, Gate, shown_key
from services.profiles.repository import DATABASE_AWAY
from tests.services.core.test_metrics import shown
from tests.support.servers.databases import install_tables


async def _echo(request: Request) -> Response:
    """What the gate let through: the body, and who asks."""
    caller = request.scope.get("state", {}).get("caller")
    body = (await request.body()).decode()
    return JSONResponse({"body": body, "scope": caller.scope if caller is not None else None})


def gated(door: Door, base_url: str = "http://127.0.0.1") -> TestClient:
    paths = ("/recommend", "/events", "/similar", "/offers", "/livez", "/items")
    routes = [Route(path, _echo, methods=["GET", "POST", "PUT"]) for path in paths]
    return TestClient(Gate(Starlette(routes=routes), door), base_url=base_url)


def opened(settings: Settings, **changes: Any) -> Door:
    """A door as a worker opens it, with settings changed."""
    engine = get_engine(settings.sqlalchemy_url)
    door = Door()
    door.open(settings.model_copy(update=changes), Callers(engine, Breaker("database", DATABASE_AWAY)))
    return door


@pytest.fixture
def keys(home: Settings) -> dict[str, str]:
    install_tables()
    now = datetime.now(UTC)
    with session_scope() as session:
        return {
            "shopper": create_key(session, "shopper", now, "u1")[0],
            "server": create_key(session, "server", now)[0],
        }


@pytest.fixture
def client(home: Settings, keys: dict[str, str]) -> TestClient:
    return gated(opened(home, auth="required"))


def ask(client: TestClient, path: str, key: str = "", **more: Any) -> tuple[int, dict[str, Any]]:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    answer = client.post(path, headers=headers, **more)
    told = answer.json()
    return answer.status_code, told.get("error", told)


def basic(said: bytes) -> bytes:
    return b"Basic " + base64.b64encode(said)


@pytest.mark.parametrize(
    ("name", "value", "key"),
    [
        (b"authorization", b"Bearer  abc ", "abc"),
        (b"authorization", b"bearer abc", "abc"),
        (b"authorization", b"Bearer", None),
        (b"authorization", basic(b"anybody:abc:def"), "abc:def"),
        (b"authorization", basic(b"anybody"), None),
        (b"authorization", basic(b"\xff\xfe:abc"), None),
        (b"authorization", b"Basic not base64!", None),
        (b"authorization", b"Digest abc", None),
        (b"x-api-key", b" abc ", "abc"),
        (b"x-api-key", b"  ", None),
        (b"cookie", b"abc", None),
    ],
)
def test_a_key_is_read_where_callers_show_it(name: bytes, value: bytes, key: str | None) -> None:
    assert shown_key({"headers": [(b"accept", b"*/*"), (name, value)]}) == key


def test_until_it_is_open_public_pages_alone_are_there() -> None:
    client = gated(Door())
    assert client.get("/livez").status_code == 200
    answer = client.post("/recommend", json={})
    assert (answer.status_code, answer.json()["error"]["field"]) == (503, "service")
    assert answer.headers["retry-after"]


def test_whoever_shows_no_good_key_is_told_how(client: TestClient) -> None:
    status, told = ask(client, "/recommend", json={})
    assert (status, told["message"]) == (401, "no key was sent")
    assert "zhiyin keys create" in told["remedy"]
    status, told = ask(client, "/recommend", "zhiyin_" + "A" * 43, json={})
    assert (status, told["field"]) == (401, "Authorization")
    assert client.post("/recommend").headers["www-authenticate"] == "Bearer"
    assert client.get("/recommend").headers["www-authenticate"].startswith("Basic"), "so that a browser asks"


def test_a_key_passes_where_its_scope_may_and_the_request_knows_who_asks(
    client: TestClient, keys: dict[str, str]
) -> None:
    assert ask(client, "/recommend", keys["server"], json={"n": 1}) == (200, {"body": '{"n":1}', "scope": "server"})
    status, told = ask(client, "/items", keys["shopper"], json={})
    assert (status, told["message"]) == (403, "a shopper's key may not ask this")
    assert ask(client, "/similar", keys["shopper"], json={"item_id": "tea-1"})[0] == 200


def test_a_shopper_s_token_asks_about_its_shopper_alone_and_what_was_checked_is_what_is_read(
    client: TestClient, keys: dict[str, str]
) -> None:
    doubled = b'{"user_id": "u2", "user_id": "u1"}'
    status, told = ask(client, "/recommend", keys["shopper"], content=doubled)
    assert (status, told["body"]) == (200, '{"user_id":"u1"}'), "nobody behind the gate reads the first name"
    status, told = ask(client, "/recommend", keys["shopper"], json={"user_id": "u2"})
    assert (status, told["field"]) == (403, "user_id")
    status, told = ask(client, "/recommend", keys["shopper"], content=b"{")
    assert (status, told["field"]) == (400, "body")
    status, told = ask(client, "/recommend", keys["shopper"], content=b" " * 300_000)
    assert (status, told["field"]) == (413, "body")


def test_who_asks_too_often_is_told_to_wait_and_events_of_a_token_count_one_by_one(
    home: Settings, keys: dict[str, str]
) -> None:
    door, clock = opened(home, auth="required", rate_shopper=2.0, rate_server=1.0, service_workers=1), [0.0]
    door.limiter.clock = lambda: clock[0]
    client = gated(door)
    answers = [client.post("/similar", json={}, headers={"X-API-Key": keys["server"]}) for _ in range(4)]
    assert [one.status_code for one in answers] == [200, 200, 429, 429]
    assert int(answers[-1].headers["retry-after"]) >= 1
    events = [{"user_id": "u1"}] * 5
    assert ask(client, "/events", keys["shopper"], json={"events": events})[0] == 429, "four tokens are all there are"
    clock[0] += 1
    assert ask(client, "/events", keys["shopper"], json={"events": events[:2]})[0] == 200


def test_strangers_who_guess_keys_are_slowed_and_good_keys_pass(
    home: Settings, keys: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auth, "STRANGER_RATE", 1.0)
    client = gated(opened(home, auth="required", service_workers=1))
    guesses = [ask(client, "/similar", f"zhiyin_{n:043}", json={})[0] for n in range(4)]
    assert guesses == [401, 401, 429, 429]
    assert ask(client, "/similar", keys["server"], json={})[0] == 200, "in line, from the same address"


def test_while_the_database_is_away_keys_that_are_new_are_told_so(home: Settings, keys: dict[str, str]) -> None:
    client = gated(opened(home, auth="required"))
    assert ask(client, "/similar", keys["server"], json={})[0] == 200
    get_engine(home.sqlalchemy_url).dispose()
    file = home.root / "zhiyin.db"
    file.rename(file.with_suffix(".away"))
    file.mkdir()  # what SQLite can't open
    status, told = ask(client, "/similar", keys["shopper"], json={})
    assert (status, told["message"]) == (503, "keys can't be checked now")
    assert ask(client, "/similar", keys["server"], json={})[0] == 200


@pytest.mark.parametrize(
    ("base_url", "host", "status"),
    [
        ("http://127.0.0.1", None, 200),
        ("http://127.0.0.1", "localhost:3000", 200),
        ("http://127.0.0.1", "shop.example", 403),
        ("http://127.0.0.1", "[", 403),
        ("http://192.0.2.7", None, 403),
        ("http://192.0.2.7", "127.0.0.1", 403),
    ],
)
def test_without_keys_this_machine_alone_may_ask(home: Settings, base_url: str, host: str | None, status: int) -> None:
    client = gated(opened(home, auth="off"), base_url)
    answer = client.post("/recommend", json={}, headers={"Host": host} if host else {})
    assert answer.status_code == status
    if status == 200:
        assert answer.json()["scope"] == "operator"
    else:
        assert answer.json()["error"]["field"] == "Host"


def test_answers_are_counted_and_what_is_no_page_is_kept_by_no_browser(client: TestClient) -> None:
    before = shown("zhiyin_requests_total", endpoint="/offers", status="401")
    told = client.post("/offers", json={})
    assert (told.headers["cache-control"], told.headers["x-content-type-options"]) == ("no-store", "nosniff")
    assert shown("zhiyin_requests_total", endpoint="/offers", status="401") == before + 1


def test_nothing_but_http_is_spoken(client: TestClient) -> None:
    with pytest.raises(WebSocketDisconnect) as closed, client.websocket_connect("/recommend"):
        pass
    assert closed.value.code == 1008


def test_starting_and_stopping_passes(home: Settings, tmp_path: Path) -> None:
    with gated(opened(home, auth="required")) as client:
        assert client.get("/livez").status_code == 200
