"""An endpoint that is too slow: its caller is told in time and in the documented shape; the next one gets an answer."""

import threading
import time
from collections.abc import AsyncIterator, Iterator

import anyio
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from services.http.load_shedding import SEATS, Shedding

SECONDS = 0.2  # that an endpoint has
slow_until = threading.Event()


def similar(request: Request) -> Response:
    """On a thread, as the service's endpoints are: it can't be interrupted."""
    if "slow" in request.query_params:
        slow_until.wait(20)
    return PlainTextResponse("here")


async def explain(request: Request) -> Response:
    """In the event loop."""
    if "fails" in request.query_params:
        raise TimeoutError("of its own")
    if "slow" in request.query_params:
        await anyio.sleep(20)
    return StreamingResponse(pieces())


async def pieces() -> AsyncIterator[str]:
    yield "begun, "
    await anyio.sleep(2 * SECONDS)
    yield "ended"


@pytest.fixture
def client() -> Iterator[TestClient]:
    slow_until.clear()
    routes = [Route("/similar", similar, methods=["POST"]), Route("/explain", explain, methods=["POST"])]
    with TestClient(Shedding(Starlette(routes=routes), SECONDS)) as client:
        yield client
        slow_until.set()


@pytest.mark.parametrize("path", ["/similar", "/explain"])
def test_what_is_too_slow_is_told_in_time(client: TestClient, path: str) -> None:
    began = time.monotonic()
    answer = client.post(path, params={"slow": "yes"}, json={})
    assert time.monotonic() - began < 5
    assert (answer.status_code, answer.headers["retry-after"]) == (504, "2")
    assert answer.headers["content-type"] == "application/json"
    error = answer.json()["error"]
    assert set(error) == {"field", "message", "remedy"}
    assert (error["field"], error["message"]) == ("body", "the answer took too long")
    assert "Ask again" in error["remedy"]


def test_who_was_told_so_leaves_the_seat_to_the_next(client: TestClient) -> None:
    for _ in range(SEATS["search"]):
        assert client.post("/similar", params={"slow": "yes"}, json={}).status_code == 504
    answer = client.post("/similar", json={})
    assert (answer.status_code, answer.text) == (200, "here")


def test_an_answer_that_has_begun_may_take_its_time(client: TestClient) -> None:
    assert client.post("/explain", json={}).text == "begun, ended"


def test_a_timeout_of_the_endpoint_s_own_is_a_failure_and_not_the_caller_s(client: TestClient) -> None:
    with pytest.raises(TimeoutError, match="of its own"):
        client.post("/explain", params={"fails": "yes"}, json={})
