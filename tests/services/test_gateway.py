"""The gateway before several shops: which service a request goes to, and what of it gets there."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from ipaddress import ip_network
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from services.core.body import MAX_BODY_BYTES
from services.gateway import OWN, Shops, open_gateway
from tests.support.servers.local import free_port


def service(name: str) -> Starlette:
    """Tells what reached it, as a shop's service of this name."""

    async def told(request: Request) -> Response:
        body = await request.body()
        headers = request.headers.items()
        found = {"shop": name, "path": request.scope["raw_path"].decode(), "query": request.url.query}
        answer = JSONResponse(found | {"method": request.method, "body": body.decode(), "headers": dict(headers)})
        answer.set_cookie("seen", name)
        return answer

    async def later(request: Request) -> Response:
        async def pieces() -> Any:
            for place in range(3):
                yield f"data: {place}\n\n"
                await asyncio.sleep(0.2)

        return StreamingResponse(pieces(), media_type="text/event-stream")

    async def ready(request: Request) -> Response:
        return Response("\n", 503 if name == "ill" else 200)

    every = ["GET", "POST", "HEAD"]
    return Starlette(
        routes=[
            Route("/readyz", ready),
            Route("/explain", later, methods=every),
            Route("/{rest:path}", told, methods=every),
        ]
    )


@contextmanager
def served(app: ASGIApp | None, port: int, serve: Any = None) -> Iterator[str]:
    """An ASGI app at this port, on a thread."""
    server = uvicorn.Server(uvicorn.Config(app or _nothing, "127.0.0.1", port, log_level="error", proxy_headers=False))
    thread = threading.Thread(target=lambda: asyncio.run(serve(server) if serve else server.serve()))
    thread.start()
    try:
        deadline = time.monotonic() + 30
        while not server.started:
            assert time.monotonic() < deadline, "the server did not start"
            time.sleep(0.02)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(20)


async def _nothing(scope: Any, receive: Any, send: Any) -> None:
    raise RuntimeError("never asked")


@contextmanager
def gateway(shops: Shops, proxies: str = "") -> Iterator[httpx.Client]:
    async def serve(server: uvicorn.Server) -> None:
        networks = [ip_network(proxies)] if proxies else []
        async with open_gateway(shops, "shops.example", networks) as app:
            server.config.app = app
            await server.serve()

    with served(None, free_port(), serve) as url, httpx.Client(base_url=url, timeout=20) as client:
        yield client


@pytest.fixture(scope="module")
def shops() -> Iterator[Shops]:
    """The installation's own service, and those of b and tea-house."""
    with ExitStack() as stack:
        names = {OWN: "own", "b": "b", "tea-house": "tea-house"}
        urls = {shop_id: stack.enter_context(served(service(name), free_port())) for shop_id, name in names.items()}
        yield Shops(urls)


@pytest.fixture(scope="module")
def client(shops: Shops) -> Iterator[httpx.Client]:
    with gateway(shops) as client:
        yield client


@pytest.mark.parametrize(
    ("host", "path", "shop", "reached"),
    [
        ("here", "/recommend", "own", "/recommend"),
        ("here", "/", "own", "/"),
        ("here", "/shops/b/recommend", "b", "/recommend"),
        ("here", "/shops/tea-house/items/a%2Fb/similar?n=3", "tea-house", "/items/a%2Fb/similar"),
        ("b.shops.example", "/recommend", "b", "/recommend"),
        ("B.Shops.Example:3000", "/operations", "b", "/operations"),
        ("tea-house.shops.example.", "/", "tea-house", "/"),
        ("b.shops.example", "/shops/tea-house/recommend", "b", "/shops/tea-house/recommend"),
        ("shops.example", "/profile", "own", "/profile"),
        ("b.elsewhere.example", "/profile", "own", "/profile"),
    ],
)
def test_the_address_names_the_shop(client: httpx.Client, host: str, path: str, shop: str, reached: str) -> None:
    request = client.build_request("GET", "/", headers={"Host": host})
    request.url = request.url.copy_with(raw_path=path.encode())
    answer = client.send(request)
    assert (answer.json()["shop"], answer.json()["path"]) == (shop, reached)


