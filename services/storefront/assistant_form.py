"""The storefront's form to ask the assistant; it asks what `/assistant` asks.

The page carries the conversation: the form brings back what was said before, and the shop keeps none of it.
"""

from collections.abc import Sequence
from itertools import groupby
from urllib.parse import urlencode

from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from services.core.errors import Problem
from services.schemas.assistant import (
    AssistantPart,
    AssistantRequest,
    AssistantResponse,
    AssistantSource,
    QuestionText,
    Turn,
)
from services.storefront.forms import Form, language_of, posted
from services.storefront.i18n import MESSAGES
from services.storefront.pages import Site, page

REMEMBERED = 10  # exchanges that stay on the page
READ = 5  # of them, those that the assistant reads: as many turns as it takes


class Exchange(BaseModel):
    """A question and what was answered."""

    question: QuestionText
    answer: AssistantResponse

    @property
    def parts(self) -> list[tuple[AssistantPart, dict[str, dict[str, str]]]]:
        """Each part of the answer with what it was taken from: by kind, an id for each title."""
        return [(part, by_kind(part.sources)) for part in self.answer.parts]


_TALK = TypeAdapter(list[Exchange])


def by_kind(sources: Sequence[AssistantSource]) -> dict[str, dict[str, str]]:
    """What many purchases of one product say is said once."""
    return {kind: {one.title: one.id for one in same} for kind, same in groupby(sources, key=lambda one: one.kind)}


async def ask(request: Request) -> Response:
    """The page with one exchange more, or with the question as it was and what is wrong with it."""
    form = await posted(request)
    site: Site = request.app.state.site
    messages = MESSAGES[language_of(form)]
    talk, question, problem = list[Exchange](), form.get("question", "").strip(), None
    try:
        talk = _talk(form, messages)
        asked = _question(form, question, talk, messages)
        answer = await site.shop.assistant.answer(asked)
        talk, question = [*talk, Exchange(question=question, answer=answer)][-REMEMBERED:], ""
    except Problem as refusal:
        problem = refusal
    address = {"user": form.get("user", ""), "lang": form.get("lang", ""), "view": "ask"}
    carried = _TALK.dump_json(talk).decode()
    return await run_in_threadpool(page, site, address, talk=talk, carried=carried, question=question, problem=problem)


def _talk(form: Form, messages: dict[str, str]) -> list[Exchange]:
    try:
        return _TALK.validate_json(form.get("talk") or "[]")[-REMEMBERED:]
    except ValidationError:
        raise Problem("talk", messages["bad_talk"], "") from None


def _question(form: Form, question: str, talk: Sequence[Exchange], messages: dict[str, str]) -> AssistantRequest:
    turns = []
    for one in talk[-READ:]:
        turns += [Turn(role="user", text=one.question), Turn(role="assistant", text=one.answer.answer[:5000])]
    fields = {"question": question, "user_id": form.get("user", "").strip() or None, "turns": turns}
    try:
        return AssistantRequest.model_validate(fields)
    except ValidationError as error:
        field = str(error.errors()[0]["loc"][0])
        raise Problem(field, messages["bad_id" if field == "user_id" else "bad_question"], "") from None


def again(request: Request) -> Response:
    """Whoever loads the form's address anew begins a new conversation."""
    return RedirectResponse(f"/?{urlencode({**request.query_params, 'view': 'ask'})}", 303)


routes = [Route("/ask", ask, methods=["POST"]), Route("/ask", again, methods=["GET"])]
