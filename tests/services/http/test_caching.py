"""Answers that may be kept: a mark of their content, and 304 for who names it."""

from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from services.http.caching import KeptFiles, is_known, marked


async def _say(request: Request) -> Response:
    return marked(request, request.query_params.get("body", "").encode())


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    (tmp_path / "site.css").write_text("a {}")
    return TestClient(Starlette(routes=[Route("/said", _say), Mount("/static", KeptFiles(directory=tmp_path))]))


def test_who_has_the_answer_is_not_sent_it_again(client: TestClient) -> None:
    first = client.get("/said?body=one")
    assert (first.text, first.headers["cache-control"]) == ("one", "private, max-age=60")
    again = client.get("/said?body=one", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert {name: again.headers[name] for name in ("etag", "cache-control", "vary")} == {
        name: first.headers[name] for name in ("etag", "cache-control", "vary")
    }
    other = client.get("/said?body=two", headers={"If-None-Match": first.headers["etag"]})
    assert (other.status_code, other.text) == (200, "two")


@pytest.mark.parametrize(
    ("named", "known"),
    [
        ('"a"', True),
        ('W/"a"', True),
        ('"b", "a"', True),
        ('"b" ,W/"a" ', True),
        ("*", True),
        ('"b"', False),
        ("a", False),
        ("", False),
    ],
)
def test_marks_are_compared_as_the_standard_says(named: str, known: bool) -> None:
    assert is_known(Headers({"If-None-Match": named}), '"a"') is known
    assert is_known(Headers({"If-None-Match": named}), 'W/"a"') is known


def test_without_the_header_nothing_is_known() -> None:
    assert not is_known(Headers({}), '"a"')


def test_files_are_kept_a_while_and_missing_ones_are_not(client: TestClient) -> None:
    file = client.get("/static/site.css")
    assert (file.status_code, file.headers["cache-control"]) == (200, "public, max-age=600")
    again = client.get("/static/site.css", headers={"If-None-Match": file.headers["etag"]})
    assert (again.status_code, again.headers["cache-control"]) == (304, "public, max-age=600")
    missing = client.get("/static/none.css")
    assert (missing.status_code, "cache-control" in missing.headers) == (404, False)
