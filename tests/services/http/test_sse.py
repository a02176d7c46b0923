"""Answers in pieces: what one event looks like on the wire, and refusals that come before the first piece."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from services.core.errors import Problem
from services.http.sse import MIME, answering_later, event, streamed
from services.schemas.errors import ErrorDetail


@pytest.mark.parametrize("text", ["plain", "two\nlines", "carriage\r\nreturn", "多为茶", 'data: "quoted"\n\n'])
def test_an_event_is_one_line_of_data_whatever_it_says(text: str) -> None:
    sent = event("part", {"text": text})
    name, data, *end = sent.split(b"\n")
    assert (name, end) == (b"event: part", [b"", b""])
    assert b"\r" not in sent
    assert orjson.loads(data.removeprefix(b"data: ")) == {"text": text}


def test_a_model_is_sent_as_its_fields() -> None:
    detail = ErrorDetail(field="n", message="m", remedy="r")
    assert event("done", detail) == b'event: done\ndata: {"field":"n","message":"m","remedy":"r"}\n\n'


def test_pieces_are_sent_as_they_come_and_kept_by_nobody() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for number in range(2):
            yield event("part", {"number": number})

    async def answer(request: Request) -> Response:
        response: Response = streamed(pieces())
        return response

    told = TestClient(Starlette(routes=[Route("/", answer)])).get("/")
    assert told.headers["content-type"].startswith(MIME)
    assert (told.headers["cache-control"], told.headers["x-accel-buffering"]) == ("no-store", "no")
    assert told.text.count("event: part\n") == 2


def test_a_refusal_is_an_answer_and_a_failure_stays_one() -> None:
    class Endpoint:
        @answering_later
        async def ask(self, question: Any, /) -> Any:
            if isinstance(question, Exception):
                raise question
            return question

    asked = Endpoint()
    assert asyncio.run(asked.ask("as it is")) == "as it is"
    refused = asyncio.run(asked.ask(Problem("item_id", "no such item", status=404)))
    assert refused.status_code == 404
    with pytest.raises(ZeroDivisionError):
        asyncio.run(asked.ask(ZeroDivisionError()))
