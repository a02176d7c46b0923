"""The gate in front of every endpoint: who may pass, how often, and how many did.

An ASGI middleware. The rules are in `permissions`, keys in `api_keys`, rates in `rate_limit`; what lies behind it is
not its affair. With `ZHIYIN_AUTH=off` no key is asked for, but nobody passes who does not speak to this machine itself.
"""

import base64
import binascii
import time
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import orjson
from anyio import CapacityLimiter, to_thread
from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from recommender.auth.keys import Caller
from recommender.settings import Settings
from services.core.body import read_body, replay_body
from services.core.circuit_breaker import Away
from services.core.errors import Problem, too_long
from services.core.metrics import count_request
from services.http.api_keys import WITHOUT_KEY, Callers, now_asks
from services.http.key_origins import KeyOrigins
from services.http.origins import SAFE_METHODS, is_foreign, must_be_origin_of_key, must_not_be_foreign, note_origin
from services.http.permissions import PUBLIC, Rule, names_only, rule_of
from services.http.rate_limit import Limiter, loopback, network_of

LOCAL_CALLER = Caller(WITHOUT_KEY, "operator")  # who asks where no keys are asked for
STRANGER_RATE = 100.0  # keys that turn out to be bad, a second from one address
MOST_IN_LINE = 32  # strangers' keys that wait to be looked up, one at a time, for addresses that sent too many bad ones
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
SAFE = ((b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store"))


@dataclass(slots=True)
class Door:
    """What the gate needs of a running service; until `open` it lets nobody in."""

    settings: Settings | None = None
    callers: Callers | None = None
    limiter: Limiter = field(default_factory=Limiter)
    origins: KeyOrigins | None = None
    _line: CapacityLimiter | None = None
    _origins_line: CapacityLimiter | None = None

    @property
    def line(self) -> CapacityLimiter:
        """Where strangers' keys wait to be looked up one at a time; to be asked for in the event loop alone."""
        if self._line is None:  # made in the event loop it is for
            self._line = CapacityLimiter(1)
        return self._line

    def open(self, settings: Settings, callers: Callers) -> None:
        """Lets callers in by these settings and keys; each caller's rate is shared out among the service's workers."""
        self.limiter = Limiter(settings.service_workers)
        self.origins = KeyOrigins(callers.engine, callers.database)
        self.callers, self.settings = callers, settings

    async def is_named_by_key(self, origin: str) -> bool:
        """Whether any live key may be used by pages of `origin`; raises a `Problem` where nobody can say now."""
        if self.settings is None or self.origins is None:
            raise _starting()
        if self.settings.auth == "off":
            return False
        if (found := self.origins.remembered()) is None:
            if self._origins_line is None:  # made in the event loop it is for
                self._origins_line = CapacityLimiter(1)
            try:
                found = await to_thread.run_sync(self.origins.look_up, limiter=self._origins_line)
            except (Away, SQLAlchemyError):
                raise Problem("Origin", "keys can't be checked now", "Ask again in a moment.", 503) from None
        return origin in found


class Gate:
    """Refuses, or passes a request on with its `Caller` in the scope's state."""

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self.app, self.door = app, door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":  # no endpoint speaks anything else
            await send({"type": "websocket.close", "code": 1008})
            return
        began = time.perf_counter()
        template, rule = rule_of(scope["path"])
        counting = _Counting(send, scope["method"] not in SAFE_METHODS)
        try:
            receive = await self._admitted(scope, rule, receive)
            await self.app(scope, receive, counting)
        except Problem as problem:
            await problem.response()(scope, receive, counting)
        finally:
            count_request(template, counting.status, time.perf_counter() - began)

    async def _admitted(self, scope: Scope, rule: Rule, receive: Receive) -> Receive:
        """The request's `receive`, perhaps with its body read already; raises the `Problem` that refuses it."""
        if rule is PUBLIC and scope["method"] in SAFE_METHODS:
            return receive
        settings = self.door.settings
        if settings is None:
            raise _starting()
        if rule is PUBLIC or settings.auth == "off":
            must_not_be_foreign(scope, settings.allowed_origins)
        if rule is PUBLIC:
            return receive
        if settings.auth == "off":
            _check_loopback(scope)
            caller = LOCAL_CALLER
        else:
            await self._must_be_known_origin(scope, settings)
            caller = await self._caller(scope)
            must_be_origin_of_key(scope, caller.origins or settings.allowed_origins)
            self._check_request_rate(caller, settings)
        scope.setdefault("state", {})["caller"] = caller
        now_asks(caller)
        if rule.scopes is None or caller.scope in rule.scopes:
            return await self._about_oneself(scope, rule, caller, receive) if caller.scope == "shopper" else receive
        raise Problem("Authorization", f"a {caller.scope}'s key may not ask this", "Use a key that may.", 403)

    async def _must_be_known_origin(self, scope: Scope, settings: Settings) -> None:
        """Before any key is looked up: pages of origins that neither the settings nor a key names are refused."""
        allowed, headers = settings.allowed_origins, Headers(scope=scope)
        origin = headers.get("origin")
        is_new = origin is not None and origin not in allowed and is_foreign(headers)
        if origin is not None and is_new and await self.door.is_named_by_key(origin):
            allowed |= {origin}
        note_origin(scope, allowed)
        must_not_be_foreign(scope, allowed)

    async def _caller(self, scope: Scope) -> Caller:
        key, callers = shown_key(scope), self.door.callers
        if key is None or callers is None:
            raise _unknown("no key was sent", scope)
        found = callers.remembered(key)
        caller = found.caller if found is not None else await self._look_up(scope, key, callers)
        if caller is None:
            raise _unknown(callers.why_bad(key), scope)
        return caller

    async def _look_up(self, scope: Scope, key: str, callers: Callers) -> Caller | None:
        """Asks the database. What strangers can make it do is limited by their address, by the keys that were bad.

        Behind a shared address a key that was good passes whatever others send; one that is new waits in line.
        """
        address = f"address {network_of((scope.get('client') or ('',))[0])}"
        wait = 0.0 if callers.is_known(key) else self.door.limiter.wait(address, STRANGER_RATE, cost=0)
        if wait and self.door.line.statistics().tasks_waiting >= MOST_IN_LINE:
            raise _hurried(wait)
        try:
            caller = await to_thread.run_sync(callers.look_up, key, limiter=self.door.line if wait else None)
        except (Away, SQLAlchemyError):
            raise Problem("Authorization", "keys can't be checked now", "Ask again in a moment.", 503) from None
        if caller is None and (self.door.limiter.wait(address, STRANGER_RATE) or wait):
            raise _hurried(wait or 1.0)
        return caller

    async def _about_oneself(self, scope: Scope, rule: Rule, caller: Caller, receive: Receive) -> Receive:
        """A shopper's token asks about its shopper alone, a visit's about its visit."""
        if not rule.shoppers:
            return receive
        body = await read_body(receive)
        if body is None:
            raise too_long()
        try:
            content: Any = orjson.loads(body) if body else {}
        except orjson.JSONDecodeError:
            raise Problem("body", "no JSON", "Send one JSON object, in UTF-8.", 400) from None
        if not names_only(caller, rule, scope["path"], content):
            raise _another(caller, rule)
        self._check_event_rate(caller, content)
        return replay_body(orjson.dumps(content), receive)  # what was checked, so that nobody reads the bytes otherwise

    def _check_event_rate(self, caller: Caller, content: Any) -> None:
        """A token's events count one by one: the first came with the request."""
        events = content.get("events") if isinstance(content, dict) else None
        more = len(events) - 1 if isinstance(events, list) else 0
        settings = self.door.settings
        if settings is None or more <= 0:
            return
        if wait := self.door.limiter.wait(caller.counted_as, settings.rate_shopper, more):
            raise _hurried(wait)

    def _check_request_rate(self, caller: Caller, settings: Settings) -> None:
        rate = settings.rate_shopper if caller.scope == "shopper" else settings.rate_server
        if wait := self.door.limiter.wait(caller.counted_as, rate):
            raise _hurried(wait)


class _Counting:
    """A `send` that notes the status and, on what is no page, forbids browsers to guess or keep."""

    __slots__ = ("safe", "send", "status")

    def __init__(self, send: Send, safe: bool) -> None:
        self.send, self.safe, self.status = send, safe, 500

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            if self.safe:
                message["headers"] = [*message.get("headers", ()), *SAFE]
        await self.send(message)


def shown_key(scope: Scope) -> str | None:
    """From `Authorization: Bearer`, `X-API-Key`, or the password that a browser sends."""
    for name, value in scope["headers"]:
        if name == b"authorization":
            kind, _, rest = value.decode("latin-1").partition(" ")
            if kind.lower() == "bearer":
                return rest.strip() or None
            if kind.lower() == "basic":
                return _password(rest)
        if name == b"x-api-key":
            return value.decode("latin-1").strip() or None
    return None


def _password(encoded: str) -> str | None:
    try:
        return base64.b64decode(encoded, validate=True).decode().partition(":")[2] or None
    except (binascii.Error, UnicodeDecodeError):
        return None


def _unknown(message: str, scope: Scope) -> Problem:
    kind = "Bearer" if scope["method"] not in SAFE_METHODS else 'Basic realm="Zhiyin", charset="UTF-8"'
    remedy = "Send a key: `Authorization: Bearer KEY`; `zhiyin keys create` makes one."
    return Problem("Authorization", message, remedy, 401, {"WWW-Authenticate": kind})


def _starting() -> Problem:
    return Problem("service", "starting", "Wait until /readyz answers 200.", 503)


def _another(caller: Caller, rule: Rule) -> Problem:
    if caller.session_id is None:
        return Problem(rule.shoppers[0], "the token is another shopper's", "Name the shopper whose token it is.", 403)
    if not rule.visits:
        return Problem("Authorization", "a visit's token may not ask this", "Sign the shopper in.", 403)
    remedy = "Name the visit whose token it is, and no shopper."
    return Problem(rule.visits[0], "the token is another visit's, or a visit's alone", remedy, 403)


def _hurried(wait: float) -> Problem:
    return Problem(
        "Authorization", "too many requests", "Wait as Retry-After says.", 429, {"Retry-After": f"{int(wait) + 1}"}
    )


def _check_loopback(scope: Scope) -> None:
    """Without keys, only this machine may ask; and no page of another site that found a name for it."""
    server = scope.get("server")
    host = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "")
    name = _host_name(host)
    if server is not None and loopback(server[0]) and (name in LOOPBACK_NAMES or name.endswith(".localhost")):
        return
    remedy = "Ask at 127.0.0.1, or set ZHIYIN_AUTH=required and send a key."
    raise Problem("Host", "this service asks for no keys and so answers this machine only", remedy, 403)


@lru_cache(maxsize=256)
def _host_name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
