"""Signed tokens: what is believed, what is refused with which reason, and how one ends before its time."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from pydantic import SecretStr, ValidationError
from sqlalchemy import select

from recommender.auth.tokens import (
    CLOCKS_DIFFER,
    Claims,
    Refused,
    TokenRules,
    find_token_caller,
    read_token,
    revoke_token,
    revoke_tokens,
    sign_token,
)
from recommender.db.engine import session_scope
from recommender.db.tables import TokenRevocation
from recommender.privacy.erasure import request_erasure
from recommender.settings import Settings, get_settings
from tests.support.commands import zhiyin

SECRET, OLD, FOREIGN = "s" * 32, "o" * 32, "f" * 32
RULES = TokenRules((SECRET, OLD), "zhiyin", timedelta(minutes=60))


def now() -> datetime:
    return datetime.now(UTC)


def said(**changes: Any) -> dict[str, Any]:
    first = int(datetime.now(UTC).timestamp())
    whole = {"sub": "u1", "aud": "zhiyin", "iat": first, "exp": first + 600, "jti": "t-1", **changes}
    return {name: value for name, value in whole.items() if value is not None}


def signed(secret: str = SECRET, algorithm: str = "HS256", **changes: Any) -> str:
    return jwt.encode(said(**changes), secret, algorithm=algorithm)


def test_a_shop_s_server_signs_and_a_token_of_an_old_secret_goes_on() -> None:
    for secret in (SECRET, OLD):
        claims = read_token(RULES, signed(secret))
        assert (claims.user_id, claims.session_id, claims.token_id) == ("u1", None, "t-1")
    visit = read_token(RULES, signed(sub=None, sid="v-1"))
    assert (visit.user_id, visit.session_id) == (None, "v-1")
    ours, claims = sign_token(RULES, now(), timedelta(minutes=5), "知音")
    assert read_token(RULES, ours) == claims
    assert claims.expires_at - claims.issued_at == timedelta(minutes=5)


def begin() -> int:
    return int(now().timestamp())


BAD: dict[str, tuple[Callable[[], str], str]] = {
    "of nobody's secret": (lambda: signed(FOREIGN), "no secret of this service"),
    "unsigned": (lambda: jwt.encode(said(), "", algorithm="none"), "not signed with HS256"),
    "of another algorithm": (lambda: signed(SECRET * 2, "HS512"), "not signed with HS256"),
    "over": (lambda: signed(iat=begin() - 700, exp=begin() - 100), "over"),
    "of the future": (lambda: signed(iat=begin() + 300, exp=begin() + 600), "not good yet"),
    "for another audience": (lambda: signed(aud="another"), "another audience"),
    "for nobody": (lambda: signed(aud=None), "says no aud"),
    "without an end": (lambda: signed(exp=None), "says no exp"),
    "without a beginning": (lambda: signed(iat=None), "says no iat"),
    "without an id": (lambda: signed(jti=None), "says no jti"),
    "of an id with a line break": (lambda: signed(jti="a\nb"), "jti"),
    "too long": (lambda: signed(exp=begin() + 3700), "longer than 60 minutes"),
    "of a shopper and a visit": (lambda: signed(sid="v-1"), "and not both"),
    "of nobody": (lambda: signed(sub=None), "a shopper"),
    "of an empty name": (lambda: signed(sub=""), "1 to 128"),
    "of a number": (lambda: signed(sub=None, sid=7), "1 to 128"),
    "of endless times": (lambda: signed(exp=float("inf")), "can't be read"),
    "cut": (lambda: signed()[:-9], "can.t be read|no secret"),
    "no token": (lambda: "a.b.c", "can't be read"),
    "huge": (lambda: signed(more="x" * 5000), "longer than 4096"),
}


@pytest.mark.parametrize("name", BAD)
def test_each_bad_token_is_refused_with_its_reason(name: str) -> None:
    make, reason = BAD[name]
    with pytest.raises(Refused, match=reason):
        read_token(RULES, make())


def test_a_public_key_s_text_is_no_secret() -> None:
    """The confusion of algorithms: a token signed with what anybody knows, in the name of another algorithm."""
    with pytest.raises(Refused, match="not signed with HS256"):
        read_token(RULES, "eyJhbGciOiJSUzI1NiJ9." + signed().split(".")[1] + ".AAAA")


def test_no_secret_believes_no_token() -> None:
    with pytest.raises(Refused, match="no secret"):
        read_token(TokenRules((), "zhiyin", timedelta(minutes=60)), signed())


def test_tokens_end_before_their_time(database: Settings) -> None:
    token, claims = sign_token(RULES, now(), timedelta(minutes=5), "u1")
    visit, _ = sign_token(RULES, now(), timedelta(minutes=5), session_id="u1")
    with session_scope() as session:
        caller = find_token_caller(session, RULES, token)
        assert (caller.scope, caller.user_id, caller.key_id) == ("shopper", "u1", claims.token_id)
        assert caller.expires_at == claims.expires_at + CLOCKS_DIFFER
        revoke_token(session, claims.token_id, now())
        with pytest.raises(Refused, match="revoked"):
            find_token_caller(session, RULES, token)
        other, _ = sign_token(RULES, now(), timedelta(minutes=5), "u1")
        assert find_token_caller(session, RULES, other).user_id == "u1"
        revoke_tokens(session, now(), user_id="u1")
        with pytest.raises(Refused, match="revoked"):
            find_token_caller(session, RULES, other)
        assert find_token_caller(session, RULES, visit).session_id == "u1", "a visit of that name is somebody else"
        assert "u1" not in str([vars(row) for row in session.scalars(select(TokenRevocation))])


def test_tokens_signed_after_a_revocation_are_good(database: Settings) -> None:
    early = now() - timedelta(minutes=2)
    with session_scope() as session:
        revoke_tokens(session, early, user_id="u1")
        before, _ = sign_token(RULES, early - timedelta(seconds=1), timedelta(minutes=30), "u1")
        after, _ = sign_token(RULES, now(), timedelta(minutes=5), "u1")
        with pytest.raises(Refused, match="revoked"):
            find_token_caller(session, RULES, before)
        assert find_token_caller(session, RULES, after).user_id == "u1"
        revoke_tokens(session, now() + timedelta(days=3), user_id="u2")
        assert len(session.scalars(select(TokenRevocation)).all()) == 1, "what no token can be about is forgotten"


def test_who_was_erased_has_no_tokens(database: Settings) -> None:
    token, _ = sign_token(RULES, now(), timedelta(minutes=5), "u1")
    with session_scope() as session:
        request_erasure(session, "u1", now(), "test")
        with pytest.raises(Refused, match="erased"):
            find_token_caller(session, RULES, token)


def test_secrets_that_can_be_guessed_are_refused() -> None:
    with pytest.raises(ValidationError, match="32 bytes"):
        Settings(token_secret=SecretStr(f"{SECRET},short"))
    assert Settings(token_secret=SecretStr(f"{SECRET}, {OLD}")).token_secrets == (SECRET, OLD)


def test_tokens_by_command(database: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "ZHIYIN_TOKEN_SECRET" in zhiyin("keys", "token", "--user", "u1").output
    monkeypatch.setenv("ZHIYIN_TOKEN_SECRET", SECRET)
    get_settings.cache_clear()
    made = zhiyin("keys", "token", "--user", "u1", "--minutes", "10")
    token = made.stdout.strip().splitlines()[-1]
    claims: Claims = read_token(RULES, token)
    assert claims.user_id == "u1"
    assert zhiyin("keys", "revoke-tokens", "--jti", claims.token_id).exit_code == 0
    with session_scope() as session, pytest.raises(Refused, match="revoked"):
        find_token_caller(session, RULES, token)
    for bad in (("--user", "u1", "--visit", "v"), (), ("--user", "u1", "--minutes", "61")):
        assert zhiyin("keys", "token", *bad).exit_code == 2, bad
    assert zhiyin("keys", "revoke-tokens").exit_code == 2
