"""Turns for what is answered within the event loop: so much a pass, then the loop looks who else has come.

Without it a pass lasts as long as all who came ask for, and whoever comes meanwhile waits for all of it unseen.
"""

import asyncio
import time

from services.core.work_queues import Waitlist

PASS_SECONDS = 0.004
DEADLINE_SECONDS = 0.025  # what takes a fraction of a millisecond is refused rather than waited for much longer
WOKEN_A_PASS = 8


class Turns:
    """`begin` returns at once while there is time in this pass of the loop."""

    def __init__(self, kind: str) -> None:
        self._pass_began: float | None = None
        self._waiting = Waitlist(kind, DEADLINE_SECONDS)

    async def begin(self) -> None:
        """Raises a `Problem` where no turn comes in time."""
        now = time.monotonic()
        if self._pass_began is None:
            self._pass_began = now
            asyncio.get_running_loop().call_soon(self._next_pass)
        elif now - self._pass_began > PASS_SECONDS:
            await self._waiting.join().turn

    def _next_pass(self) -> None:
        self._pass_began = None
        for _ in range(WOKEN_A_PASS):
            following = self._waiting.pop()
            if following is None:
                return
            following.turn.set_result(None)
        self._pass_began = time.monotonic()
        asyncio.get_running_loop().call_soon(self._next_pass)
