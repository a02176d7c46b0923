"""Keeps a part that is away from slowing every answer: after a failure it is left alone for a moment."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Away(Exception):
    """The part can't be used now."""


class Breaker:
    """Guards calls to one part (`failures` are the exceptions that mean it is away)."""

    def __init__(self, part: str, failures: tuple[type[Exception], ...], pause_seconds: float = 3.0) -> None:
        self.part, self.failures, self.pause_seconds = part, failures, pause_seconds
        self._closed_until = 0.0

    @property
    def open(self) -> bool:
        """Whether the part is worth a try."""
        return time.monotonic() >= self._closed_until

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Raises `Away` at once while the part is left alone, and when the block fails for its absence."""
        if not self.open:
            raise Away(self.part)
        try:
            yield
        except self.failures as failure:
            self._closed_until = time.monotonic() + self.pause_seconds
            raise Away(self.part) from failure
