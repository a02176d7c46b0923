"""Counts what models answer, and writes it down for all workers' sake.

Requests add to sums in memory; the watcher's thread writes them. It knows sums and the clock.
"""

import threading
import uuid
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from recommender.db.engine import writing
from recommender.release.counts import Counts, Key, keep_counts, trim_counts
from services.core.metrics import meters

NOT_THE_MODELS = frozenset(
    {"database", "online_store", "llm", "encoder", "language"}
)  # parts that are away for every model
CURRENT, CANARY, SHADOW = "current", "canary", "shadow"


class ReleaseCounter:
    """`made`, `failed` and `dropped` are called on the request path."""

    def __init__(self, engine: Engine, slow_seconds: float) -> None:
        self.engine, self.slow_seconds = engine, slow_seconds
        self.worker = uuid.uuid4().hex
        self._sums: dict[Key, Counts] = {}
        self._unwritten: set[Key] = set()
        self._trimmed: datetime | None = None
        self._lock = threading.Lock()

    def made(self, model_version: str, role: str, seconds: float, degraded: set[str], overlap: float = 0.0) -> None:
        """An answer that was made to its end."""
        lacking = bool(degraded - NOT_THE_MODELS)
        meters().release_answers.labels(role, "degraded" if lacking else "whole").inc()
        more = Counts(answers=1, degraded=int(lacking), slow=int(seconds > self.slow_seconds), overlap=overlap)
        more.took(seconds)
        self._add(model_version, role, more)

    def failed(self, model_version: str, role: str, seconds: float) -> None:
        """One that the model could not make."""
        meters().release_answers.labels(role, "error").inc()
        self._add(model_version, role, Counts(answers=1, errors=1, slow=int(seconds > self.slow_seconds)))

    def dropped(self, model_version: str) -> None:
        """An answer that the shadow had no time to score."""
        meters().release_answers.labels(SHADOW, "dropped").inc()
        self._add(model_version, SHADOW, Counts(dropped=1))

    def _add(self, model_version: str, role: str, more: Counts) -> None:
        key = (model_version, role, datetime.now(UTC).replace(second=0, microsecond=0))
        with self._lock:
            self._sums.setdefault(key, Counts()).add(more)
            self._unwritten.add(key)

    def write(self, now: datetime) -> None:
        """Brings the table up to what was counted; what it doesn't take now, it is given the next time."""
        with self._lock:
            keys = sorted(self._unwritten)
            rows = [(key, Counts()) for key in keys]
            for key, copied in rows:
                copied.add(self._sums[key])
            self._unwritten.clear()
        try:
            if rows or self._is_trim_due(now):
                with writing(self.engine) as session:
                    keep_counts(session, self.worker, rows)
                    if self._is_trim_due(now):
                        trim_counts(session, now)
                        self._trimmed = now
        except Exception:
            with self._lock:
                self._unwritten.update(keys)
            raise
        self._forget(now)

    def _is_trim_due(self, now: datetime) -> bool:
        return self._trimmed is None or now - self._trimmed > timedelta(hours=6)

    def _forget(self, now: datetime) -> None:
        """Minutes that are over and written."""
        with self._lock:
            old = [key for key in self._sums if key[2] < now - timedelta(minutes=2) and key not in self._unwritten]
            for key in old:
                del self._sums[key]
