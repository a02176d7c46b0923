"""Reads ahead: while one batch is worked on, a thread makes the next ready."""

from collections.abc import Iterator
from dataclasses import dataclass
from queue import Queue
from typing import TypeVar

from recommender.utils.background_worker import BackgroundWorker

T = TypeVar("T")
_DEPTH = 2


@dataclass(frozen=True, slots=True)
class _End:
    error: BaseException | None = None


def prefetch(source: Iterator[T]) -> Iterator[T]:
    """The same values as `source`, made in a thread of their own; what it raises is raised here."""
    queue: Queue[T | _End] = Queue(_DEPTH)

    def fill() -> None:
        try:
            for value in source:
                queue.put(value)
                if reader.is_stopping:
                    return
            queue.put(_End())
        except BaseException as error:  # it belongs to who reads the queue
            queue.put(_End(error))

    reader = BackgroundWorker("read-ahead", fill)
    reader.start()
    try:
        while not isinstance(item := queue.get(), _End):
            yield item
        if item.error is not None:
            raise item.error
    finally:
        reader.end()
        while reader.is_running:
            while not queue.empty():
                queue.get_nowait()
            reader.join(0.01)
