"""One address for several shops: each request goes to the service of the shop that its address names.

An ASGI app. A shop is named by the host (`ID.DOMAIN`), or for what programs ask by the path (`/shops/ID/...`); other
addresses are the installation's own shop's. The gateway reads no key and no body: whom a shop's service lets in, it
decides itself, and each has processes of its own. Pages have a host of their own, so that browsers keep them apart.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address
from urllib.parse import unquote

import aiohttp
import orjson
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from yarl import URL

from services.core.body import limit_of, read_body
from services.core.errors import Problem, too_late, too_long
from services.http.permissions import RULES, rule_of

OWN = ""  # the installation's own shop
CONNECT_SECONDS, ANSWER_SECONDS, PROBE_SECONDS = 5.0, 40.0, 5.0  # a service answers within 35 seconds, whatever it is
PROBES = ("/livez", "/readyz", "/healthz")
PAGES = frozenset(  # what people look at with a browser: their links and forms name addresses from the root
    {
        "/",
        "/act",
        "/ask",
        "/mine/{deed}",
        "/models",
        "/operations",
        "/operations/{run_id}",
        "/reports/{path*}",
        "/campaigns/{campaign_id}/audience",
        "/erasures/{receipt}",
        "/docs",
    }
)
API = frozenset(RULES) - PAGES
_PREFIX = re.compile(rb"/shops/([a-z0-9-]{1,64})(/.*)", re.DOTALL)
_OF_ONE_CONNECTION = frozenset(  # headers that say something of a connection, or are set here
    {b"connection", b"keep-alive", b"te", b"trailer", b"transfer-encoding", b"upgrade", b"expect", b"content-length"}
)
_OF_A_PROXY = frozenset({b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"forwarded"})


@dataclass(slots=True)
class Shops:
    """The services that run: a shop's id and the address of its service; `OWN` is the installation's own shop."""

    services: dict[str, str] = field(default_factory=dict)


@asynccontextmanager
async def open_gateway(
    shops: Shops, domain: str, proxies: Iterable[IPv4Network | IPv6Network] = ()
) -> AsyncIterator["Gateway"]:
    """The gateway, for as long as its connections to the services are held.

    A shop is also at the host `ID.domain`; `proxies` are believed whom they say they ask for.
    """
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=3),  # each service sheds what is too much for it
        cookie_jar=aiohttp.DummyCookieJar(),  # one caller's cookies are no other one's
        auto_decompress=False,
        skip_auto_headers=("Accept", "Accept-Encoding", "User-Agent", "Content-Type"),
        timeout=aiohttp.ClientTimeout(total=ANSWER_SECONDS, sock_connect=CONNECT_SECONDS),
    ) as session:
        yield Gateway(session, shops, domain, tuple(proxies))


@dataclass(frozen=True, slots=True)
class Gateway:
    """Passes requests on to the shops' services; see `open_gateway`."""

    session: aiohttp.ClientSession
    shops: Shops
    domain: str
    proxies: tuple[IPv4Network | IPv6Network, ...]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        if scope["type"] != "http":
            return
        try:
            shop_id, path = self._target(scope)
            if shop_id == OWN and path.decode("latin-1") in PROBES:
                await (await self._probe_all(path.decode("latin-1")))(scope, receive, send)
                return
            if shop_id not in self.shops.services:
                raise _no_shop()
            await self._pass_on(shop_id, path, scope, receive, send)
        except Problem as problem:
            await problem.response()(scope, receive, send)

    def _target(self, scope: Scope) -> tuple[str, bytes]:
        """The shop and the path, as it was written, below its address; raises the `Problem` of one that is nobody's."""
        path: bytes = scope["raw_path"]
        name = _host_of(scope)
        if name != self.domain and name.endswith(f".{self.domain}"):
            shop_id = name.removesuffix(f".{self.domain}")
            if shop_id == OWN or shop_id not in self.shops.services:
                raise _no_shop()
            return shop_id, path
        if not path.startswith(b"/shops/"):
            return OWN, path
        found = _PREFIX.fullmatch(path)
        if found is None or (shop_id := found[1].decode()) not in self.shops.services:
            raise _no_shop()
        if rule_of(unquote(found[2].decode("latin-1")))[0] not in API:
            remedy = f"Open it at the shop's own host, {shop_id}.{self.domain}."
            raise Problem("path", "a shop's pages aren't below /shops/", remedy, 404)
        return shop_id, found[2]

    async def _pass_on(self, shop_id: str, path: bytes, scope: Scope, receive: Receive, send: Send) -> None:
        limit = limit_of(path.decode("latin-1"))
        body = await read_body(receive, limit)
        if body is None:
            raise too_long(limit)
        relay = asyncio.ensure_future(self._relay(shop_id, path, body, scope, send))
        gone = asyncio.ensure_future(receive())  # what comes after the body is that the caller hung up
        try:
            await asyncio.wait({relay, gone}, return_when=asyncio.FIRST_COMPLETED)
            if relay.done():
                relay.result()
        finally:
            for one in (relay, gone):
                one.cancel()
                with suppress(asyncio.CancelledError, Exception):
                    await one

    async def _relay(self, shop_id: str, path: bytes, body: bytes, scope: Scope, send: Send) -> None:
        query = scope["query_string"]
        address = self.shops.services[shop_id] + (path + (b"?" + query if query else b"")).decode("latin-1")
        begun = False
        try:
            async with self.session.request(
                scope["method"],
                URL(address, encoded=True),
                headers=self._headers(scope, len(body)),
                data=body or None,
                allow_redirects=False,
            ) as answer:
                headers = [(name.lower(), value) for name, value in answer.raw_headers if _goes_on(name, answer)]
                await send({"type": "http.response.start", "status": answer.status, "headers": headers})
                begun = True
                async for piece in answer.content.iter_any():
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
                await send({"type": "http.response.body", "body": b""})
        except TimeoutError:
            if begun:
                raise
            raise too_late() from None
        except aiohttp.ClientError:
            if begun:
                raise
            raise Problem("shop", "its service isn't up", "Wait until its /readyz answers 200.", 503) from None

    def _headers(self, scope: Scope, length: int) -> list[tuple[str, str]]:
        """The caller's, and where they come from; what a stranger says of that isn't believed."""
        client = (scope.get("client") or ("", 0))[0]
        believed = self._is_proxy(client)
        kept = [
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in scope["headers"]
            if name not in _OF_ONE_CONNECTION and (believed or name not in _OF_A_PROXY) and name != b"x-forwarded-for"
        ]
        former = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
        kept.append(("x-forwarded-for", ", ".join([*(former if believed else ()), client])))
        return [*kept, ("content-length", str(length))] if length else kept

    def _is_proxy(self, client: str) -> bool:
        try:
            return any(ip_address(client) in network for network in self.proxies)
        except ValueError:
            return False

    async def _probe_all(self, path: str) -> Response:
        """200 where every shop's service says so, else 503 that names the ones which don't."""
        states = await asyncio.gather(*(self._probe(address + path) for address in self.shops.services.values()))
        bad = [
            shop_id or "the installation's own"
            for shop_id, well in zip(self.shops.services, states, strict=True)
            if not well
        ]
        if not bad and states:
            return Response("\n", media_type="text/plain")
        error = {
            "field": "shop",
            "message": f"not ready: {', '.join(bad) or 'no shop is served yet'}",
            "remedy": "Ask each one's own /shops/ID/readyz.",
        }
        return Response(orjson.dumps({"error": error}), 503, {"Retry-After": "2"}, "application/json")

    async def _probe(self, address: str) -> bool:
        try:
            async with self.session.get(address, timeout=aiohttp.ClientTimeout(total=PROBE_SECONDS)) as answer:
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False


def _no_shop() -> Problem:
    return Problem("shop", "no such shop is served here", "Check the id in the address: `zhiyin shops list`.", 404)


def _host_of(scope: Scope) -> str:
    """The host that the request names, without a port, in lower case."""
    named = next((value for name, value in scope["headers"] if name == b"host"), b"")
    return named.decode("latin-1").rpartition("]")[2].partition(":")[0].rstrip(".").lower()


def _goes_on(name: bytes, answer: aiohttp.ClientResponse) -> bool:
    """Whether a header of an answer is the caller's; its length is, too, where it was sent in one piece."""
    lower = name.lower()
    return lower not in _OF_ONE_CONNECTION or (lower == b"content-length" and "Transfer-Encoding" not in answer.headers)
