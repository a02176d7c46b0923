"""Who may ask what: each endpoint asked with each key that may not, and the keys themselves."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from recommender.auth.keys import Caller, create_key, revoke_key
from recommender.db.tables import Audit
from recommender.privacy.erasure import digest
from services.http.permissions import ANY_KEY, OPERATORS, PUBLIC, RULES, SERVERS, names_only, rule_of
from tests.services.conftest import Served
from tests.services.http.conftest import ADDRESSES, BODIES, METHODS, OTHER, OWN

OF_NOBODY: dict[str, dict[str, Any]] = {
    "/recommend": {"n": 1},
    "/search": {"query": "tea"},
    "/explain": {"item_id": "tea-1"},
    "/offers": {},
    "/events": {"events": [{"event_id": "a-2", "session_id": "s", "item_id": "tea-1", "event_type": "view"}]},
    "/profile": {},
}
MIXED = [{"event_id": f"a-{who}", "user_id": who, "item_id": "tea-1", "event_type": "view"} for who in (OWN, OTHER)]


@pytest.fixture(scope="module")
def keys(guarded: Served) -> dict[str, str]:
    now = datetime.now(UTC)
    with guarded.database() as session:
        made = {
            "server": create_key(session, "server", now)[0],
            "operator": create_key(session, "operator", now)[0],
            "own": create_key(session, "shopper", now, OWN)[0],
            "other": create_key(session, "shopper", now, OTHER)[0],
            "over": create_key(session, "operator", now, expires_at=now - timedelta(seconds=1))[0],
        }
        made["revoked"], row = create_key(session, "operator", now)
        session.flush()
        revoke_key(session, row.key_id, now)
    return made | {"invented": "zhiyin_" + "A" * 43, "none": ""}


def ask(service: Served, template: str, key: str, body: dict[str, Any] | None = None) -> httpx.Response:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    address = service.url + ADDRESSES.get(template, template)
    if template in BODIES:
        method, said = METHODS.get(template, "POST"), BODIES[template] if body is None else body
        return httpx.request(method, address, json=said, headers=headers, timeout=30)
    return httpx.get(address, headers=headers, timeout=30)


def refused(template: str, who: str) -> int | None:
    """What the rules say of a request about OWN."""
    rule = RULES[template]
    if rule is PUBLIC:
        return None
    if who in ("none", "invented", "over", "revoked"):
        return 401
    scope = "shopper" if who in ("own", "other") else who
    if rule.scopes is None or scope not in rule.scopes:
        return 403
    return 403 if who == "other" and rule.shoppers else None


@pytest.mark.parametrize("template", RULES)
def test_each_endpoint_is_for_those_who_may(guarded: Served, keys: dict[str, str], template: str) -> None:
    for who, key in keys.items():
        expected = refused(template, who)
        if expected is None and template == "/profile/erase":
            continue  # it ends the shopper, and their tokens with them: the test below
        answer = ask(guarded, template, key)
        if expected is None:
            assert answer.status_code not in (401, 403, 429), (template, who, answer.text)
        else:
            assert answer.status_code == expected, (template, who, answer.text)
            assert OWN not in answer.text or template not in BODIES
            assert set(answer.json()["error"]) == {"field", "message", "remedy"}


def test_who_may_erase_a_shopper_ends_their_tokens_too(guarded: Served, keys: dict[str, str]) -> None:
    for who in ("server", "operator", "own"):
        leaving = f"leaving-{who}"
        with guarded.database() as session:
            token, _ = create_key(session, "shopper", datetime.now(UTC), leaving)
        key = token if who == "own" else keys[who]
        assert ask(guarded, "/profile/erase", key, {"user_id": leaving}).status_code == 200
        deadline = datetime.now(UTC) + timedelta(seconds=10)  # a key just used is trusted for some seconds more
        while (answer := ask(guarded, "/profile", token, {"user_id": leaving})).status_code != 401:
            assert answer.status_code == 404
            assert datetime.now(UTC) < deadline
            time.sleep(0.1)  # within the token's rate


def test_what_is_changed_over_http_is_written_down_with_the_key_s_id(guarded: Served) -> None:
    made, now = {}, datetime.now(UTC)
    with guarded.database() as session:
        for scope in ("server", "operator"):
            made[scope] = create_key(session, scope, now, name=f"the {scope}'s")
        made["shopper"] = create_key(session, "shopper", now, "written-down")
        ids = {scope: row.key_id for scope, (_, row) in made.items()}
    for scope, (key, _) in made.items():
        body = {"user_id": "written-down", "kind": "category", "key": "Tea", "muted": scope != "operator"}
        assert ask(guarded, "/profile/mute", key, body).status_code == 200
        body = {"user_id": "written-down", "purpose": "marketing", "given": scope == "operator"}
        assert ask(guarded, "/profile/consent", key, body).status_code == 200
    with guarded.database() as session:
        rows = session.scalars(select(Audit).where(Audit.user_id == "written-down").order_by(Audit.id)).all()
        said = [(row.action, row.actor) for row in rows]
    server, operator, own = (f"{scope} key {ids[scope]}" for scope in ("server", "operator", "shopper"))
    assert said == [
        *(("mute", server), ("consent", server)),
        *(("unmute", operator), ("consent", operator)),
        *(("mute", own), ("consent", own)),
    ]
    assert not [key for key, _ in made.values() if key in str(said)]
    assert ask(guarded, "/profile/erase", made["server"][0], {"user_id": "written-down"}).status_code == 200
    deadline = datetime.now(UTC) + timedelta(seconds=30)
    while ask(guarded, "/profile/erase", made["server"][0], {"user_id": "written-down"}).json()["state"] != "done":
        assert datetime.now(UTC) < deadline
        time.sleep(0.2)
    with guarded.database() as session:
        erased = session.scalars(select(Audit).where(Audit.action == "erase").order_by(Audit.id)).all()
        assert (digest("written-down"), server) in [(row.details["digest"], row.actor) for row in erased]


@pytest.mark.parametrize("template", OF_NOBODY)
def test_a_shopper_s_token_asks_about_its_shopper_and_nobody_else(
    guarded: Served, keys: dict[str, str], template: str
) -> None:
    assert ask(guarded, template, keys["own"], OF_NOBODY[template]).status_code == 403
    listed = {**BODIES[template], "user_id": [OWN]} if template != "/events" else {"events": MIXED}
    assert ask(guarded, template, keys["own"], listed).status_code == 403


def test_every_documented_address_has_a_rule_and_what_has_none_is_the_operators(
    guarded: Served, keys: dict[str, str]
) -> None:
    documented = httpx.get(guarded.url + "/docs.json").json()["paths"]
    assert {path for path in documented if rule_of(path)[0] == "other"} == set()
    assert rule_of("/schema.json") == ("other", OPERATORS)
    assert httpx.get(guarded.url + "/schema.json").status_code == 401
    assert ask(guarded, "/schema.json", keys["server"]).status_code == 403
    assert rule_of("/campaigns/7/audience")[1] is SERVERS
    assert rule_of("/campaigns/7/else")[1] is OPERATORS
    assert rule_of("/recommend/")[1] is OPERATORS
    assert rule_of("/static/../metrics")[0] == "/static/{path*}"  # which holds files of its own folder only


def test_keys_are_shown_in_three_ways(guarded: Served, keys: dict[str, str]) -> None:
    for options in (
        {"headers": {"Authorization": f"bearer {keys['operator']}"}},
        {"headers": {"X-API-Key": keys["operator"]}},
        {"auth": ("anybody", keys["operator"])},
    ):
        assert httpx.get(guarded.url + "/metrics", **options).status_code == 200
    page = httpx.get(guarded.url + "/")
    assert (page.status_code, page.headers["www-authenticate"][:5]) == (401, "Basic")
    assert httpx.get(guarded.url + "/", headers={"Authorization": "Basic %%"}).status_code == 401


def test_a_revoked_key_is_refused_within_seconds(guarded: Served) -> None:
    with guarded.database() as session:
        key, row = create_key(session, "server", datetime.now(UTC))
        key_id = row.key_id
    assert ask(guarded, "/similar", key).status_code == 200
    with guarded.database() as session:
        assert revoke_key(session, key_id, datetime.now(UTC))
    deadline = datetime.now(UTC) + timedelta(seconds=10)
    while ask(guarded, "/similar", key).status_code == 200:
        assert datetime.now(UTC) < deadline
    assert ask(guarded, "/similar", key).status_code == 401


def test_who_hurries_is_told_to_wait(guarded: Served, keys: dict[str, str]) -> None:
    with guarded.database() as session:
        key, _ = create_key(session, "shopper", datetime.now(UTC), "hasty")
    with httpx.Client(headers={"X-API-Key": key}) as client:
        statuses: list[int] = []
        while 429 not in statuses and len(statuses) < 2000:
            answer = client.post(guarded.url + "/similar", json={"item_id": "tea-1", "n": 1})
            statuses.append(answer.status_code)
    assert set(statuses) == {200, 429}
    assert int(answer.headers["retry-after"]) >= 1
    assert ask(guarded, "/similar", keys["server"]).status_code == 200  # another's bucket


def test_without_keys_only_this_machine_may_ask(served: Served) -> None:
    for host in ("shop.example", "127.0.0.1.shop.example", "[", "0.0.0.0"):
        answer = httpx.post(served.url + "/recommend", json={"n": 1}, headers={"Host": host})
        assert (answer.status_code, answer.json()["error"]["field"]) == (403, "Host"), host
    for host in ("localhost", f"localhost:{served.port}", "127.0.0.1", "[::1]:80"):
        assert httpx.post(served.url + "/recommend", json={"n": 1}, headers={"Host": host}).status_code == 200


def test_keys_that_nobody_has_lock_nobody_out_who_asks_from_the_same_address(
    guarded: Served, keys: dict[str, str]
) -> None:
    assert ask(guarded, "/similar", keys["server"]).status_code == 200
    with guarded.database() as session:
        new = create_key(session, "server", datetime.now(UTC))[0]
    statuses, deadline = [], time.monotonic() + 60
    with httpx.Client() as client:
        for place in range(100_000):
            answer = client.get(guarded.url + "/metrics", headers={"X-API-Key": f"zhiyin_{place}"})
            statuses.append(answer.status_code)
            if answer.status_code == 429 or time.monotonic() > deadline:
                break
        assert set(statuses) == {401, 429}
        assert int(answer.headers["retry-after"]) >= 1
        for key in (keys["server"], new):
            assert client.post(guarded.url + "/similar", json=BODIES["/similar"], headers={"X-API-Key": key}).is_success


def test_no_other_site_may_call_and_nothing_is_kept_or_guessed(served: Served) -> None:
    answer = httpx.post(served.url + "/recommend", json={"n": 1}, headers={"Origin": "https://shop.example"})
    assert "access-control-allow-origin" not in answer.headers
    assert (answer.headers["x-content-type-options"], answer.headers["cache-control"]) == ("nosniff", "no-store")
    asked = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"}
    assert "access-control-allow-origin" not in httpx.options(served.url + "/recommend", headers=asked).headers
    for header in ("content-security-policy", "x-frame-options", "referrer-policy"):
        assert header in httpx.get(served.url + "/").headers


def test_rules_look_where_shoppers_are_named() -> None:
    own = Caller("k", "shopper", "u1")
    events = RULES["/events"]
    assert names_only(own, events, "/events", {"events": [{"user_id": "u1"}, {"user_id": "u1"}]})
    others: list[Any] = [[{"user_id": "u1"}, {}], [], "u1", [1], None]
    bodies: list[Any] = [[], None, *({"events": found} for found in others)]
    for body in bodies:
        assert not names_only(own, events, "/events", body), body
    assert names_only(own, ANY_KEY, "/similar", {})
