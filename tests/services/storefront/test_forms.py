"""What a form of the page says, and the way back to where it was sent from."""

from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from services.core.errors import Problem
from services.schemas.offers import OffersRequest
from services.storefront.forms import LONGEST, accepted_language, back, back_refused, language_of, posted, return_query


@pytest.mark.parametrize(("said", "language"), [("zh", "zh"), ("en", "en"), ("fr", "en"), ("", "en"), (None, "en")])
def test_a_language_that_there_is_not_is_english(said: str | None, language: str) -> None:
    assert language_of({} if said is None else {"lang": said}) == language


def test_only_places_of_the_page_are_brought_back_and_none_is_long() -> None:
    asked = {"user": "u1", "q": "x" * 400, "did": "muted", "page": "", "item": "a&b=c"}
    assert parse_qs(return_query(asked)) == {"user": ["u1"], "q": ["x" * LONGEST], "item": ["a&b=c"]}


def way_back(answer: Response) -> dict[str, list[str]]:
    assert answer.status_code == 303
    address = urlsplit(answer.headers["location"])
    assert (address.netloc, address.path, address.fragment) == ("", "/", "main")
    return parse_qs(address.query, keep_blank_values=True)


def test_a_form_goes_back_to_where_it_was_sent_from_and_nowhere_else() -> None:
    form = {"here": "view=mine&user=u1&next=https://evil.example", "user": "u2", "lang": "zh"}
    assert way_back(back(form, {"did": "muted"})) == {
        "view": ["mine"],
        "user": ["u2"],
        "lang": ["zh"],
        "did": ["muted"],
    }
    assert way_back(back({}, {})) == {}


def test_what_was_refused_is_told_with_field_reason_and_remedy() -> None:
    assert way_back(back_refused({}, Problem("key", "is blank", "Give one.")))["failed"] == ["key: is blank. Give one."]
    with pytest.raises(ValidationError) as refused:
        OffersRequest.model_validate({})
    (told,) = way_back(back_refused({}, refused.value))["failed"]
    assert told.startswith("user_id: ")
    assert told.endswith("Add the field.")


async def _echo(request: Request) -> Response:
    try:
        return JSONResponse(dict(await posted(request)))
    except Problem as problem:
        return problem.response()


CLIENT = TestClient(Starlette(routes=[Route("/", _echo, methods=["POST"])]))
FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"a=1&b=", {"a": "1", "b": ""}),
        (b"a=1&a=2", {"a": "2"}),
        (b"q=%E8%8C%B6+tea", {"q": "茶 tea"}),
        (b"q=\xff", {"q": "\ufffd"}),
        (b"", {}),
    ],
)
def test_a_form_is_read(body: bytes, said: dict[str, str]) -> None:
    assert CLIENT.post("/", content=body, headers=FORM).json() == said


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [(b"{}", {"Content-Type": "application/json"}, 415), (b"a=1", {}, 415), (b"a=" + b"x" * 300_000, FORM, 413)],
)
def test_what_is_no_form_or_too_long_is_refused(body: bytes, headers: dict[str, str], status: int) -> None:
    assert CLIENT.post("/", content=body, headers=headers).status_code == status


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en;q=0.5, zh;q=0.7", "zh"),
        ("fr, de", "en"),
        ("", "en"),
        ("zh;q=0.1,en", "en"),
    ],
)
def test_the_browser_s_language_is_taken(header: str, language: str) -> None:
    assert accepted_language(header) == language
