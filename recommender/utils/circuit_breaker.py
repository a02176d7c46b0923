"""Keeps a part that is away from slowing every answer: after a failure it is left alone for a moment."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

STRIKES = 3  # failures in a row that each might have been one caller's bad luck


class Away(Exception):
    """The part can't be used now."""


class Breaker:
    """Guards calls to one part (`failures` are the exceptions that mean it is away).

    After a failure nobody tries for `pause_seconds`, then one caller alone: a part that hangs holds up no more than
    that one. A failure that `passes` by itself (a lock that another holds) counts when it is the third in a row.
    """

    def __init__(
        self,
        part: str,
        failures: tuple[type[Exception], ...],
        pause_seconds: float = 3.0,
        passes: Callable[[Exception], bool] = lambda failure: False,
    ) -> None:
        self.part, self.failures, self.pause_seconds, self.passes = part, failures, pause_seconds, passes
        self._closed_until = 0.0
        self._strikes = 0
        self._trying = False
        self._lock = threading.Lock()

    @property
    def open(self) -> bool:
        """Whether the part is worth a try."""
        return time.monotonic() >= self._closed_until

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Raises `Away` at once while the part is left alone, and when the block fails for its absence."""
        alone = self._begin()
        try:
            yield
        except self.failures as failure:
            self._failed(failure)
            raise Away(self.part) from failure
        else:
            self._closed_until, self._strikes = 0.0, 0
        finally:
            if alone:
                self._trying = False

    def _begin(self) -> bool:
        """Whether this call is the one that tries whether the part is back."""
        with self._lock:
            if self._closed_until == 0.0:
                return False
            if self._trying or not self.open:
                raise Away(self.part)
            self._trying = True
            return True

    def _failed(self, failure: Exception) -> None:
        self._strikes += 1
        if self._strikes >= STRIKES or self._closed_until or not self.passes(failure):
            self._closed_until = time.monotonic() + self.pause_seconds
