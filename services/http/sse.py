"""Answers that come in pieces: server-sent events, each a name and a JSON object."""

from collections.abc import AsyncIterator, Callable, Coroutine
from functools import wraps
from typing import Any, TypeVar

import orjson
from pydantic import BaseModel
from starlette.responses import StreamingResponse

from services.core.errors import Problem

Q = TypeVar("Q", bound=BaseModel)
MIME = "text/event-stream"


def event(name: str, data: BaseModel | dict[str, Any]) -> bytes:
    """One event as it goes over the wire; JSON holds no line break that could end it early."""
    plain = data.model_dump(mode="json") if isinstance(data, BaseModel) else data
    return b"event: %s\ndata: %s\n\n" % (name.encode(), orjson.dumps(plain))


def streamed(pieces: AsyncIterator[bytes]) -> Any:
    """A response that BentoML hands on as it is, in place of what the endpoint's signature says."""
    return StreamingResponse(pieces, media_type=MIME, headers={"X-Accel-Buffering": "no", "Cache-Control": "no-store"})


def answering_later(
    method: Callable[[Any, Q], Coroutine[Any, Any, Any]],
) -> Callable[[Any, Q], Coroutine[Any, Any, Any]]:
    """A `Problem` becomes the answer that tells of it, for methods that are awaited."""

    @wraps(method)
    async def answered(self: Any, question: Q, /) -> Any:
        try:
            return await method(self, question)
        except Problem as problem:
            return problem.response()

    return answered
