"""What the watcher's last round found: readiness goes by it.

It knows names of parts and a clock. A part that fails at once is said at once; one that hangs is known by a round that
doesn't end.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import structlog

log = structlog.get_logger(__name__)
LONGEST_ROUND = 120.0  # seconds: a model of a million items is read in less


@dataclass(slots=True)
class Health:
    """Written by the watcher's thread, read by whoever asks whether the worker is ready."""

    clock: Callable[[], float] = time.monotonic
    failures: dict[str, str] = field(default_factory=dict)
    _began_at: float | None = None

    @contextmanager
    def round(self) -> Iterator[None]:
        """A block that is one round of the watch; when it takes longer than `LONGEST_ROUND`, `reason` says so."""
        self._began_at = self.clock()
        try:
            yield
        finally:
            self._began_at = None

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Whatever fails in the block is said and noted; the round goes on."""
        try:
            yield
        except Exception as failure:
            self.note(name, str(failure).partition("\n")[0] or type(failure).__name__, unexpected=True)
        else:
            self.failures.pop(name, None)

    def note(self, name: str, reason: str, unexpected: bool = False) -> None:
        """A failure is logged once, not at every look."""
        if self.failures.get(name) != reason:
            log.error("a part of the watch fails", part=name, reason=reason, exc_info=unexpected)
        self.failures[name] = reason

    def clear(self, name: str) -> None:
        """A part works again: whatever was noted of it no longer counts."""
        self.failures.pop(name, None)

    @property
    def reason(self) -> str | None:
        """Why the worker isn't to be trusted with new callers; None when it is."""
        if self._began_at is not None and self.clock() - self._began_at > LONGEST_ROUND:
            return "the watch over the shop hangs"
        return "; ".join(f"{name}: {reason}" for name, reason in self.failures.items()) or None
