"""An ASGI middleware: a span for each request, from its arrival to the last byte of its answer.

It knows addresses' templates and headers. Without traces a request passes by.
"""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from recommender.tracing import annotate, is_tracing, request_span
from services.http.permissions import rule_of

LONGEST_ID = 100  # characters that are kept of a caller's X-Request-Id
REQUEST_ID, TRACE_PARENT = b"x-request-id", b"traceparent"


class RequestTraces:
    """Opens the span that all others of a request are parts of."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not is_tracing():
            await self.app(scope, receive, send)
            return

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                annotate(http__response__status_code=message["status"])
            await send(message)

        headers, route = dict(scope["headers"]), rule_of(scope["path"])[0]
        known = {"http__request__method": scope["method"], "http__route": route}
        if (request_id := headers.get(REQUEST_ID, b"").decode("latin-1")[:LONGEST_ID]) and request_id.isprintable():
            known["request_id"] = request_id
        parent = {"traceparent": headers[TRACE_PARENT].decode("latin-1")} if TRACE_PARENT in headers else {}
        with request_span(f"{scope['method']} {route}", parent, **known):
            await self.app(scope, receive, noted)
