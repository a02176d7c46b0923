"""Who waits for work to be done: one line a kind of work, so that a slow kind holds up no other, none without end.

It knows the event loop and no endpoint. Who came first is first. Who has waited for most of a second is served no more
and told to come again; in a flood not all at once, so that refusing takes no time from answering, and whoever was told
asks again no faster than that.
"""

import asyncio
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

DEADLINE_SECONDS = 0.75  # who has waited longer is served no more
REFUSED_A_SECOND = 100
TICK_SECONDS = 0.02
MOST_WAITING = 4_000
RETRY = {"Retry-After": "1"}
HUNG_UP = 499  # as servers call it in their logs; there is no such status, and nobody to read it
T = TypeVar("T")


class CallerGone(Exception):
    """Whoever asked has hung up: nobody is there to be answered."""


class Waiting:
    """One who waits; `turn` is done when it is theirs, or raises the refusal."""

    __slots__ = ("since", "turn")

    def __init__(self) -> None:
        self.since = time.monotonic()
        self.turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()


def too_many(kind: str) -> Problem:
    """The refusal, counted."""
    meters().refused.labels(kind).inc()
    return Problem("service", "more is asked than can be answered now", "Wait as Retry-After says.", 503, RETRY)


def nobody() -> Response:
    """For a caller who has hung up: what waits for an answer to be sent, and counts it, goes on."""
    return Response(status_code=HUNG_UP)


class Waitlist:
    """Those who wait for one kind of work, in order; only for the event loop it is first used in."""

    def __init__(self, kind: str, deadline_seconds: float = DEADLINE_SECONDS) -> None:
        self.kind, self.deadline_seconds = kind, deadline_seconds
        self._waiting: deque[Waiting] = deque()
        self._late: deque[Waiting] = deque()
        self._is_ticking = False

    def __len__(self) -> int:
        return len(self._waiting) + len(self._late)

    def join(self) -> Waiting:
        """The last in line; raises a `Problem` where the line is full."""
        if len(self) >= MOST_WAITING:
            raise too_many(self.kind)
        place = Waiting()
        self._waiting.append(place)
        if not self._is_ticking:
            self._is_ticking = True
            asyncio.get_running_loop().call_later(TICK_SECONDS, self._tick)
        return place

    def pop(self) -> Waiting | None:
        """The first who still waits and isn't late, None where nobody is."""
        self._part_with_late()
        while self._waiting:
            first = self._waiting.popleft()
            if not first.turn.done():
                return first
        return None

    def _part_with_late(self) -> None:
        now = time.monotonic()
        while self._waiting and now - self._waiting[0].since > self.deadline_seconds:
            self._late.append(self._waiting.popleft())

    def _tick(self) -> None:
        """Refuses some of the late; as long as anybody waits there is a next time."""
        self._part_with_late()
        for _ in range(min(round(REFUSED_A_SECOND * TICK_SECONDS), len(self._late))):
            late = self._late.popleft()
            if not late.turn.done():
                late.turn.set_exception(too_many(self.kind))
        self._is_ticking = bool(len(self))
        if self._is_ticking:
            asyncio.get_running_loop().call_later(TICK_SECONDS, self._tick)


class Line:
    """At most `seats` at work; only for the event loop it is first used in."""

    def __init__(self, kind: str, seats: int) -> None:
        self._free = seats
        self._waiting = Waitlist(kind)
        self._threads = ThreadPoolExecutor(seats, thread_name_prefix=kind)

    async def enter(self, receive: Receive) -> None:
        """Returns with a seat, to be given back by `leave`; the body of the request has been read.

        Raises a `Problem` where the seat does not come in time, and `CallerGone` when the caller has hung up meanwhile.
        """
        if self._free:
            self._free -= 1
            return
        place = self._waiting.join()
        try:
            await place.turn
            has_gone = await _has_hung_up(receive)
        except asyncio.CancelledError:
            if place.turn.done() and not place.turn.cancelled() and place.turn.exception() is None:
                self.leave()
            raise
        if has_gone:
            self.leave()
            raise CallerGone

    def leave(self) -> None:
        """The seat is the next one's."""
        following = self._waiting.pop()
        if following is None:
            self._free += 1
        else:
            following.turn.set_result(None)

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


async def _has_hung_up(receive: Receive) -> bool:
    """Whether the server says so now; nothing else is left to be received."""
    message = asyncio.ensure_future(receive())
    await asyncio.sleep(0)
    if not message.done():
        message.cancel()
        return False
    return bool(message.result()["type"] == "http.disconnect")
