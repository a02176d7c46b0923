"""Who may ask what: each endpoint asked with each key that may not, and the keys themselves."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from recommender.auth.keys import Caller, create_key, find_caller, forget_keys, hashed, revoke_key
from recommender.db.engine import get_engine, session_scope
from recommender.db.tables import ApiKey, Audit
from recommender.privacy.erasure import digest
from recommender.settings import Settings
from services.core.circuit_breaker import Breaker
from services.http.api_keys import MOST_BAD, Callers
from services.http.origins import is_origin_of
from services.http.permissions import ANY_KEY, OPERATORS, PUBLIC, RULES, SERVERS, names_only, rule_of
from services.http.rate_limit import Limiter, loopback, network_of
from tests.services.conftest import Served, serving_a_shop
from tests.support.commands import zhiyin

OWN, OTHER = "u1", "u2"
# a request of each endpoint that is about OWN; what isn't here is a GET
BODIES: dict[str, dict[str, Any]] = {
    "/recommend": {"user_id": OWN, "n": 1},
    "/similar": {"item_id": "tea-1", "n": 1},
    "/search": {"user_id": OWN, "query": "tea"},
    "/explain": {"user_id": OWN, "item_id": "tea-1"},
    "/offers": {"user_id": OWN},
    "/events": {"events": [{"event_id": "a-1", "user_id": OWN, "item_id": "tea-1", "event_type": "view"}]},
    "/profile": {"user_id": OWN},
    "/assistant": {"user_id": OWN, "question": "Where is my order?"},
    "/profile/mute": {"user_id": OWN, "kind": "category", "key": "Tea"},
    "/profile/remove_event": {"user_id": OWN, "event_id": "none"},
    "/profile/consent": {"user_id": OWN, "purpose": "marketing"},
    "/profile/export": {"user_id": OWN},
    "/profile/erase": {"user_id": OWN},
    "/profile/wish": {"user_id": OWN, "wish": "no tea"},
    "/profile/undo": {"user_id": OWN},
    "/act": {},
    "/ask": {},
    "/items": {"items": [{"item_id": "of-a-key", "title": "Of a key", "hidden": True}]},
    "/items/{item_id*}/aliases": {"aliases": []},
    "/users": {"users": [{"user_id": "of-a-key"}]},
}
METHODS = {"/items": "PUT", "/items/{item_id*}/aliases": "PUT", "/users": "PUT"}  # of what isn't a POST
ADDRESSES = {
    "/campaigns/{campaign_id}/audience": "/campaigns/1/audience",
    "/items/{item_id*}/aliases": "/items/tea-1/aliases",
    "/items/{item_id*}/similar": "/items/tea-1/similar",
    "/items/{item_id*}": "/items/tea-1",
    "/erasures/{receipt}": "/erasures/" + "0" * 32,
    "/reports/{path*}": "/reports/none/report.html",
    "/static/{path*}": "/static/site.css",
}
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
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home = tmp_path_factory.mktemp("guarded")
    with serving_a_shop(home, ZHIYIN_AUTH="required", ZHIYIN_RATE_SHOPPER="30") as service:
        yield service


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


FOREIGN: tuple[dict[str, str], ...] = (
    {"Origin": "https://shop.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:1"},  # another port of this host
    {"Origin": "http://localhost"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site", "Origin": "http://127.0.0.1:1"},
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"},
)


@pytest.mark.parametrize("foreign", FOREIGN)
def test_pages_of_other_sites_can_do_nothing(served: Served, foreign: dict[str, str]) -> None:
    for template in BODIES:
        method = METHODS.get(template, "POST")
        answer = httpx.request(
            method, served.url + ADDRESSES.get(template, template), json=BODIES[template], headers=foreign, timeout=30
        )
        assert (answer.status_code, answer.json()["error"]["field"]) == (403, "Origin"), template
    form = httpx.post(served.url + "/mine/erase", data={"user": OWN}, headers=foreign)
    assert form.status_code == 403
    assert httpx.get(served.url + "/static/site.css", headers=foreign).status_code == 200


def test_the_own_page_servers_and_links_from_other_sites_pass(served: Served) -> None:
    own = f"http://127.0.0.1:{served.port}"
    for headers in ({}, {"Origin": own}, {"Origin": "http://other", "Sec-Fetch-Site": "same-origin"}):
        answer = httpx.post(served.url + "/recommend", json={"n": 1}, headers=headers)
        assert answer.status_code == 200, headers
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert httpx.get(served.url + "/", headers=link).status_code == 200
    framed = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
    assert httpx.get(served.url + "/?user=u1&view=offers", headers=framed).status_code == 403


def test_a_body_without_a_type_is_read_by_nobody(served: Served) -> None:
    for template in BODIES:
        method = METHODS.get(template, "POST")
        answer = httpx.request(
            method, served.url + ADDRESSES.get(template, template), content=b'{"n": 1}', headers={"Content-Type": ""}
        )
        assert (answer.status_code, answer.json()["error"]["field"]) == (415, "Content-Type"), template
        answer = httpx.request(method, served.url + ADDRESSES.get(template, template), content=b'{"n": 1}')
        assert (answer.status_code, answer.json()["error"]["field"]) == (415, "Content-Type"), template


def test_origins_are_compared_with_their_ports() -> None:
    assert is_origin_of("https://shop.example", "shop.example:443")
    assert is_origin_of("http://shop.example:80", "Shop.example")
    assert is_origin_of("http://[::1]:3000", "[::1]:3000")
    for origin in (
        "null",
        "",
        "https://shop.example:444",
        "http://shop.example.evil",
        "file://",
        "http://[",
        "http://x:y",
    ):
        assert not is_origin_of(origin, "shop.example")


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


def test_many_bad_keys_push_no_good_one_out_and_a_good_one_is_known_for_minutes(database: Settings) -> None:
    now = 0.0
    callers = Callers(get_engine(), Breaker("database", (SQLAlchemyError,)), clock=lambda: now)
    with session_scope() as session:
        key, row = create_key(session, "server", datetime.now(UTC))
        key_id = row.key_id
    assert not callers.is_known(key)
    assert callers.look_up(key) is not None
    for place in range(MOST_BAD + 10):
        callers._remember(str(place), None)
    assert callers.remembered(key) is not None
    now = 300.0
    assert (callers.remembered(key), callers.is_known(key)) == (None, True)
    with session_scope() as session:
        revoke_key(session, key_id, datetime.now(UTC))
    assert callers.look_up(key) is None
    assert not callers.is_known(key)


def test_an_address_is_one_whose_subscriber_has_many() -> None:
    assert network_of("2001:db8:1:2::1") == network_of("2001:db8:1:2:ffff::9") != network_of("2001:db8:1:3::1")
    assert (network_of("10.0.0.1"), network_of("testclient")) == ("10.0.0.1", "testclient")


def test_a_proxy_s_header_is_believed_only_where_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().proxies == ""
    monkeypatch.setenv("ZHIYIN_PROXIES", "everybody")
    with pytest.raises(ValidationError, match="proxies"):
        Settings()


def test_no_other_site_may_call_and_nothing_is_kept_or_guessed(served: Served) -> None:
    answer = httpx.post(served.url + "/recommend", json={"n": 1}, headers={"Origin": "https://shop.example"})
    assert "access-control-allow-origin" not in answer.headers
    assert (answer.headers["x-content-type-options"], answer.headers["cache-control"]) == ("nosniff", "no-store")
    asked = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"}
    assert "access-control-allow-origin" not in httpx.options(served.url + "/recommend", headers=asked).headers
    for header in ("content-security-policy", "x-frame-options", "referrer-policy"):
        assert header in httpx.get(served.url + "/").headers


def test_without_keys_nothing_but_loopback_is_bound(home: Settings) -> None:
    result = zhiyin("serve", "--host", "0.0.0.0")
    assert result.exit_code == 2
    assert "ZHIYIN_AUTH=required" in " ".join(result.output.split())
    assert [loopback(host) for host in ("127.0.0.1", "::1", "localhost", "127.8.8.8")] == [True] * 4
    assert [loopback(host) for host in ("0.0.0.0", "::", "10.0.0.1", "shop.example")] == [False] * 4


def test_a_key_is_kept_as_a_hash_and_ends(database: Settings) -> None:
    now = datetime.now(UTC)
    with session_scope() as session:
        key, row = create_key(session, "shopper", now, "u1", expires_at=now + timedelta(days=1))
        key_id, kept = row.key_id, {str(value) for value in vars(row).values()}
    assert key not in kept
    assert hashed(key) in kept
    with session_scope() as session:
        assert find_caller(session, key, now) == Caller(key_id, "shopper", "u1", now + timedelta(days=1))
        assert find_caller(session, key, now + timedelta(days=1)) is None
        assert find_caller(session, key + "x", now) is None
        assert forget_keys(session, "u1") == 1
        assert find_caller(session, key, now) is None
        with pytest.raises(ValueError, match="names its shopper"):
            create_key(session, "server", now, "u1")


def test_keys_by_command(database: Settings) -> None:
    made = zhiyin("keys", "create", "--scope", "server", "--name", "the till")
    key = made.stdout.strip().splitlines()[-1]
    with session_scope() as session:
        caller = find_caller(session, key, datetime.now(UTC))
    assert caller is not None
    listed = zhiyin("keys", "list").stdout
    assert caller.key_id in listed
    assert "the till" in listed
    assert key not in listed
    assert zhiyin("keys", "revoke", caller.key_id).exit_code == 0
    assert "revoked" in zhiyin("keys", "list").stdout
    assert zhiyin("keys", "revoke", "none").exit_code == 2
    assert zhiyin("keys", "create", "--scope", "shopper").exit_code == 2
    assert zhiyin("keys", "create", "--scope", "server", "--user", "u1").exit_code == 2
    with session_scope() as session:
        assert session.get(ApiKey, caller.key_id) is not None


@pytest.mark.parametrize("name", ["two\nlines", "a\u2028b", "\x1b[2J", "turned \u202e round", "x" * 129, "\0"])
def test_a_key_s_name_stands_on_one_line(database: Settings, name: str) -> None:
    refused = zhiyin("keys", "create", "--scope", "server", "--name", name)
    assert refused.exit_code == 2
    with session_scope() as session:
        row = create_key(session, "server", datetime.now(UTC), name="the till, 收银台")[1]
        row.name = name.replace("\0", "\n")[:128]  # of a former release
    assert len(zhiyin("keys", "list").stdout.splitlines()) == 1


def test_a_bucket_fills_evenly_and_is_shared_among_workers() -> None:
    now = 0.0
    limiter = Limiter(workers=2, clock=lambda: now)
    assert [limiter.wait("a", 4) for _ in range(4)] == [0.0] * 4
    assert limiter.wait("a", 4) == pytest.approx(0.5)
    assert limiter.wait("b", 4) == 0
    now = 0.5
    assert limiter.wait("a", 4) == 0
    assert limiter.wait("a", 4) > 0


def test_what_costs_several_tokens_takes_them_all() -> None:
    now = 0.0
    limiter = Limiter(clock=lambda: now)
    assert limiter.wait("a", 2, cost=3) == 0
    assert limiter.wait("a", 2, cost=3) == pytest.approx(1.0)
    now = 1.5
    assert limiter.wait("a", 2, cost=10) == 0, "more than a bucket holds: a full one, and a debt"
    now = 2.0
    assert limiter.wait("a", 2) > 0


def test_rules_look_where_shoppers_are_named() -> None:
    own = Caller("k", "shopper", "u1")
    events = RULES["/events"]
    assert names_only(own, events, "/events", {"events": [{"user_id": "u1"}, {"user_id": "u1"}]})
    others: list[Any] = [[{"user_id": "u1"}, {}], [], "u1", [1], None]
    bodies: list[Any] = [[], None, *({"events": found} for found in others)]
    for body in bodies:
        assert not names_only(own, events, "/events", body), body
    assert names_only(own, ANY_KEY, "/similar", {})
