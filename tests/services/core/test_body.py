"""Bodies are read whole, within their limit, and can be read once more by whoever comes next."""

import asyncio
from collections.abc import Iterable

import pytest
from starlette.types import Message, Receive

from services.core.body import MAX_BODY_BYTES, MAX_BULK_BYTES, limit_of, read_body, replay_body

GONE: Message = {"type": "http.disconnect"}


def chunks(*parts: bytes, then: Iterable[Message] = ()) -> Receive:
    """A `receive` that gives these parts of a body, then these messages."""
    more = [
        {"type": "http.request", "body": part, "more_body": place + 1 < len(parts)} for place, part in enumerate(parts)
    ]
    messages = iter([*more, *then])

    async def receive() -> Message:
        return next(messages)

    return receive


def read(receive: Receive, limit: int = 10) -> bytes | None:
    return asyncio.run(read_body(receive, limit))


@pytest.mark.parametrize(
    ("parts", "body"),
    [((b"",), b""), ((b"ab", b"cd"), b"abcd"), ((b"x" * 10,), b"x" * 10), ((b"x" * 6, b"x" * 4), b"x" * 10)],
)
def test_a_body_within_the_limit_is_read_whole(parts: tuple[bytes, ...], body: bytes) -> None:
    assert read(chunks(*parts)) == body


@pytest.mark.parametrize("parts", [(b"x" * 11,), (b"x" * 6, b"x" * 5), (b"x" * 11, b"never asked for")])
def test_one_that_is_too_long_is_none_and_no_more_of_it_is_read(parts: tuple[bytes, ...]) -> None:
    assert read(chunks(*parts)) is None


def test_of_a_sender_who_went_away_nothing_is_taken() -> None:
    assert read(chunks(then=[GONE])) is None
    half = {"type": "http.request", "body": b"half", "more_body": True}
    assert read(chunks(then=[half, GONE])) is None


def test_what_was_read_is_there_once_more_and_then_what_follows() -> None:
    async def replayed() -> list[Message]:
        again = replay_body(b"{}", chunks(then=[GONE]))
        return [await again(), await again()]

    assert asyncio.run(replayed()) == [{"type": "http.request", "body": b"{}", "more_body": False}, GONE]


@pytest.mark.parametrize(("path", "limit"), [("/items", MAX_BULK_BYTES), ("/items/tea-1/aliases", MAX_BODY_BYTES)])
def test_only_what_is_sent_in_bulk_may_be_long(path: str, limit: int) -> None:
    assert limit_of(path) == limit
