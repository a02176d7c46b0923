"""A shop's own site on a port of its own: pages under a strict policy that load the snippet, and its tokens."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt

from tests.support.servers.local import free_port


@dataclass
class ShopSite:
    """`pages` by path are what stands in a page's body; `attributes` are the snippet's. `shopper` is signed in."""

    service: str
    secret: str
    port: int = field(default_factory=free_port)
    shopper: str | None = None
    attributes: dict[str, str] = field(default_factory=dict)  # by path
    pages: dict[str, str] = field(default_factory=dict)
    tokens: int = 0  # that were asked for
    tokens_fail: bool = False
    age: int = 0  # of a token, in seconds, when it is given

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def page(self, path: str) -> str:
        attributes = f'data-token-url="/token" {self.attributes.get(path, "")}'
        return (
            f'<!doctype html><html lang="en"><title>A shop</title><script src="{self.service}/static/zhiyin.js" '
            f"defer {attributes}></script><body>{self.pages[path]}</body></html>"
        )

    def token(self, session_id: str) -> str:
        """What a shop's server does, with no part of the platform."""
        self.tokens += 1
        begin = int(datetime.now(UTC).timestamp()) - self.age
        whose = {"sub": self.shopper} if self.shopper else {"sid": session_id}
        said = {**whose, "aud": "zhiyin", "iat": begin, "exp": begin + 300, "jti": f"t-{self.tokens}"}
        return jwt.encode(said, self.secret, algorithm="HS256")

    @property
    def policy(self) -> str:
        theirs = self.service
        return (
            f"default-src 'none'; script-src {theirs}; connect-src 'self' {theirs}; img-src 'self'; base-uri 'none'; "
            "require-trusted-types-for 'script'"
        )


@contextmanager
def serving_a_site(site: ShopSite) -> Iterator[ShopSite]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path in site.pages:
                self._send(200, "text/html; charset=utf-8", site.page(self.path))
            else:
                self._send(204 if self.path == "/favicon.ico" else 404, "text/plain", "")

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if site.tokens_fail:
                self._send(500, "text/plain", "")
            else:
                self._send(200, "application/json", json.dumps({"token": site.token(asked["session_id"])}))

        def _send(self, status: int, kind: str, text: str) -> None:
            body = text.encode()
            self.send_response(status)
            for name, value in (
                ("Content-Type", kind),
                ("Content-Length", str(len(body))),
                ("Content-Security-Policy", site.policy),
            ):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", site.port), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
