"""`/assistant`: customer service over HTTP: who asks, what was asked before, and the parts of the answer as they come.

It runs on a thread of its own. Its encoder is the one of the settings, which `SURE` was found for, shared with search
where that has the same; it is loaded with the first entries. Purchases are read for the `user_id` of the request alone.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime

import structlog
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import SQLAlchemyError

from recommender.assistant.faq import Entry, FaqIndex
from recommender.assistant.intents import language_of
from recommender.assistant.pipeline import Answer, Desk, Question
from recommender.db.engine import session_scope, writing
from recommender.db.tables import FaqEntry
from recommender.encoders.base import Encoder
from recommender.importing.faq import stored_entries
from recommender.store.outgoing import HANDOVER, queue_message
from services.assistant.reply_writer import ReplyWriter
from services.assistant.response import respond
from services.assistant.tools import Tools
from services.core.circuit_breaker import Away, Breaker
from services.core.errors import Problem
from services.core.metrics import meters
from services.http.sse import event
from services.offers.service import Offers
from services.schemas.assistant import AssistantRequest, AssistantResponse
from services.search.service import Searcher
from services.state.catalog_cache import LiveItems

log = structlog.get_logger(__name__)
LOOKS_APART = 2.0  # seconds between two looks for changed entries
WRITERS = 4  # replies that the text LLM may be asked for at once


@dataclass(frozen=True, slots=True)
class _Draft:
    """An answer, its language, and the parts that it was made without."""

    answer: Answer
    language: str
    degraded: set[str]


@dataclass(slots=True)
class AssistantService:
    """Answers `/assistant`, one question at a time. `load_encoder` is called once, when there are entries to read."""

    engine: Engine
    live_items: LiveItems
    database: Breaker
    load_encoder: Callable[[], Encoder]
    searcher: Callable[[], Searcher]
    offers: Callable[[], Offers]
    writer: ReplyWriter | None = None
    _writers: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(WRITERS, "assistant-llm"))
    _threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "assistant"))
    _encoder: Encoder | None = None
    _faq: FaqIndex | None = None
    _faq_mark: tuple[int, datetime | None] = (0, None)
    _looked: float = -LOOKS_APART

    def start(self) -> None:
        """Gets the entries ready, and with them the encoder, before somebody waits for it."""
        self._threads.submit(self._warm_up)

    def _warm_up(self) -> None:
        try:
            self._entries()
        except SQLAlchemyError as failure:
            log.warning("the FAQ is not read yet", reason=str(failure).splitlines()[0])

    def stop(self) -> None:
        """Takes no further question and drops those that wait; the one under way isn't waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._writers.shutdown(wait=False, cancel_futures=True)

    async def answer(self, question: AssistantRequest) -> AssistantResponse:
        """The whole answer, made on the assistant's thread after the questions before it; a `Problem` as of `reply`.

        What the text LLM writes is waited for beside that thread, so that no other question waits for it.
        """
        loop = asyncio.get_running_loop()
        draft = await loop.run_in_executor(self._threads, self._draft, question, datetime.now(UTC))
        if self.writer is not None and self.writer.would_write(draft.answer):
            draft = await loop.run_in_executor(self._writers, self._reword, question, draft)
        return _respond(draft)

    async def answer_in_pieces(self, question: AssistantRequest) -> AsyncIterator[bytes]:
        """The parts one by one, then the whole. Refusals come before the first piece."""
        return _pieces(await self.answer(question))

    def reply(self, question: AssistantRequest, now: datetime) -> AssistantResponse:
        """The answer to one question; a `Problem` when the database is away."""
        return _respond(self._reword(question, self._draft(question, now)))

    def _draft(self, question: AssistantRequest, now: datetime) -> _Draft:
        """The answer by templates."""
        language = question.language or language_of(question.question)
        before = tuple(turn.text for turn in question.turns if turn.role == "user")
        degraded: set[str] = set()
        try:
            with self.database.guard():
                desk = self._desk(question.user_id, now, degraded)
                answer = desk.answer(Question(question.question, language, before))
        except Away:
            raise Problem("question", "the database is away", "Ask again in a moment.", 503) from None
        meters().assistant.labels(answer.parts[0].kind, str(answer.handover).lower()).inc()
        if answer.handover:
            self._call_person(question, answer, language, now)
        return _Draft(answer, language, degraded)

    def _reword(self, question: AssistantRequest, draft: _Draft) -> _Draft:
        """The same in the text LLM's words, where one is there and says nothing but the evidence."""
        if self.writer is None:
            return draft
        answer = self.writer.reword(question.question, draft.answer, draft.language, draft.degraded)
        return _Draft(answer, draft.language, draft.degraded)

    def _call_person(self, question: AssistantRequest, answer: Answer, language: str, now: datetime) -> None:
        """The shop's own system is told that somebody waits for a person; the answer doesn't wait for it."""
        data = {"user_id": question.user_id, "question": question.question, "language": language}
        data |= {"reason": answer.reason, "summary": answer.summary}
        try:
            with self.database.guard(), writing(self.engine) as session:
                queue_message(session, HANDOVER, data, now, user_id=question.user_id)
        except Away:
            meters().messages.labels(HANDOVER, "lost").inc()

    def _desk(self, user_id: str | None, now: datetime, degraded: set[str]) -> Desk:
        tools = Tools(self.engine, self.live_items, self.searcher, self.offers, user_id, now, degraded)
        if user_id is None:
            return Desk(self._entries(), tools.finder)
        return Desk(self._entries(), tools.finder, tools.orders, tools.coupons)

    def _entries(self) -> FaqIndex:
        """The entries as they are now, or were a moment ago."""
        if self._faq is not None and time.monotonic() - self._looked < LOOKS_APART:
            return self._faq
        with session_scope(self.engine) as session:
            count, newest = session.execute(select(func.count(), func.max(FaqEntry.updated_at))).one()
            mark = (count, newest)
            if self._faq is None or mark != self._faq_mark:
                rows = stored_entries(session)
                entries = [Entry(row.faq_id, row.question, row.answer, row.language) for row in rows]
                self._faq, self._faq_mark = FaqIndex(entries, self._loaded() if entries else None), mark
        self._looked = time.monotonic()
        return self._faq

    def _loaded(self) -> Encoder:
        if self._encoder is None:
            self._encoder = self.load_encoder()
        return self._encoder


async def _pieces(answer: AssistantResponse) -> AsyncIterator[bytes]:
    for part in answer.parts:
        yield event("part", part)
    yield event("done", answer)


def _respond(draft: _Draft) -> AssistantResponse:
    for part in draft.degraded:
        meters().degraded.labels("assistant", part).inc()
    return respond(draft.answer, draft.language, draft.degraded)
