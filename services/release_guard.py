"""Watches over models that are new: what was counted of their answers is written down and judged, round by round.

It knows the counter, the settings' bounds and the judge; called by the watcher of each worker.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine

from recommender.db.engine import session_scope
from recommender.release.judging import judge, watched_until
from recommender.settings import Settings
from recommender.store.queries import promoted_model
from services.core.metrics import meters
from services.state.model import ModelInService
from services.state.release_counter import ReleaseCounter


@dataclass(slots=True)
class Guard:
    """Called with the time of the round."""

    engine: Engine
    settings: Settings
    models: ModelInService
    counter: ReleaseCounter

    def __call__(self, now: datetime) -> None:
        canary = self.models.canary
        self.counter.watched = canary is not None or self._is_new(now)
        if not self.counter.watched:
            return
        self.counter.write(now)
        breach = judge(self.engine, self.settings, canary.canary if canary is not None else None, now)
        if breach is not None:
            meters().guardrails.labels(breach.figure).inc()

    def _is_new(self, now: datetime) -> bool:
        """Whether the model in service was promoted so lately that it may be taken out by itself."""
        with session_scope(self.engine) as session:
            promoted = promoted_model(session)
            return promoted is not None and watched_until(session, self.settings, promoted) > now
