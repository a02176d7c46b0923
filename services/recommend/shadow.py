"""Scores with a model in the shadow what another one has just answered, and shows it to nobody.

A thread of its own works off what waits; answers that come while too many wait are dropped and counted, so that no
answer is later for it. It knows a function that ranks, and counts.
"""

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from recommender.utils.background_worker import BackgroundWorker
from services.recommend.trial import describe_failure
from services.schemas.recommend import RecommendRequest
from services.state.model import ModelInService, Released
from services.state.release_counter import SHADOW, ReleaseCounter

log = structlog.get_logger(__name__)
MOST_WAITING = 16
TOP = 10
REST = 1.0  # for each second of work so long a rest: those who wait for an answer come first
Job = tuple[RecommendRequest, tuple[str, ...], datetime]
Score = Callable[[Released, RecommendRequest, datetime], Sequence[str]]


@dataclass(slots=True)
class Shadow:
    """`shown` is called on the request path; `score` gives the items that a model would answer with."""

    models: ModelInService
    counter: ReleaseCounter
    score: Score
    _waiting: deque[Job] = field(default_factory=deque)
    _worker: BackgroundWorker = field(init=False)

    def __post_init__(self) -> None:
        self._worker = BackgroundWorker("shadow", self._round)

    def start(self) -> None:
        """Starts the thread that scores what waits."""
        self._worker.start()

    def stop(self) -> None:
        """Scores nothing further, and waits a while for what is being scored."""
        self._worker.stop()

    def shown(self, request: RecommendRequest, item_ids: Sequence[str], now: datetime, personalised: bool) -> None:
        """What somebody was shown: it is scored again where they have part in a shadow."""
        trial, unit = self.models.canary, request.user_id or request.session_id
        if trial is None or not trial.canary.shadow or unit is None or not personalised or request.is_wish:
            return
        if not trial.canary.takes(unit):
            return
        with self._worker.condition:
            if len(self._waiting) < MOST_WAITING:
                self._waiting.append((request, tuple(item_ids[:TOP]), now))
                self._worker.condition.notify()
                return
        self.counter.dropped(trial.canary.model_version)

    def _round(self) -> float | None:
        if self._worker.rest(None, lambda: bool(self._waiting)):
            return None
        job, began = self._waiting.popleft(), time.monotonic()
        self.take(job)
        return REST * (time.monotonic() - began)

    def take(self, job: Job) -> None:
        """Scores one answer, and counts how much of it the model would have shown."""
        request, shown, now = job
        trial, began = self.models.canary, time.monotonic()
        if trial is None or not trial.canary.shadow:
            return
        version = trial.canary.model_version
        try:
            found = self.score(trial.released, request, now)[:TOP]
        except Exception as failure:  # it is on trial, and nobody waits for it
            log.error("the shadow can't answer", model_version=version, reason=describe_failure(failure))
            self.counter.failed(version, SHADOW, time.monotonic() - began)
            return
        overlap = len(set(found) & set(shown)) / max(len(shown), 1)
        self.counter.made(version, SHADOW, time.monotonic() - began, set(), overlap)
