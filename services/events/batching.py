"""Work that costs little more for many than for one: who comes while a round is on is taken along by the next.

It knows threads and questions, and nothing of what is asked.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Question = TypeVar("Question")
Answer = TypeVar("Answer")


@dataclass(slots=True)
class Rounds(Generic[Question, Answer]):
    """`work` answers the questions in their order, one by an exception where that one alone can't be answered.

    When `work` itself raises, each request is asked again by itself: one must not spoil it for the others.
    """

    work: Callable[[Sequence[Question]], Sequence[Answer | Exception]]
    _waiting: list[tuple[Question, "Future[Answer]"]] = field(default_factory=list)
    _queue: threading.Lock = field(default_factory=threading.Lock)
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def ask(self, request: Question) -> Answer:
        """Waits for the round that is on, if any, then answers everybody who waits."""
        future: Future[Answer] = Future()
        with self._queue:
            self._waiting.append((request, future))
        with self._turn:
            if not future.done():  # by the round that was waited for
                with self._queue:
                    taken, self._waiting = self._waiting, []
                self._answer(taken)
        return future.result()

    def _answer(self, taken: list[tuple[Question, "Future[Answer]"]]) -> None:
        try:
            answers = self.work([request for request, _ in taken])
        except Exception as failure:
            if len(taken) == 1:
                taken[0][1].set_exception(failure)
            else:
                for one in taken:
                    self._answer([one])
            return
        for (_, theirs), answer in zip(taken, answers, strict=True):
            if isinstance(answer, Exception):
                theirs.set_exception(answer)
            else:
                theirs.set_result(answer)
