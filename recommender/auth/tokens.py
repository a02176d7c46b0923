"""Short signed tokens of shoppers and visits (JWT, HS256): made by whoever has the secret, checked, revoked.

A token names its shopper in `sub`, or in `sid` a visit that has not signed in. What is kept of tokens is only which of
them are good no more. Sessions are handed in.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from recommender.auth.keys import Caller
from recommender.db.tables import ID_LENGTH, TokenRevocation
from recommender.privacy.erasure import erased
from recommender.settings import Settings

ALGORITHM = "HS256"  # the only one, whatever a token's header says
CLOCKS_DIFFER = timedelta(seconds=10)
LONGEST_LIFE = timedelta(days=1)  # whatever is set: after it a revocation may be forgotten
MOST_CHARACTERS = 4096
REQUIRED = ["aud", "exp", "iat", "jti"]
_TOKEN_ID = re.compile(r"[\w.~-]{1,64}", re.ASCII)
_NAME = re.compile(rf"[^\x00-\x1f\x7f]{{1,{ID_LENGTH}}}")
_REASONS: dict[type[Exception], str] = {  # what is wrong with a token whose signature is good
    jwt.ExpiredSignatureError: "the token is over",
    jwt.ImmatureSignatureError: "the token is not good yet",
    jwt.InvalidAudienceError: "the token is for another audience",
    jwt.InvalidAlgorithmError: f"the token is not signed with {ALGORITHM}",
}


class Refused(Exception):
    """A token that is not good, with the reason."""


@dataclass(frozen=True, slots=True)
class TokenRules:
    """Which tokens are believed: by these secrets (the first signs), for this audience, no longer than this."""

    secrets: tuple[str, ...]
    audience: str
    longest: timedelta

    @classmethod
    def of(cls, settings: Settings) -> "TokenRules":
        """The rules of the settings `token_secret`, `token_audience` and `token_minutes`."""
        return cls(settings.token_secrets, settings.token_audience, timedelta(minutes=settings.token_minutes))


@dataclass(frozen=True, slots=True)
class Claims:
    """What a good token says."""

    token_id: str
    user_id: str | None
    session_id: str | None
    issued_at: datetime
    expires_at: datetime


def sign_token(
    rules: TokenRules, now: datetime, life: timedelta, user_id: str | None = None, session_id: str | None = None
) -> tuple[str, Claims]:
    """A token of a shopper or a visit, and what it says; ValueError where none can be made."""
    if not rules.secrets:
        raise ValueError("there is no secret to sign with: set ZHIYIN_TOKEN_SECRET")
    if life > rules.longest:
        raise ValueError(f"at most {rules.longest // timedelta(minutes=1)} minutes (ZHIYIN_TOKEN_MINUTES)")
    begin = int(now.timestamp())
    payload: dict[str, Any] = {
        **({"sub": user_id} if user_id is not None else {}),
        **({"sid": session_id} if session_id is not None else {}),
        "aud": rules.audience,
        "iat": begin,
        "exp": begin + int(life.total_seconds()),
        "jti": secrets.token_hex(8),
    }
    try:
        claims = _claims(payload, rules)
    except Refused as refused:
        raise ValueError(str(refused)) from None
    return jwt.encode(payload, rules.secrets[0], algorithm=ALGORITHM), claims


def read_token(rules: TokenRules, token: str) -> Claims:
    """What a token says, once its signature, times and audience are found good; raises `Refused`."""
    if len(token) > MOST_CHARACTERS:
        raise Refused(f"the token is longer than {MOST_CHARACTERS} characters")
    for secret in rules.secrets:
        try:
            payload = jwt.decode(
                token,
                secret,
                algorithms=[ALGORITHM],
                audience=rules.audience,
                leeway=CLOCKS_DIFFER,
                options={"require": REQUIRED},
            )
        except jwt.InvalidSignatureError:
            continue
        except jwt.MissingRequiredClaimError as missing:
            raise Refused(f"the token says no {missing.claim}") from None
        except (jwt.InvalidTokenError, OverflowError) as bad:
            raise Refused(_REASONS.get(type(bad), "the token can't be read")) from None
        return _claims(payload, rules)
    raise Refused("the token is signed with no secret of this service")


def _claims(payload: dict[str, Any], rules: TokenRules) -> Claims:
    """What PyJWT leaves to its caller: whose it is, its id, and how long it lives."""
    begin, end, token_id = payload["iat"], payload["exp"], payload["jti"]
    if not all(isinstance(one, (int, float)) and abs(one) < 1e11 for one in (begin, end)):
        raise Refused("the token's iat and exp are no seconds since 1970")
    if end - begin > rules.longest.total_seconds():
        raise Refused(f"the token lives longer than {rules.longest // timedelta(minutes=1)} minutes")
    if not isinstance(token_id, str) or not _TOKEN_ID.fullmatch(token_id):
        raise Refused("the token's jti is not 1 to 64 letters, digits and . _ ~ -")
    user_id, session_id = payload.get("sub"), payload.get("sid")
    if (user_id is None) == (session_id is None):
        raise Refused("the token names a shopper (sub) or a visit (sid), and not both")
    whose = session_id if user_id is None else user_id
    if not isinstance(whose, str) or not _NAME.fullmatch(whose):
        raise Refused(f"the token's sub or sid is not 1 to {ID_LENGTH} characters")
    return Claims(token_id, user_id, session_id, datetime.fromtimestamp(begin, UTC), datetime.fromtimestamp(end, UTC))


def find_token_caller(session: Session, rules: TokenRules, token: str) -> Caller:
    """Who holds this token; raises `Refused` where it is not good, was revoked, or its shopper was erased."""
    claims = read_token(rules, token)
    marks = [_mark("jti", claims.token_id), _mark_of(claims.user_id, claims.session_id)]
    moments = session.scalars(select(TokenRevocation.issued_before).where(TokenRevocation.mark.in_(marks)))
    if any(moment is None or claims.issued_at < moment for moment in moments):
        raise Refused("the token was revoked")
    if claims.user_id is not None and erased(session, [claims.user_id]):
        raise Refused("the token's shopper was erased")
    return Caller(claims.token_id, "shopper", claims.user_id, claims.expires_at + CLOCKS_DIFFER, claims.session_id)


def revoke_token(session: Session, token_id: str, now: datetime) -> None:
    """Ends the token of this id."""
    _keep(session, TokenRevocation(mark=_mark("jti", token_id), issued_before=None, forget_at=_forgotten(now)), now)


def revoke_tokens(session: Session, now: datetime, user_id: str | None = None, session_id: str | None = None) -> None:
    """Ends all tokens that a shopper or a visit has so far; those of the next seconds, too, as clocks differ."""
    until = now + CLOCKS_DIFFER
    mark = _mark_of(user_id, session_id)
    _keep(session, TokenRevocation(mark=mark, issued_before=until, forget_at=_forgotten(until)), now)


def _keep(session: Session, row: TokenRevocation, now: datetime) -> None:
    session.execute(delete(TokenRevocation).where(TokenRevocation.forget_at < now))
    session.merge(row)


def _forgotten(last_issue: datetime) -> datetime:
    return last_issue + LONGEST_LIFE + 2 * CLOCKS_DIFFER


def _mark_of(user_id: str | None, session_id: str | None) -> str:
    return _mark("sid", session_id or "") if user_id is None else _mark("sub", user_id)


def _mark(kind: str, name: str) -> str:
    return hashlib.sha256(f"zhiyin {kind}: {name}".encode()).hexdigest()
