"""Who waits for this worker, for whatever should give way to them or be ready for them. It knows a clock and names."""

import threading
import time
from collections import OrderedDict

BUSY_SECONDS = 0.5  # after the last request that took more than a look
WINDOW_SECONDS = 0.5  # in which questions are counted
LATELY_SECONDS = 900.0
MOST_NAMES = 10_000
BUSY_RATE = 1_000  # questions a second that leave a worker's machine no core to spare


class Traffic:
    """Safe to use from several threads."""

    def __init__(self) -> None:
        self._last = float("-inf")
        self._since, self._questions, self._a_second = time.monotonic(), 0, 0.0
        self._asked: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()

    def came(self) -> None:
        """Somebody waits for an answer that takes a while."""
        self._last = time.monotonic()

    @property
    def busy(self) -> bool:
        """Whether so many ask, or somebody waits so long, that work nobody waits for should rest."""
        now = time.monotonic()
        saturated = self._a_second > BUSY_RATE and now - self._since < 2 * WINDOW_SECONDS
        return saturated or now - self._last < BUSY_SECONDS

    def note_request(self, user_id: str | None) -> None:
        """A shopper, or somebody unknown, wants to see a list."""
        with self._lock:
            now = time.monotonic()
            if now - self._since > WINDOW_SECONDS:
                self._a_second, self._since, self._questions = self._questions / (now - self._since), now, 0
            self._questions += 1
            if user_id is None:
                return
            self._asked[user_id] = now
            self._asked.move_to_end(user_id)
            if len(self._asked) > MOST_NAMES:
                self._asked.popitem(last=False)

    def is_recently_active(self, user_id: str) -> bool:
        """Whether the shopper is looking at lists: they will want the next one."""
        return time.monotonic() - self._asked.get(user_id, float("-inf")) < LATELY_SECONDS

    def forget(self, user_id: str) -> None:
        """Drops that this shopper ever asked."""
        with self._lock:
            self._asked.pop(user_id, None)

    def users(self) -> set[str]:
        """The shoppers who asked for a list, the latest `MOST_NAMES` at most, however long ago."""
        with self._lock:
            return set(self._asked)
