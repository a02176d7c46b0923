"""Callers by the keys and tokens they show, remembered for seconds, so that a request seldom waits for the database.

A key that was good is known for minutes: it is looked up again all the while, but not as a stranger's. Keys that were
found to be bad are remembered apart, so that many of them push no good one out.

It knows keys and the database; what a caller may do is in `permissions`. `actor` is who asks right now, for whatever is
written down with its author.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from recommender.auth.keys import Caller, find_caller, hashed
from recommender.db.engine import session_scope
from services.core.circuit_breaker import Away, Breaker

if TYPE_CHECKING:  # brings the library of signed tokens, which the process that starts workers doesn't need
    from recommender.auth.tokens import TokenRules

TRUSTED_SECONDS = 5.0  # so long a revoked key may go on
KNOWN_SECONDS = 600.0  # so long a key that was good is no stranger's
MOST_REMEMBERED, MOST_BAD = 20_000, 5_000
UNKNOWN = "the key is unknown, revoked or over"
WITHOUT_KEY = "here"  # the id that stands for none, where no keys are asked for
SERVICE = "service"  # what it does by itself
_current_caller: ContextVar[Caller | None] = ContextVar("asking", default=None)


def now_asks(caller: Caller) -> None:
    """From here on this request is the caller's, in its threads too."""
    _current_caller.set(caller)


def actor() -> str:
    """By which key the request at hand came, never what the key is; `SERVICE` outside of any request."""
    caller = _current_caller.get()
    if caller is None:
        return SERVICE
    return "somebody here, without a key" if caller.key_id == WITHOUT_KEY else f"{caller.scope} key {caller.key_id}"


def asks_a_shopper() -> bool:
    """Whether the request at hand came with a shopper's own token: what it claims isn't the shop's word."""
    caller = _current_caller.get()
    return caller is not None and caller.scope == "shopper"


@dataclass(frozen=True, slots=True)
class Remembered:
    """What a look-up found at `at` (seconds of the callers' clock): who holds the key, or None for a bad one."""

    caller: Caller | None
    at: float
    why: str = ""  # it is no good


class Callers:
    """`remembered` answers at once or not at all; `look_up` asks the database."""

    def __init__(
        self,
        engine: Engine,
        database: Breaker,
        clock: Callable[[], float] = time.monotonic,
        tokens: "TokenRules | None" = None,
    ) -> None:
        self.engine, self.database, self.clock, self.tokens = engine, database, clock, tokens
        self._known: OrderedDict[str, Remembered] = OrderedDict()
        self._bad: OrderedDict[str, Remembered] = OrderedDict()

    def remembered(self, key: str) -> Remembered | None:
        """What was found of this key in the last few seconds."""
        mark = hashed(key)
        found = self._known.get(mark) or self._bad.get(mark)
        fresh = found is not None and self.clock() - found.at < TRUSTED_SECONDS
        return found if fresh and not _over(found) else None

    def is_known(self, key: str) -> bool:
        """Whether the key was good in the last minutes."""
        found = self._known.get(hashed(key))
        return found is not None and self.clock() - found.at < KNOWN_SECONDS and not _over(found)

    def why_bad(self, key: str) -> str:
        """What is wrong with a key that was found to be bad."""
        found = self._bad.get(hashed(key))
        return found.why if found is not None else UNKNOWN

    def look_up(self, key: str) -> Caller | None:
        """While the database is away, a key that was good goes on."""
        mark, why = hashed(key), UNKNOWN
        try:
            with self.database.guard(), session_scope(self.engine) as session:
                caller, why = self._find(session, key)
        except (Away, SQLAlchemyError):
            before = self._known.get(mark)
            if before is None or before.caller is None or _over(before):
                raise
            caller = before.caller
        self._remember(mark, caller, why)
        return caller

    def _find(self, session: Session, key: str) -> tuple[Caller | None, str]:
        """Who holds a key of the database or a signed token; or why nobody does."""
        if self.tokens is None or key.count(".") != 2:
            return find_caller(session, key, datetime.now(UTC)), UNKNOWN
        from recommender.auth.tokens import Refused, find_token_caller

        try:
            return find_token_caller(session, self.tokens, key), ""
        except Refused as refused:
            return None, str(refused)

    def _remember(self, mark: str, caller: Caller | None, why: str = UNKNOWN) -> None:
        for found in (self._known, self._bad):
            found.pop(mark, None)
        found, most = (self._bad, MOST_BAD) if caller is None else (self._known, MOST_REMEMBERED)
        found[mark] = Remembered(caller, self.clock(), why)
        while len(found) > most:
            found.popitem(last=False)


def _over(found: Remembered | None) -> bool:
    until = found.caller.expires_at if found and found.caller else None
    return until is not None and until <= datetime.now(UTC)
