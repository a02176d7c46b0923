"""Whether somebody waits for this worker right now, for whatever should give way to them. It knows only a clock."""

import time
from dataclasses import dataclass

BUSY_SECONDS = 0.5  # after the last request that took more than a look


@dataclass(slots=True)
class Traffic:
    """`came` is called from any thread."""

    _last: float = float("-inf")

    def came(self) -> None:
        self._last = time.monotonic()

    @property
    def busy(self) -> bool:
        return time.monotonic() - self._last < BUSY_SECONDS
