"""The quick way to an answer: a `/recommend` whose list is ready is answered here, the rest goes on to its endpoint.

An ASGI middleware. What it sends is what the endpoint would send; it only spares the way there. It never waits: a
store that lies on another machine is asked on a thread.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from anyio import to_thread
from pydantic import ValidationError
from starlette.types import ASGIApp, Receive, Scope, Send

from features.online import reads_at_once
from services.answers import Answers
from services.bodies import given, read_body
from services.problems import readable, too_long
from services.schemas import RecommendQuestion

PATH = "/recommend"


@dataclass(slots=True)
class Ready:
    """The answers of a running service; None until it runs."""

    answers: Answers | None = None
    inline: bool = False  # whether the online store is read without waiting for another machine

    def open(self, answers: Answers) -> None:
        self.inline, self.answers = reads_at_once(), answers


class Quick:
    """Answers what is ready."""

    def __init__(self, app: ASGIApp, ready: Ready) -> None:
        self.app, self.ready = app, ready

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == PATH and scope["method"] == "POST" and readable(scope):
            body = await read_body(receive)
            if body is None:
                await too_long().response()(scope, receive, send)
                return
            answer = await self._answer(body)
            if answer is not None:
                await _send(send, answer)
                return
            receive = given(body, receive)
        await self.app(scope, receive, send)

    async def _answer(self, body: bytes) -> bytes | None:
        answers = self.ready.answers
        if answers is None:
            return None
        try:
            question = RecommendQuestion.model_validate_json(body)
        except ValidationError:  # the endpoint says what is wrong with it
            return None
        mark = None
        if question.user_id is not None:
            mark = (
                answers.shoppers.mark(question.user_id)
                if self.ready.inline
                else await to_thread.run_sync(answers.shoppers.mark, question.user_id)
            )
        return answers.at_once(question, mark, datetime.now(UTC))


async def _send(send: Send, answer: bytes) -> None:
    length = str(len(answer)).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", length)]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": answer})
