"""An ASGI middleware: each kind of work that BentoML's endpoints and the pages do has its line, and its time.

What `fast_path` answers has lines of its own there. What is public and cheap has none.
"""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.core.body import limit_of, read_body, replay_body
from services.core.errors import Problem, too_late, too_long
from services.core.work_queues import CallerGone, Line, nobody
from services.http.permissions import rule_of

SEATS = {"search": 3, "shoppers": 3, "words": 16, "pages": 3, "catalogue": 2}  # of a worker
API_THREADS = SEATS["search"] + SEATS["shoppers"]  # on which BentoML calls endpoints: none waits for a thread
KINDS = {
    "/search": "search",
    "/similar": "search",
    "/profile": "shoppers",
    "/profile/mute": "shoppers",
    "/profile/remove_event": "shoppers",
    "/profile/consent": "shoppers",
    "/profile/export": "shoppers",
    "/profile/erase": "shoppers",
    "/offers": "shoppers",
    "/recommend": "search",  # what `fast_path` could not read: it is refused by the endpoint
    "/events": "search",
    "/explain": "words",
    "/assistant": "words",
    "/items": "catalogue",
    "/items/{item_id*}/aliases": "catalogue",
    "/items/{item_id*}/similar": "search",
    "/items/{item_id*}": "pages",
    "/users": "catalogue",
    "/": "pages",
    "/act": "pages",
    "/ask": "pages",
    "/mine/{deed}": "pages",
    "/operations": "pages",
    "/operations/{run_id}": "pages",
    "/campaigns/{campaign_id}/audience": "pages",
    "/reports/{path*}": "pages",
}


class Shedding:
    """Passes a request on when it is its turn; who hung up before that is dropped."""

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self.app, self.seconds = app, seconds
        self._lines = {kind: Line(kind, seats) for kind, seats in SEATS.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = KINDS.get(rule_of(scope["path"])[0]) if scope["type"] == "http" else None
        if kind is None:
            await self.app(scope, receive, send)
            return
        body = await read_body(receive, limit_of(scope["path"]))
        if body is None:
            await too_long(limit_of(scope["path"])).response()(scope, receive, send)
            return
        line = self._lines[kind]
        try:
            await line.enter(receive)
        except Problem as problem:
            await problem.response()(scope, receive, send)
            return
        except CallerGone:
            await nobody()(scope, receive, send)
            return
        try:
            await self._in_time(scope, replay_body(body, receive), send)
        finally:
            line.leave()

    async def _in_time(self, scope: Scope, receive: Receive, send: Send) -> None:
        """An answer that has begun may take its time."""
        try:
            async with asyncio.timeout(self.seconds) as limit:

                async def begun(message: Message) -> None:
                    if message["type"] == "http.response.start":
                        limit.reschedule(None)
                    await send(message)

                await self.app(scope, receive, begun)
        except TimeoutError:
            if limit.expired():
                await too_late().response()(scope, receive, send)
            else:
                raise
