"""Keys of the service's callers: made, found by what a caller shows, listed and revoked. Sessions are handed in.

A key is 256 random bits, so its SHA-256 can't be turned back by trying: the slow, salted hashes that passwords need
would protect nothing more here and cost every request. The key itself is shown once, when it is made.
"""

import hashlib
import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from recommender.auth.origins import read_origins
from recommender.db.tables import ID_LENGTH, ApiKey

Scope = Literal["shopper", "server", "operator"]
# control characters, marks of direction and other formats, lone surrogates, ends of lines and paragraphs
UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
PREFIX = "zhiyin_"  # so that people and secret scanners recognise one


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: by which key, and what that key may do.

    `user_id` is the one shopper of a shopper's token, `session_id` the one visit of a visit's. Pages may use the key
    from `origins` alone; where it names none, from those of the settings.
    """

    key_id: str
    scope: Scope
    user_id: str | None = None
    expires_at: datetime | None = None
    session_id: str | None = None
    origins: frozenset[str] = frozenset()

    @property
    def counted_as(self) -> str:
        """Whose requests are counted together: who renews a token gets no second rate with it."""
        if self.scope != "shopper":
            return self.key_id
        return f"visit {self.session_id}" if self.user_id is None else f"shopper {self.user_id}"


def create_key(
    session: Session,
    scope: Scope,
    now: datetime,
    user_id: str | None = None,
    name: str = "",
    expires_at: datetime | None = None,
    origins: Sequence[str] = (),
) -> tuple[str, ApiKey]:
    """A new key, as its holder sends it, and its row.

    Pages of other sites may use it from `origins` alone; without any, from those of the settings. ValueError when scope
    and shopper don't go together, a text can't stand in a list, or an origin is none.
    """
    try:
        allowed = read_origins(origins)
    except ValueError as error:
        raise ValueError(f"origin: {error}") from None
    for field, text in (("name", name), ("user", user_id or "")):
        if problem := _unprintable(text):
            raise ValueError(f"{field}: {problem}")
    if (scope == "shopper") != (user_id is not None):
        raise ValueError("a shopper's token names its shopper, and no other key does")
    key = PREFIX + secrets.token_urlsafe(32)
    row = ApiKey(
        key_id=secrets.token_hex(6),
        secret_hash=hashed(key),
        scope=scope,
        user_id=user_id,
        name=name,
        created_at=now,
        expires_at=expires_at,
        revoked_at=None,
        origins=allowed or None,
    )
    session.add(row)
    session.flush()
    return key, row


def _unprintable(text: str) -> str | None:
    """What is wrong with a text that is to stand on one line of a list."""
    if len(text) > ID_LENGTH:
        return f"{len(text)} characters; at most {ID_LENGTH}"
    bad = next((letter for letter in text if unicodedata.category(letter) in UNPRINTABLE), None)
    return f"U+{ord(bad):04X} can't be printed on one line; leave it out" if bad is not None else None


def on_one_line(text: str) -> str:
    """As it is, but for what would break the line or turn its direction."""
    return "".join(f"\\u{ord(one):04x}" if unicodedata.category(one) in UNPRINTABLE else one for one in text)


def hashed(key: str) -> str:
    """The SHA-256 of a key, in 64 hex digits: what is stored of it, and by what it is found."""
    return hashlib.sha256(key.encode()).hexdigest()


def find_caller(session: Session, key: str, now: datetime) -> Caller | None:
    """Who holds this key; None when it is unknown, revoked or over."""
    row = session.scalars(select(ApiKey).where(ApiKey.secret_hash == hashed(key))).one_or_none()
    if row is None or row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= now):
        return None
    origins = frozenset(row.origins or ())
    return Caller(row.key_id, cast(Scope, row.scope), row.user_id, row.expires_at, origins=origins)


def allowed_origins(session: Session, now: datetime) -> frozenset[str]:
    """The origins that keys name which are good at `now`."""
    query = select(ApiKey.origins).where(ApiKey.origins.is_not(None), ApiKey.revoked_at.is_(None))
    lists = session.scalars(query.where(or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > now)))
    return frozenset(origin for origins in lists for origin in origins or ())


def list_keys(session: Session) -> Sequence[ApiKey]:
    """All keys, the newest first."""
    return session.scalars(select(ApiKey).order_by(ApiKey.created_at.desc(), ApiKey.key_id)).all()


def revoke_key(session: Session, key_id: str, now: datetime) -> bool:
    """Ends a key; False when there is none of that id. One that ended before keeps its time."""
    row = session.get(ApiKey, key_id)
    if row is None:
        return False
    row.revoked_at = row.revoked_at or now
    return True


def change_origins(session: Session, key_id: str, origins: Sequence[str]) -> ApiKey | None:
    """Has pages of these origins alone use a key, those of the settings where none is given; None: no such key.

    ValueError where an origin is none, there are too many, or the key is revoked.
    """
    row = session.get(ApiKey, key_id)
    if row is None:
        return None
    if row.revoked_at is not None:
        raise ValueError(f"key {key_id} is revoked: create another")
    row.origins = read_origins(origins) or None
    return row


def forget_keys(session: Session, user_id: str) -> int:
    """Removes a shopper's tokens: what is to be done when a shopper is erased."""
    rows = session.scalars(select(ApiKey).where(ApiKey.user_id == user_id)).all()
    for row in rows:
        session.delete(row)
    return len(rows)
