"""Signed tokens at the service's door: a shopper's, a visit's, and what neither may."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jwt

from recommender.auth.tokens import TokenRules, revoke_tokens, sign_token
from tests.services.conftest import ORIGIN, TOKEN_SECRET, Served
from tests.services.http.conftest import BODIES

RULES = TokenRules((TOKEN_SECRET,), "zhiyin", timedelta(minutes=60))


def token_of(user_id: str | None = None, session_id: str | None = None) -> str:
    return sign_token(RULES, datetime.now(UTC), timedelta(minutes=5), user_id, session_id)[0]


def ask(service: Served, path: str, token: str, body: dict[str, Any]) -> httpx.Response:
    return httpx.post(service.url + path, json=body, headers={"Authorization": f"Bearer {token}"}, timeout=30)


def view(event_id: str, **whose: Any) -> dict[str, Any]:
    return {"events": [{"event_id": event_id, "item_id": "tea-1", "event_type": "view", **whose}]}


def test_a_shopper_asks_about_themselves_alone(guarded: Served) -> None:
    token = token_of("u1")
    for path in ("/recommend", "/similar", "/search", "/events", "/profile", "/offers"):
        answer = ask(guarded, path, token, BODIES[path])
        assert answer.status_code == 200, (path, answer.text)
    for path, body in (("/recommend", {"user_id": "u2"}), ("/recommend", {}), ("/events", view("s-1", user_id="u2"))):
        answer = ask(guarded, path, token, body)
        assert (answer.status_code, answer.json()["error"]["message"]) == (403, "the token is another shopper's")
    assert httpx.get(guarded.url + "/metrics", headers={"X-API-Key": token}).status_code == 403


def test_a_visit_asks_for_itself_alone(guarded: Served) -> None:
    token = token_of(session_id="v-1")
    own: tuple[tuple[str, dict[str, Any]], ...] = (
        ("/recommend", {"session_id": "v-1"}),
        ("/search", {"session_id": "v-1", "query": "tea"}),
        ("/similar", {"item_id": "tea-1"}),
        ("/events", view("s-2", session_id="v-1")),
    )
    for path, body in own:
        assert ask(guarded, path, token, body).status_code == 200, path
    others: tuple[tuple[str, dict[str, Any]], ...] = (
        ("/recommend", {"session_id": "v-2"}),
        ("/recommend", {"session_id": "v-1", "user_id": "u1"}),
        ("/recommend", {"session_id": "v-1", "user_id": ["u1"]}),
        ("/recommend", {}),
        ("/events", view("s-3", session_id="v-1", user_id="u1")),
        ("/events", {"events": []}),
        ("/profile", {"user_id": "v-1"}),
        ("/profile/erase", {"user_id": "u1"}),
    )
    for path, body in others:
        assert ask(guarded, path, token, body).status_code == 403, (path, body)


def test_bad_tokens_are_told_why(guarded: Served) -> None:
    now = int(datetime.now(UTC).timestamp())
    said = {"sub": "u1", "aud": "zhiyin", "iat": now, "exp": now + 60, "jti": "t"}
    bad = {
        "over": jwt.encode({**said, "iat": now - 90, "exp": now - 30}, TOKEN_SECRET),
        "for another audience": jwt.encode({**said, "aud": "shop"}, TOKEN_SECRET),
        "signed with no secret": jwt.encode(said, "another secret of 32 bytes, or more"),
        "not signed with HS256": jwt.encode(said, "", algorithm="none"),
    }
    for reason, token in bad.items():
        answer = ask(guarded, "/recommend", token, {"user_id": "u1"})
        assert answer.status_code == 401
        assert reason in answer.json()["error"]["message"]


def test_revoked_tokens_are_refused_within_seconds(guarded: Served) -> None:
    token = token_of("u3")
    assert ask(guarded, "/recommend", token, {"user_id": "u3"}).status_code == 200
    with guarded.database() as session:
        revoke_tokens(session, datetime.now(UTC), user_id="u3")
    deadline = datetime.now(UTC) + timedelta(seconds=10)
    while (answer := ask(guarded, "/recommend", token, {"user_id": "u3"})).status_code == 200:
        assert datetime.now(UTC) < deadline
    assert "revoked" in answer.json()["error"]["message"]
    assert ask(guarded, "/recommend", token_of("u4"), {"user_id": "u4"}).status_code == 200


def test_who_renews_a_token_gets_no_second_rate(guarded: Served) -> None:
    statuses, body = list[int](), {"item_id": "tea-1", "n": 1}
    with httpx.Client(timeout=30) as client:
        while 429 not in statuses and len(statuses) < 2000:
            headers = {"Authorization": f"Bearer {token_of('hasty')}"}
            statuses.append(client.post(guarded.url + "/similar", json=body, headers=headers).status_code)
    assert set(statuses) == {200, 429}


def test_a_purchase_by_a_token_waits_for_the_shop_s_word(guarded: Served) -> None:
    bought = {**view("order-1-1", user_id="u5")["events"][0], "event_type": "purchase"}
    assert ask(guarded, "/events", token_of("u5"), {"events": [bought]}).json()["unconfirmed"] == 1


def test_the_shop_s_origin_may_ask_and_see_why_not(guarded: Served) -> None:
    asked = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
    asked["Access-Control-Request-Headers"] = "authorization, content-type"
    preflight = httpx.options(guarded.url + "/events", headers=asked)
    assert preflight.headers["access-control-allow-origin"] == ORIGIN
    refused = httpx.post(guarded.url + "/recommend", json={}, headers={"Origin": ORIGIN})
    assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (401, ORIGIN)
    other = httpx.post(guarded.url + "/recommend", json={}, headers={"Origin": "https://other.example"})
    assert (other.status_code, "access-control-allow-origin" in other.headers) == (403, False)
