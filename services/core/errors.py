"""What a caller is told when a request can't be answered: which field, what is wrong with it, what to do.

One shape for every refusal, `{"error": {"field", "message", "remedy"}}`. BentoML answers a body that fails its model
in a shape of its own; `ProblemMiddleware` turns that into ours, and refuses bodies it would choke on.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.core.body import MAX_BODY_BYTES, limit_of

DEFAULT_REMEDY = "Correct the field; /docs shows what each endpoint takes."
REMEDIES = {
    "missing": "Add the field.",
    "extra_forbidden": "Leave the field out, or check its spelling; /docs lists the fields.",
    "json_invalid": "Send one JSON object, in UTF-8.",
    "string_too_long": "Send a shorter text.",
    "too_long": "Send fewer of them.",
    "too_short": "Send at least one.",
    "int_parsing": "Give a whole number.",
    "timezone_aware": "Give the time a zone, e.g. 2026-03-01T12:00:00Z.",
}


class Problem(Exception):
    """A request that can't be answered, for a reason its sender should know."""

    def __init__(
        self,
        field: str,
        message: str,
        remedy: str = DEFAULT_REMEDY,
        status: int = 422,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.field, self.message, self.remedy, self.status = field, message, remedy, status
        self.headers = headers or ({"Retry-After": "2"} if status in (503, 504) else None)

    def response(self) -> Response:
        """The refusal as it is sent: its status and headers, and the three fields under `error` in JSON."""
        error = {"field": self.field, "message": self.message, "remedy": self.remedy}
        return Response(orjson.dumps({"error": error}), self.status, self.headers, "application/json")


def field_name(location: Sequence[str | int]) -> str:
    """`("events", 0, "item_id")` as people write it: `events[0].item_id`."""
    name = ""
    for part in location:
        name += f"[{part}]" if isinstance(part, int) else f".{part}" if name else str(part)
    return name or "body"


def _translated(status: int, body: bytes) -> Problem:
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        answer = {}
    details = answer.get("detail") if isinstance(answer, dict) else None
    if isinstance(details, list) and details:
        return invalid(details, status)
    return too_late() if status == 504 else failed(status)


def invalid(details: Sequence[Mapping[str, Any]], status: int = 400) -> Problem:
    """What pydantic says of a body that doesn't fit its model: the first of it, and how much more there is."""
    first = details[0]
    message = first["msg"] if len(details) == 1 else f"{first['msg']} (and {len(details) - 1} more)"
    return Problem(field_name(first["loc"]), message, REMEDIES.get(first["type"], DEFAULT_REMEDY), status)


class ProblemMiddleware:
    """Gives BentoML's own refusals our shape, and refuses what it shouldn't read at all.

    It looks at POSTs to `paths` only; an answer below 400 passes through untouched.
    """

    def __init__(self, app: ASGIApp, paths: frozenset[str]) -> None:
        self.app = app
        self.paths = paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] not in self.paths or scope["method"] != "POST":
            await self.app(scope, receive, send)
            return
        refusal = unreadable(Headers(scope=scope), limit_of(scope["path"]))
        if refusal is not None:
            await refusal.response()(scope, receive, send)
            return
        await self.app(scope, _limited(receive, limit_of(scope["path"])), _Translator(scope, receive, send))


def unreadable(headers: Headers, limit: int = MAX_BODY_BYTES) -> Problem | None:
    """Why a body can't be read, by what its request's headers say of it; None where it can."""
    kind = headers.get("content-type", "").split(";")[0].strip().lower()
    if kind != "application/json":
        return Problem("Content-Type", f"{kind!r} is not read here", "Send application/json.", 415)
    length = headers.get("content-length", "0")
    if length.isdecimal() and int(length) > limit:
        return too_long(limit)
    return None


def readable(scope: Scope) -> bool:
    """Whether a request's headers say that its body can be read here."""
    return unreadable(Headers(scope=scope), limit_of(scope["path"])) is None


def too_long(limit: int = MAX_BODY_BYTES) -> Problem:
    """The refusal (413) of a body of more than `limit` bytes."""
    return Problem("body", f"more than {limit} bytes", "Send it in smaller parts.", 413)


def too_late() -> Problem:
    """The refusal (504) of a request whose answer took longer than it may."""
    return Problem("body", "the answer took too long", "Ask again; see /metrics if it goes on.", 504)


def failed(status: int = 500) -> Problem:
    """What is said of a failure of the service's own; its reason stands in the log alone."""
    return Problem("body", "the service failed to answer", "Ask again; the reason is in the service's log.", status)


def _limited(receive: Receive, limit: int) -> Receive:
    """A body sent in chunks is cut where it grows too long; what is left of it is no JSON and is refused as such."""
    seen = 0

    async def limited() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > limit:
            return {"type": "http.request", "body": b"", "more_body": False}
        return message

    return limited


class _Translator:
    """A `send` that holds back a foreign error answer until its body is whole, and sends ours instead."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope, self.receive, self.send = scope, receive, send
        self.held: Message | None = None
        self.body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] >= 400:
            self.held = message
        elif self.held is None:
            await self.send(message)
        else:
            self.body += message.get("body", b"")
            if not message.get("more_body", False):
                await self._finish(self.held)

    async def _finish(self, start: Message) -> None:
        if self.body.startswith(b'{"error":{"field"'):
            await self.send(start)
            await self.send({"type": "http.response.body", "body": self.body})
        else:
            await _translated(start["status"], self.body).response()(self.scope, self.receive, self.send)
