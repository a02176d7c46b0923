"""Turns for what is answered within the event loop: so much a pass, then the loop looks who else has come.

Without it a pass lasts as long as all who came ask for, and whoever comes meanwhile waits for all of it unseen.
"""

import asyncio
import time
from collections import deque

from services.core.queues import LONGEST_SECONDS, MOST_WAITING, Waiting, next_of, too_many

PASS_SECONDS = 0.004
CALM_SECONDS = 0.01
WOKEN_A_PASS = 8


class Turns:
    """`begin` returns at once while there is time in this pass of the loop."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._pass_began: float | None = None
        self._waiting: deque[Waiting] = deque()

    async def begin(self) -> None:
        """Raises a `Problem` after about a second of waiting."""
        now = time.monotonic()
        if self._pass_began is None:
            self._pass_began = now
            asyncio.get_running_loop().call_soon(self._next_pass)
        elif now - self._pass_began > PASS_SECONDS:
            await self._wait()

    async def _wait(self) -> None:
        if len(self._waiting) >= MOST_WAITING:
            raise too_many(self.kind)
        mine = Waiting()
        self._waiting.append(mine)
        await mine.turn

    def _next_pass(self) -> None:
        self._pass_began = None
        now = time.monotonic()
        while self._waiting and now - self._waiting[0].since > LONGEST_SECONDS:
            late = self._waiting.popleft()
            if not late.turn.done():
                late.turn.set_exception(too_many(self.kind))
        for _ in range(min(WOKEN_A_PASS, len(self._waiting))):
            following = next_of(self._waiting, CALM_SECONDS)
            if not following.turn.done():
                following.turn.set_result(None)
        if self._waiting:
            self._pass_began = now
            asyncio.get_running_loop().call_soon(self._next_pass)
