"""Cross-origin requests (CORS): preflights are answered here, and allowed origins are named in the answers.

An ASGI middleware around the gate. A preflight carries no key: it is answered for the origins of the settings and for
those that any live key names. Which origin the request itself may come from follows from its key, and the gate says it
by `note_origin`. Cookies are no part of it: no answer allows credentials.
"""

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.core.errors import Problem
from services.http.auth import Door
from services.http.origins import allowed_origin

METHODS = ("GET", "POST")
HEADERS = ("Accept", "Accept-Language", "Authorization", "Content-Language", "Content-Type", "If-None-Match")
EXPOSED = "Retry-After, ETag"
PREFLIGHT_SECONDS = 600
PREFLIGHT_VARY = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
_LOWER = frozenset(name.lower() for name in HEADERS)


class Cors:
    """`origins` are those of the settings, whose pages may use every key that names no origins of its own."""

    def __init__(self, app: ASGIApp, door: Door, origins: frozenset[str]) -> None:
        self.app, self.door, self.origins = app, door, origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope) if scope["type"] == "http" else None
        origin = headers.get("origin") if headers is not None else None
        if headers is None or origin is None:
            await self.app(scope, receive, send)
            return
        if scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            await (await self._preflight(headers, origin))(scope, receive, send)
            return

        async def with_origin(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._name_origin(scope, MutableHeaders(scope=message), origin)
            await send(message)

        await self.app(scope, receive, with_origin)

    def _name_origin(self, scope: Scope, headers: MutableHeaders, origin: str) -> None:
        if allowed_origin(scope, self.origins) == origin:
            headers["Access-Control-Allow-Origin"] = origin
            headers["Access-Control-Expose-Headers"] = EXPOSED
        headers.add_vary_header("Origin")

    async def _preflight(self, headers: Headers, origin: str) -> Response:
        try:
            if origin not in self.origins and not await self.door.is_named_by_key(origin):
                raise Problem(
                    "Origin",
                    "no key may be used by pages of this origin",
                    "Make a key for it, `zhiyin keys create --origin ORIGIN`, or name it in ZHIYIN_CORS_ORIGINS.",
                    403,
                )
            _check_request(headers)
        except Problem as problem:
            refused = problem.response()
            refused.headers["Vary"] = PREFLIGHT_VARY
            return refused
        return PlainTextResponse(
            "OK",
            headers={
                "Access-Control-Allow-Origin": origin,
                "Access-Control-Allow-Methods": ", ".join(METHODS),
                "Access-Control-Allow-Headers": ", ".join(HEADERS),
                "Access-Control-Max-Age": str(PREFLIGHT_SECONDS),
                "Vary": PREFLIGHT_VARY,
            },
        )


def _check_request(headers: Headers) -> None:
    if headers["access-control-request-method"] not in METHODS:
        raise Problem("Access-Control-Request-Method", "pages may not use this method", "Use GET or POST.", 400)
    for name in headers.get("access-control-request-headers", "").split(","):
        if name.strip() and name.strip().lower() not in _LOWER:
            remedy = f"Send no headers but {', '.join(HEADERS)}."
            raise Problem("Access-Control-Request-Headers", "pages may not send one of these headers", remedy, 400)
