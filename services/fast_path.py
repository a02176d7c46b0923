"""The quick way to an answer: `/recommend` and `/events` are answered here, which spares the way to their endpoints.

An ASGI middleware. What it sends is what the endpoint would send. A `/recommend` whose list is ready is answered there
and then, in the event loop, which never waits: what takes longer, and a store on another machine, is asked on a thread,
each kind in a line of its own.
What can't be read goes on to the endpoint, which says what is wrong with it.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import structlog
from pydantic import ValidationError
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from services.core.body import limit_of, read_body, replay_body
from services.core.errors import Problem, failed, readable, too_late, too_long
from services.core.event_loop_turns import Turns
from services.core.work_queues import CallerGone, Line, nobody
from services.schemas.events import BulkEventsRequest, EventsRequest
from services.schemas.recommend import RecommendRequest

if TYPE_CHECKING:  # the process that starts the workers answers nothing
    from services.events.bulk import BulkIntake
    from services.events.ingest import Intake
    from services.recommend.service import RecommendService

log = structlog.get_logger(__name__)
AnyRequest = RecommendRequest | EventsRequest | BulkEventsRequest
QUESTIONS: dict[str, type[AnyRequest]] = {"/recommend": RecommendRequest, "/events": EventsRequest}
JSON = "application/json"
BULKS = 1  # of events at a time: each takes its turns with what shoppers do
LOOKS = 8  # at most into an online store on another machine at a time: they wait, and leave the processor to others


@dataclass(frozen=True, slots=True)
class Running:
    """What answers in a running service. `inline`: the online store is read without waiting for another machine."""

    answers: "RecommendService"
    intake: "Intake"
    inline: bool

    @property
    def bulk_intake(self) -> "BulkIntake":
        """Takes a server's many events by the same intake."""
        from services.events.bulk import BulkIntake

        return BulkIntake(self.intake)


@dataclass(slots=True)
class Ready:
    """The running service; None until it runs."""

    running: Running | None = None

    def open(self, answers: "RecommendService", intake: "Intake") -> None:
        """These answer from here on; whether the event loop may read the online store depends on which store it is."""
        from features.online import reads_at_once

        self.running = Running(answers, intake, reads_at_once())


class FastPath:
    """Answers with at most `threads` at work for each kind, each within `seconds`."""

    def __init__(self, app: ASGIApp, ready: Ready, threads: int, seconds: float) -> None:
        self.app, self.ready, self.seconds = app, ready, seconds
        self._turns, self._prompt = Turns("lists"), False
        self._lists, self._events, self._looks = Line("lists", threads), Line("events", threads), Line("looks", LOOKS)
        self._bulk = Line("bulk", BULKS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        ours = scope["type"] == "http" and scope["path"] in QUESTIONS and scope["method"] == "POST"
        running = self.ready.running
        if ours and running is not None and readable(scope):
            body = await read_body(receive, limit_of(scope["path"]))
            if body is None:
                await too_long(limit_of(scope["path"])).response()(scope, receive, send)
                return
            request = _read(QUESTIONS[scope["path"]], body) or (
                _read_bulk(body) if scope["path"] == "/events" else None
            )
            if request is not None:
                await (await self._response(running, request, receive))(scope, receive, send)
                return
            receive = replay_body(body, receive)
        await self.app(scope, receive, send)

    async def _response(self, running: Running, request: AnyRequest, receive: Receive) -> Response:
        try:
            return Response(await self._answer(running, request, receive), media_type=JSON)
        except Problem as problem:
            return problem.response()
        except CallerGone:
            return nobody()
        except TimeoutError:
            return too_late().response()
        except Exception:  # whatever it is, the caller gets an answer of our shape
            log.exception("a request could not be answered")
            return failed().response()

    async def _answer(self, running: Running, request: AnyRequest, receive: Receive) -> bytes:
        answers, mark, now = running.answers, None, datetime.now(UTC)
        if isinstance(request, BulkEventsRequest):
            return await self._bulk.work(
                receive, lambda: running.bulk_intake.take_json(request.events, now), self.seconds
            )
        if isinstance(request, EventsRequest):
            return await self._events.work(receive, lambda: running.intake.take_json(request.events, now), self.seconds)
        await self._turns.begin()
        if request.user_id is not None:
            read = partial(answers.shoppers.mark, request.user_id)
            if running.inline and not self._prompt:
                from features.online import never_wait

                self._prompt = True
                never_wait()
            mark = read() if running.inline else await self._looks.work(receive, read, self.seconds)
        ready = answers.at_once(request, mark, now)
        if ready is not None:
            return ready
        return await self._lists.work(receive, lambda: answers.made_json(request, mark, now), self.seconds)


def _read(kind: type[AnyRequest], body: bytes) -> AnyRequest | None:
    try:
        return kind.model_validate_json(body)
    except ValidationError:
        return None


def _read_bulk(body: bytes) -> BulkEventsRequest | None:
    try:
        request = BulkEventsRequest.model_validate_json(body)
    except ValidationError:
        return None
    return request if request.is_meant else None
