"""Who waits for work to be done: one line a kind of work, so that a slow kind holds up no other, none without end.

It knows the event loop and no endpoint. While little is waiting, who came first is first. When more comes than can be
done, the latest are served, who are still there, and those who waited for about a second are told to come again.
"""

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

from starlette.responses import Response
from starlette.types import Receive

from services.core.errors import Problem
from services.core.metrics import meters

CALM_SECONDS = 0.1  # as long as nobody waits longer, it is no flood
LONGEST_SECONDS = 1.0
MOST_WAITING = 4_000
RETRY = {"Retry-After": "1"}
HUNG_UP = 499  # as servers call it in their logs; there is no such status, and nobody to read it
T = TypeVar("T")


class Gone(Exception):
    """Whoever asked has hung up: nobody is there to be answered."""


class Waiting:
    """One who waits; `turn` is done when it is theirs."""

    __slots__ = ("since", "turn")

    def __init__(self) -> None:
        self.since = time.monotonic()
        self.turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()


def next_of(waiting: deque[Waiting], calm_seconds: float) -> Waiting:
    """The first, or in a flood the last who came."""
    flooded = time.monotonic() - waiting[0].since > calm_seconds
    return waiting.pop() if flooded else waiting.popleft()


def too_many(kind: str) -> Problem:
    """The refusal, counted."""
    meters().refused.labels(kind).inc()
    return Problem("service", "more is asked than can be answered now", "Wait as Retry-After says.", 503, RETRY)


def nobody() -> Response:
    """For a caller who has hung up: what waits for an answer to be sent, and counts it, goes on."""
    return Response(status_code=HUNG_UP)


class Line:
    """At most `seats` at work; only for the event loop it is first used in."""

    def __init__(self, kind: str, seats: int, calm_seconds: float = CALM_SECONDS) -> None:
        self.kind, self.calm_seconds = kind, calm_seconds
        self._free = seats
        self._waiting: deque[Waiting] = deque()
        self._threads = ThreadPoolExecutor(seats, thread_name_prefix=kind)

    async def enter(self, receive: Receive) -> None:
        """Returns with a seat, to be given back by `leave`; the body of the request has been read.

        Raises a `Problem` after about a second, and `Gone` when the caller hangs up meanwhile.
        """
        if self._free:
            self._free -= 1
            return
        if len(self._waiting) >= MOST_WAITING:
            raise too_many(self.kind)
        mine = Waiting()
        self._waiting.append(mine)
        gone = asyncio.ensure_future(_hung_up(receive))
        longest = LONGEST_SECONDS * random.uniform(0.8, 1.2)  # noqa: S311 (not all who came together leave together)
        try:
            await asyncio.wait({mine.turn, gone}, timeout=longest, return_when=asyncio.FIRST_COMPLETED)
        except BaseException:
            self._give_up(mine)
            raise
        finally:
            gone.cancel()
        if gone.done() and not gone.cancelled():
            self._give_up(mine)
            raise Gone
        if not mine.turn.done():
            self._give_up(mine)
            raise too_many(self.kind)

    def leave(self) -> None:
        """The seat is the next one's."""
        while self._waiting:
            following = next_of(self._waiting, self.calm_seconds)
            if not following.turn.done():
                following.turn.set_result(None)
                return
        self._free += 1

    async def work(self, receive: Receive, work: Callable[[], T], seconds: float) -> T:
        """Does it on a thread when it is its turn. The seat is taken until the thread ends, whoever still waits."""
        await self.enter(receive)
        try:
            task = asyncio.get_running_loop().run_in_executor(self._threads, copy_context().run, work)
        except BaseException:
            self.leave()
            raise
        task.add_done_callback(self._done)
        return await asyncio.wait_for(asyncio.shield(task), seconds)

    def _done(self, task: "asyncio.Future[T]") -> None:
        self.leave()
        if not task.cancelled():
            task.exception()  # told to whoever waits; if nobody does, nobody asks for it

    def _give_up(self, mine: Waiting) -> None:
        if mine.turn.done():
            self.leave()
        else:
            mine.turn.cancel()
            self._waiting.remove(mine)


async def _hung_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
