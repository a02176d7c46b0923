"""Pages of other origins: what preflights and requests are answered, by the settings' origins and by each key's own."""

import time
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from recommender.auth.keys import change_origins, create_key, revoke_key
from tests.services.conftest import ORIGIN, Served

OWN, SECOND = "https://own.example", "https://second.example:8443"
OTHERS = "https://others.example"
STRANGE = "https://strange.example"


@pytest.fixture(scope="module")
def keys(guarded: Served) -> dict[str, str]:
    now = datetime.now(UTC)
    with guarded.database() as session:
        made = {
            "own": create_key(session, "shopper", now, "u7", origins=[OWN, SECOND.upper()])[0],
            "others": create_key(session, "server", now, origins=[OTHERS])[0],
            "free": create_key(session, "server", now)[0],
        }
        create_key(session, "server", now, expires_at=now - timedelta(1), origins=["https://over.example"])
        _, row = create_key(session, "server", now, origins=["https://revoked.example"])
        revoke_key(session, row.key_id, now)
    deadline = now + timedelta(seconds=20)
    while preflight(guarded, OTHERS).status_code != 200:  # the service has been up, and looks every few seconds
        assert datetime.now(UTC) < deadline
    return made


def preflight(service: Served, origin: str, method: str = "POST", headers: str = "authorization") -> httpx.Response:
    asked = {"Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers}
    return httpx.options(service.url + "/recommend", headers=asked, timeout=30)


def ask(service: Served, key: str, origin: str | None) -> httpx.Response:
    headers = {"Authorization": f"Bearer {key}", **({"Origin": origin} if origin else {})}
    return httpx.post(service.url + "/recommend", json={"user_id": "u7", "n": 1}, headers=headers, timeout=30)


@pytest.mark.parametrize("origin", [ORIGIN, OWN, SECOND, OTHERS])
@pytest.mark.usefixtures("keys")
def test_a_preflight_is_answered_for_the_origins_of_the_setting_and_of_live_keys(guarded: Served, origin: str) -> None:
    answer = preflight(guarded, origin)
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, origin)
    assert answer.headers["access-control-allow-methods"] == "GET, POST"
    assert "Origin" in answer.headers["vary"]
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize("origin", [STRANGE, "null", "https://over.example", "https://revoked.example"])
@pytest.mark.usefixtures("keys")
def test_a_preflight_of_any_other_origin_is_refused_in_the_documented_shape(guarded: Served, origin: str) -> None:
    answer = preflight(guarded, origin)
    assert (answer.status_code, answer.json()["error"]["field"]) == (403, "Origin")
    assert set(answer.json()["error"]) == {"field", "message", "remedy"}
    assert "access-control-allow-origin" not in answer.headers
    assert "Origin" in answer.headers["vary"]


def test_a_preflight_names_the_method_or_header_that_pages_may_not_use(guarded: Served) -> None:
    for answer, field in (
        (preflight(guarded, ORIGIN, "DELETE"), "Access-Control-Request-Method"),
        (preflight(guarded, ORIGIN, headers="content-type, x-other"), "Access-Control-Request-Headers"),
    ):
        assert (answer.status_code, answer.json()["error"]["field"]) == (400, field)


@pytest.mark.parametrize(
    ("who", "allowed", "refused"),
    [
        ("own", (OWN, SECOND), (ORIGIN, OTHERS, STRANGE)),
        ("others", (OTHERS,), (OWN, ORIGIN, STRANGE)),
        ("free", (ORIGIN,), (OWN, OTHERS, STRANGE)),
    ],
)
def test_a_key_is_good_on_pages_of_its_own_origins(
    guarded: Served, keys: dict[str, str], who: str, allowed: tuple[str, ...], refused: tuple[str, ...]
) -> None:
    for origin in allowed:
        answer = ask(guarded, keys[who], origin)
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, origin)
        assert "Origin" in answer.headers["vary"]
        assert "access-control-allow-credentials" not in answer.headers
    for origin in refused:
        answer = ask(guarded, keys[who], origin)
        assert (answer.status_code, answer.json()["error"]["field"]) == (403, "Origin"), origin
        assert "access-control-allow-origin" not in answer.headers
        assert "Origin" in answer.headers["vary"]


def test_what_is_no_browser_and_the_own_pages_may_use_every_key(guarded: Served, keys: dict[str, str]) -> None:
    for key in keys.values():
        assert ask(guarded, key, None).status_code == 200
        own = ask(guarded, key, guarded.url)
        assert (own.status_code, "access-control-allow-origin" in own.headers) == (200, False)


@pytest.mark.usefixtures("keys")
def test_a_page_may_read_that_its_key_is_no_good(guarded: Served) -> None:
    for origin in (ORIGIN, OWN):
        answer = ask(guarded, "zhiyin_" + "A" * 43, origin)
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (401, origin)


@pytest.mark.usefixtures("keys")
def test_origins_of_a_new_key_count_within_seconds(guarded: Served) -> None:
    origin = "https://new.example"
    assert preflight(guarded, origin).status_code == 403
    with guarded.database() as session:
        key, row = create_key(session, "server", datetime.now(UTC), origins=[origin])
        key_id = row.key_id
    deadline = datetime.now(UTC) + timedelta(seconds=20)
    while preflight(guarded, origin).status_code != 200:
        assert datetime.now(UTC) < deadline
    assert ask(guarded, key, origin).status_code == 200
    with guarded.database() as session:
        assert revoke_key(session, key_id, datetime.now(UTC))
    while preflight(guarded, origin).status_code != 403:
        assert datetime.now(UTC) < deadline + timedelta(seconds=20)


def test_changed_origins_count_within_seconds(guarded: Served) -> None:
    before, after = "https://before.example", "https://after.example"
    with guarded.database() as session:
        key, row = create_key(session, "server", datetime.now(UTC), origins=[before])
        key_id = row.key_id
    deadline = time.monotonic() + 30
    while ask(guarded, key, before).status_code != 200 and time.monotonic() < deadline:
        time.sleep(0.2)
    assert ask(guarded, key, before).status_code == 200
    with guarded.database() as session:
        assert change_origins(session, key_id, [after]) is not None
    deadline = time.monotonic() + 30
    while ask(guarded, key, after).status_code != 200 and time.monotonic() < deadline:
        time.sleep(0.2)
    assert ask(guarded, key, after).headers["access-control-allow-origin"] == after
    assert ask(guarded, key, before).status_code == 403
    while preflight(guarded, after).status_code != 200 and time.monotonic() < deadline:
        time.sleep(0.2)
    assert preflight(guarded, after).status_code == 200
