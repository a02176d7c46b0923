"""Background work: one thread for each kind of it, started, stopped and kept from dying of an error alike."""

import threading
from collections.abc import Callable

import structlog

log = structlog.get_logger(__name__)
RETRY_SECONDS = 1.0


class BackgroundWorker:
    """A daemon thread that does one round after another until it is stopped.

    `round` returns the seconds to rest until the next round, or None to end. What it raises is logged, and the next
    round comes a second later. `condition` guards what callers hand over to the thread.
    """

    def __init__(self, name: str, round: Callable[[], float | None]) -> None:
        self.name, self.round = name, round
        self.condition = threading.Condition()
        self.is_stopping = False
        self._thread: threading.Thread | None = None

    @property
    def is_running(self) -> bool:
        """Whether it was started, and its thread has not ended."""
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        """Begins the first round on a new thread, and returns at once."""
        self._thread = threading.Thread(target=self._run, name=self.name, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Begins no further round, and ends the rest."""
        with self.condition:
            self.is_stopping = True
            self.condition.notify_all()

    def stop(self, seconds: float = 10) -> None:
        """The same, and waits so long for the round that is under way."""
        self.end()
        self.join(seconds)

    def join(self, seconds: float | None = None) -> None:
        """Waits so long (None: for ever) for its rounds to end by themselves."""
        if self._thread is not None:
            self._thread.join(seconds)

    def rest(self, seconds: float | None, until: Callable[[], bool] = lambda: False) -> bool:
        """Waits so long (None: for ever), but not beyond a stop, nor a notification on which `until` holds.

        Returns:
            Whether the worker is to end.
        """
        with self.condition:
            self.condition.wait_for(lambda: self.is_stopping or until(), seconds)
        return self.is_stopping

    def _run(self) -> None:
        while not self.is_stopping:
            try:
                seconds = self.round()
            except Exception:  # one round that fails must not end all others
                log.exception("a round of background work failed", worker=self.name)
                seconds = RETRY_SECONDS
            if seconds is None:
                return
            if seconds > 0:
                self.rest(seconds)
