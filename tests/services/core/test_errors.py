"""Every refusal has one shape: the field, what is wrong with it, the remedy; also those that BentoML words itself."""

import asyncio
from typing import Any

import orjson
import pytest
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from services.core.errors import (
    DEFAULT_REMEDY,
    REMEDIES,
    Problem,
    ProblemMiddleware,
    field_name,
    invalid,
    readable,
    unreadable,
)


@pytest.mark.parametrize(
    ("location", "name"),
    [
        (("events", 0, "item_id"), "events[0].item_id"),
        ((0, 1), "[0][1]"),
        (("query",), "query"),
        ((), "body"),
    ],
)
def test_fields_are_named_as_people_write_them(location: tuple[str | int, ...], name: str) -> None:
    assert field_name(location) == name


def test_who_may_ask_again_is_told_when() -> None:
    headers = {
        status: Problem("f", "m", status=status).response().headers.get("retry-after") for status in (422, 503, 504)
    }
    assert headers == {422: None, 503: "2", 504: "2"}
    own = Problem("f", "m", status=503, headers={"Retry-After": "9"})
    assert own.response().headers["retry-after"] == "9"


def test_the_first_of_several_faults_is_told_and_the_others_are_counted() -> None:
    faults = [{"type": kind, "loc": ("n",), "msg": "said"} for kind in ("missing", "never heard of")]
    one, two = invalid(faults[1:]), invalid(faults)
    assert (one.message, one.remedy) == ("said", DEFAULT_REMEDY)
    assert (two.message, two.remedy, two.status) == ("said (and 1 more)", REMEDIES["missing"], 400)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content-type": "application/json; charset=utf-8"}, None),
        ({"content-type": "Application/JSON", "content-length": "10"}, None),
        ({"content-type": "application/json", "content-length": "much"}, None),
        ({"content-type": "application/json", "content-length": "11"}, 413),
        ({"content-type": "text/plain"}, 415),
        ({}, 415),
    ],
)
def test_what_can_t_be_read_is_seen_by_its_headers(headers: dict[str, str], status: int | None) -> None:
    refusal = unreadable(Headers(headers), limit=10)
    assert (refusal.status if refusal is not None else None) == status
    scope = {"path": "/recommend", "headers": Headers(headers).raw}
    assert readable(scope) is (status in (None, 413)), "there a body may be longer"


async def _answer(request: Request) -> Response:
    """As BentoML does: what it says of a body is in a shape of its own."""
    body = await request.body()
    answers = {
        b'"good"': JSONResponse({"error": "no error, a good answer"}),
        b'"bad"': JSONResponse({"detail": [{"type": "missing", "loc": ["n"], "msg": "Field required"}]}, 400),
        b'"odd"': JSONResponse({"detail": [], "told": "something"}, 500),
        b'"late"': Response("no JSON", 504),
        b'"ours"': Problem("user_id", "erased", "None.", 410).response(),
    }
    return answers.get(body, JSONResponse(len(body)))


@pytest.fixture
def client() -> TestClient:
    app = Starlette(routes=[Route(path, _answer, methods=["POST", "PUT"]) for path in ("/asked", "/other")])
    return TestClient(ProblemMiddleware(app, frozenset({"/asked"})))


def ask(client: TestClient, said: str, path: str = "/asked", method: str = "POST") -> tuple[int, Any]:
    answer = client.request(method, path, content=f'"{said}"', headers={"content-type": "application/json"})
    return answer.status_code, answer.json() if answer.text.startswith("{") else answer.text


def test_foreign_refusals_get_our_shape_and_answers_pass_untouched(client: TestClient) -> None:
    assert ask(client, "good") == (200, {"error": "no error, a good answer"})
    error = {"field": "n", "message": "Field required", "remedy": "Add the field."}
    assert ask(client, "bad") == (400, {"error": error})
    assert ask(client, "ours") == (410, {"error": {"field": "user_id", "message": "erased", "remedy": "None."}})
    status, told = ask(client, "odd")
    assert (status, told["error"]["message"]) == (500, "the service failed to answer")
    status, told = ask(client, "late")
    assert (status, told["error"]["message"]) == (504, "the answer took too long")


def test_other_paths_and_methods_are_left_alone(client: TestClient) -> None:
    assert ask(client, "late", path="/other") == (504, "no JSON")
    assert ask(client, "late", method="PUT") == (504, "no JSON")


def test_a_body_that_grows_too_long_in_pieces_is_cut(client: TestClient) -> None:
    pieces = (b"x" * 100_000 for _ in range(4))
    answer = client.post("/asked", content=pieces, headers={"content-type": "application/json"})
    assert answer.status_code == 200
    assert orjson.loads(answer.content) <= 256 * 1024


def test_what_is_too_long_or_no_json_is_refused_before_it_is_read(client: TestClient) -> None:
    long = client.post("/asked", content=b"x" * 300_000, headers={"content-type": "application/json"})
    assert (long.status_code, long.json()["error"]["field"]) == (413, "body")
    form = client.post("/asked", data={"n": "1"})
    assert (form.status_code, form.json()["error"]["field"]) == (415, "Content-Type")


def test_what_is_no_http_passes() -> None:
    seen = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["type"])

    asyncio.run(ProblemMiddleware(app, frozenset())({"type": "lifespan"}, None, None))  # type: ignore[arg-type]
    assert seen == ["lifespan"]
