"""Makes ranked lists before they are asked for: after an event, when the worker starts, when the shop's items change.

After an event for those who asked for a list lately: a shopper whose events only are sent would never ask.

One thread a worker. A shopper who comes first waits for the list being made; nobody waits for this thread's other work.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import structlog
from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError

from recommender.db.engine import session_scope
from recommender.db.tables import Event
from recommender.utils.background_worker import BackgroundWorker
from services.recommend.service import RecommendService

log = structlog.get_logger(__name__)
LATEST_EVENTS = 5_000
AT_START = 300  # shoppers, of the latest events
MOST_FRESH = 50  # shoppers who have just done something and wait for a list; the oldest give way
REST = 3.0  # for each second of work so long a rest: those who wait for an answer come first
BUSY = 5  # shoppers waiting that make the rest as long again: many who come are many who wait


@dataclass(slots=True)
class ListPrecomputer:
    """`enqueue` may be called from any thread."""

    engine: Engine
    answers: RecommendService
    _fresh: dict[str, None] = field(default_factory=dict)  # in the order they are queued
    _later: dict[str, None] = field(default_factory=dict)
    _begins: bool = True
    _worker: BackgroundWorker = field(init=False)

    def __post_init__(self) -> None:
        self._worker = BackgroundWorker("precompute", self._round)

    def start(self) -> None:
        """Starts the thread, which first makes the lists of the shoppers of the latest events."""
        self._worker.start()

    def stop(self) -> None:
        """Begins no further list, and waits a while for the one that is being made."""
        self._worker.stop()

    def enqueue(self, user_ids: Iterable[str]) -> None:
        """These shoppers have just done something; who asked for a list lately will ask for the next one soon."""
        with self._worker.condition:
            for user_id in filter(self.answers.traffic.is_recently_active, user_ids):
                self._fresh.pop(user_id, None)
                self._fresh[user_id] = None
            while len(self._fresh) > MOST_FRESH:
                del self._fresh[next(iter(self._fresh))]
            self._worker.condition.notify()

    def renew(self) -> None:
        """All lists have to be made anew: those that were asked for last come first."""
        self._enqueue_later(self.answers.lists.latest_users(AT_START))

    def _enqueue_later(self, user_ids: Iterable[str]) -> None:
        with self._worker.condition:
            self._later = dict.fromkeys(user_ids)
            self._worker.condition.notify()

    def _round(self) -> float | None:
        if self._begins:
            self._begins = False
            self._enqueue_later(self._lately_active())
        if self._worker.rest(None, lambda: bool(self._fresh or self._later)):
            return None
        user_id = self._next()
        if user_id is None:  # others are queued meanwhile, or nobody
            return 0.0
        began = time.monotonic()
        try:
            self.answers.prepare(user_id, datetime.now(UTC))
        except Exception:  # a list that fails must not end all others
            log.exception("a list could not be made before it is asked for")
        return REST * (time.monotonic() - began) * (1 + len(self._fresh) / BUSY)

    def _next(self) -> str | None:
        """Who did something last; then who was there before."""
        with self._worker.condition:
            if self._fresh:
                return self._fresh.popitem()[0]
            user_id = next(iter(self._later), None)
            if user_id is not None:
                del self._later[user_id]
            return user_id

    def _lately_active(self) -> list[str]:
        latest = select(Event.user_id).where(Event.user_id.is_not(None)).order_by(Event.time.desc())
        try:
            with session_scope(self.engine) as session:
                users = dict.fromkeys(session.scalars(latest.limit(LATEST_EVENTS)))
        except SQLAlchemyError:
            return []
        return [user for user in users if user][:AT_START]