@pytest.mark.parametrize(
    ("host", "path", "remedy"),
    [
        ("here", "/shops/unknown/recommend", "zhiyin shops list"),
        ("here", "/shops/b", "zhiyin shops list"),
        ("here", "/shops/", "zhiyin shops list"),
        ("here", "/shops//recommend", "zhiyin shops list"),
        ("here", "/shops/B/recommend", "zhiyin shops list"),
        ("unknown.shops.example", "/recommend", "zhiyin shops list"),
        (".shops.example", "/recommend", "zhiyin shops list"),
        ("here", "/shops/b/", "b.shops.example"),
        ("here", "/shops/b/operations", "b.shops.example"),
        ("here", "/shops/b/mine/wish", "b.shops.example"),
    ],
)
def test_what_is_nobodys_address_is_refused(client: httpx.Client, host: str, path: str, remedy: str) -> None:
    answer = client.get(path, headers={"Host": host})
    assert answer.status_code == 404
    assert remedy in answer.json()["error"]["remedy"]


def test_a_request_reaches_the_service_whole(client: httpx.Client) -> None:
    body = {"user_id": "u0", "text": "茶 & é"}
    headers = {"Authorization": "Bearer k", "Host": "b.shops.example:3000", "Accept-Language": "zh"}
    told = client.post("/events?x=1&y=%20", json=body, headers=headers).json()
    assert (told["method"], told["query"], json.loads(told["body"])) == ("POST", "x=1&y=%20", body)
    expected = {"authorization": "Bearer k", "host": "b.shops.example:3000", "accept-language": "zh"}
    assert expected.items() <= told["headers"].items()
    assert told["headers"]["content-type"] == "application/json"


def test_what_one_caller_was_given_is_not_sent_for_another(client: httpx.Client) -> None:
    assert "seen" in client.get("/shops/b/profile").headers["set-cookie"]
    client.cookies.clear()
    assert "cookie" not in client.get("/shops/b/profile").json()["headers"]


def test_a_stranger_cannot_say_where_they_come_from(client: httpx.Client, shops: Shops) -> None:
    said = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"}
    headers = client.get("/shops/b/profile", headers=said).json()["headers"]
    assert headers["x-forwarded-for"] == "127.0.0.1"
    assert "x-forwarded-proto" not in headers
    with gateway(shops, proxies="127.0.0.0/8") as behind_a_proxy:
        headers = behind_a_proxy.get("/shops/b/profile", headers=said).json()["headers"]
    assert (headers["x-forwarded-for"], headers["x-forwarded-proto"]) == ("203.0.113.7, 127.0.0.1", "https")


def test_an_answer_that_comes_in_pieces_is_passed_on_piece_by_piece(client: httpx.Client) -> None:
    began, times = time.monotonic(), []
    with client.stream("POST", "/shops/b/explain", json={}) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        for piece in answer.iter_text():
            times.append((time.monotonic() - began, piece))
    assert "".join(piece for _, piece in times) == "data: 0\n\ndata: 1\n\ndata: 2\n\n"
    assert times[-1][0] - times[0][0] > 0.3


def test_a_body_that_is_too_long_is_refused_before_it_is_passed_on(client: httpx.Client) -> None:
    answer = client.post("/shops/b/recommend", content=b"x" * (MAX_BODY_BYTES + 1))
    assert (answer.status_code, answer.json()["error"]["field"]) == (413, "body")


def test_the_probes_tell_for_all(client: httpx.Client, shops: Shops) -> None:
    assert client.get("/readyz").status_code == 200
    with served(service("ill"), free_port()) as ill:
        away = f"http://127.0.0.1:{free_port()}"
        with gateway(Shops({**shops.services, "ill": ill, "away": away})) as watched:
            answer = watched.get("/readyz")
            assert (answer.status_code, answer.json()["error"]["message"]) == (503, "not ready: ill, away")
            assert watched.get("/shops/b/readyz").status_code == 200
            assert watched.get("/shops/ill/readyz").status_code == 503
            asked = watched.post("/shops/away/recommend", json={})
            assert (asked.status_code, asked.json()["error"]["field"]) == (503, "shop")
            assert asked.headers["retry-after"]
    with gateway(Shops()) as empty:
        assert empty.get("/livez").status_code == 503
        assert empty.get("/recommend").status_code == 404
