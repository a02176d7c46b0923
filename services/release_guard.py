"""Writes down what was counted of models' answers, and judges those that are new, round by round.

It knows the counter, the settings' bounds and the judge; called by the watcher of each worker.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from recommender.db.engine import session_scope
from recommender.release.judging import judge, watched_until
from recommender.settings import Settings
from recommender.store.queries import promoted_model
from services.core.metrics import meters
from services.state.model import ModelInService
from services.state.release_counter import ReleaseCounter

UNHURRIED = timedelta(minutes=1)  # between two writes while no model is new
NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class Guard:
    """Called with the time of the round."""

    engine: Engine
    settings: Settings
    models: ModelInService
    counter: ReleaseCounter
    written_at: datetime = NEVER

    def __call__(self, now: datetime) -> None:
        canary = self.models.canary
        watched = canary is not None or self._is_new(now)
        if watched or now - self.written_at >= UNHURRIED:
            self.counter.write(now)
            self.written_at = now
        if not watched:
            return
        breach = judge(self.engine, self.settings, canary.canary if canary is not None else None, now)
        if breach is not None:
            meters().guardrails.labels(breach.figure).inc()

    def _is_new(self, now: datetime) -> bool:
        """Whether the model in service was promoted so lately that it may be taken out by itself."""
        with session_scope(self.engine) as session:
            promoted = promoted_model(session)
            return promoted is not None and watched_until(session, self.settings, promoted) > now
