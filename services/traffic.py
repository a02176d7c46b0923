"""Who waits for this worker, for whatever should give way to them or be ready for them. It knows a clock and names."""

import threading
import time
from collections import OrderedDict

BUSY_SECONDS = 0.5  # after the last request that took more than a look
LATELY_SECONDS = 900.0
MOST_NAMES = 10_000


class Traffic:
    """Safe to use from several threads."""

    def __init__(self) -> None:
        self._last = float("-inf")
        self._asked: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()

    def came(self) -> None:
        """Somebody waits for an answer that takes a while."""
        self._last = time.monotonic()

    @property
    def busy(self) -> bool:
        return time.monotonic() - self._last < BUSY_SECONDS

    def asked(self, user_id: str | None) -> None:
        """A shopper wants to see a list."""
        if user_id is None:
            return
        with self._lock:
            self._asked[user_id] = time.monotonic()
            self._asked.move_to_end(user_id)
            if len(self._asked) > MOST_NAMES:
                self._asked.popitem(last=False)

    def asked_lately(self, user_id: str) -> bool:
        """Whether the shopper is looking at lists: they will want the next one."""
        return time.monotonic() - self._asked.get(user_id, float("-inf")) < LATELY_SECONDS

    def forget(self, user_id: str) -> None:
        with self._lock:
            self._asked.pop(user_id, None)

    def users(self) -> set[str]:
        with self._lock:
            return set(self._asked)
