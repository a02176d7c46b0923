"""Reads ahead: while one batch is worked on, a thread makes the next ready."""

from collections.abc import Iterator
from dataclasses import dataclass
from queue import Queue
from threading import Event, Thread
from typing import TypeVar

T = TypeVar("T")
_DEPTH = 2


@dataclass(frozen=True, slots=True)
class _End:
    error: BaseException | None = None


def read_ahead(source: Iterator[T]) -> Iterator[T]:
    """The same values as `source`, made in a thread of their own; what it raises is raised here."""
    queue: Queue[T | _End] = Queue(_DEPTH)
    stopped = Event()

    def fill() -> None:
        try:
            for value in source:
                queue.put(value)
                if stopped.is_set():
                    return
            queue.put(_End())
        except BaseException as error:  # it belongs to who reads the queue
            queue.put(_End(error))

    thread = Thread(target=fill, daemon=True, name="read-ahead")
    thread.start()
    try:
        while not isinstance(item := queue.get(), _End):
            yield item
        if item.error is not None:
            raise item.error
    finally:
        stopped.set()
        while thread.is_alive():
            while not queue.empty():
                queue.get_nowait()
            thread.join(0.01)
