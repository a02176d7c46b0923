"""The origins that live keys name, remembered for seconds: a preflight carries no key, and may come from anywhere."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from recommender.auth.keys import allowed_origins
from recommender.db.engine import session_scope
from services.core.circuit_breaker import Away, Breaker

TRUSTED_SECONDS = 5.0  # so long the origins of a new key may wait, and those of a revoked one go on


class KeyOrigins:
    """`remembered` answers at once or not at all; `look_up` asks the database."""

    def __init__(self, engine: Engine, database: Breaker, clock: Callable[[], float] = time.monotonic) -> None:
        self.engine, self.database, self.clock = engine, database, clock
        self._found: frozenset[str] | None = None
        self._found_at = 0.0

    def remembered(self) -> frozenset[str] | None:
        """What was found in the last few seconds."""
        return self._found if self.clock() - self._found_at < TRUSTED_SECONDS else None

    def look_up(self) -> frozenset[str]:
        """The origins of all live keys; while the database is away, those that were found before.

        Raises `Away` or SQLAlchemy's error where nothing was found before.
        """
        if (found := self.remembered()) is not None:  # by whoever was before in line
            return found
        try:
            with self.database.guard(), session_scope(self.engine) as session:
                found = allowed_origins(session, datetime.now(UTC))
        except (Away, SQLAlchemyError):
            if self._found is None:
                raise
            return self._found
        self._found, self._found_at = found, self.clock()
        return found
