"""Each page has the headers that keep it safe in a browser, unless it brings its own."""

import asyncio
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from services.http.security_headers import ALWAYS, DOCS_POLICY, PAGE_POLICY, REPORT_POLICY, SecurityHeaders


async def _page(request: Request) -> Response:
    return Response("page")


async def _own(request: Request) -> Response:
    return Response("own", headers={"Cache-Control": "public, max-age=600", "Content-Security-Policy": "own"})


def test_what_a_page_does_not_say_itself_is_added() -> None:
    client = TestClient(SecurityHeaders(Starlette(routes=[Route("/", _page), Route("/own", _own)]), PAGE_POLICY))
    page, own = client.get("/"), client.get("/own")
    assert {name: page.headers[name] for name in ALWAYS} == ALWAYS
    assert page.headers["content-security-policy"] == PAGE_POLICY
    assert own.headers["cache-control"] == "public, max-age=600"
    assert own.headers["content-security-policy"] == "own"
    assert own.headers["x-frame-options"] == "DENY"
    assert client.get("/none").headers["x-content-type-options"] == "nosniff", "an error is a page, too"


def directives(policy: str) -> dict[str, set[str]]:
    parts = [part.split() for part in policy.split(";")]
    return {name: set(sources) for name, *sources in parts}


@pytest.mark.parametrize("policy", [PAGE_POLICY, DOCS_POLICY])
def test_scripts_of_our_own_files_alone_run_on_a_page(policy: str) -> None:
    said = directives(policy)
    assert (said["default-src"], said["script-src"]) == ({"'none'"}, {"'self'"})
    assert (said["frame-ancestors"], said["base-uri"]) == ({"'none'"}, {"'none'"})


def test_a_report_that_runs_its_own_scripts_reaches_nobody() -> None:
    said = directives(REPORT_POLICY)
    assert said["sandbox"] == {"allow-scripts"}
    assert (said["default-src"], "connect-src" in said, said["form-action"]) == ({"'none'"}, False, {"'none'"})


def test_what_is_no_http_passes() -> None:
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(send)

    asyncio.run(SecurityHeaders(app, PAGE_POLICY)({"type": "lifespan"}, None, "send"))  # type: ignore[arg-type]
    assert seen == ["send"]
