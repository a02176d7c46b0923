"""`/assistant`: customer service over HTTP: who asks, what was asked before, and the parts of the answer as they come.

It runs on a thread of its own. Its encoder is the one of the settings, which `SURE` was found for, shared with search
where that has the same; it is loaded with the first entries. Purchases are read for the `user_id` of the request alone.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime

import structlog
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import SQLAlchemyError

from recommender.assistant import order_answers, product_answers
from recommender.assistant.answer_parts import Part
from recommender.assistant.faq import Entry, FaqIndex
from recommender.assistant.intents import Intent, language_of
from recommender.assistant.pipeline import Answer, Desk, Question
from recommender.db.engine import session_scope, writing
from recommender.db.tables import FaqEntry
from recommender.encoders.base import Encoder
from recommender.importing.faq import stored_entries
from recommender.store.outgoing import HANDOVER, tell
from services.core.circuit_breaker import Away, Breaker
from services.core.errors import Problem
from services.core.metrics import meters
from services.http.sse import event
from services.schemas.assistant import AssistantPart, AssistantRequest, AssistantResponse, AssistantSource
from services.state.catalog_cache import LiveItems

log = structlog.get_logger(__name__)
LOOKS_APART = 2.0  # seconds between two looks for changed entries
TITLES_APART = 60.0  # and between two new readings of all titles


@dataclass(slots=True)
class AssistantService:
    """Answers `/assistant`, one question at a time. `load_encoder` is called once, when there are entries to read."""

    engine: Engine
    live_items: LiveItems
    database: Breaker
    load_encoder: Callable[[], Encoder]
    _threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "assistant"))
    _encoder: Encoder | None = None
    _faq: FaqIndex | None = None
    _faq_mark: tuple[int, datetime | None] = (0, None)
    _titles: product_answers.TitleSearch | None = None
    _looked: float = -LOOKS_APART
    _read_titles: float = -TITLES_APART

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

    async def answer(self, question: AssistantRequest) -> AssistantResponse:
        """The whole answer, made on the assistant's thread after the questions before it; a `Problem` as of `reply`."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self.reply, question, datetime.now(UTC))

    async def answer_in_pieces(self, question: AssistantRequest) -> AsyncIterator[bytes]:
        """The parts one by one, then the whole. Refusals come before the first piece."""
        return _pieces(await self.answer(question))

    def reply(self, question: AssistantRequest, now: datetime) -> AssistantResponse:
        """The answer to one question; a `Problem` when the database is away."""
        language = question.language or language_of(question.question)
        before = tuple(turn.text for turn in question.turns if turn.role == "user")
        try:
            with self.database.guard():
                answer = self._desk(question.user_id, now).answer(Question(question.question, language, before))
        except Away:
            raise Problem("question", "the database is away", "Ask again in a moment.", 503) from None
        kind = answer.parts[0].kind
        meters().assistant.labels(kind, str(answer.handover).lower()).inc()
        if answer.handover:
            self._call_person(question, answer, language, now)
        return _respond(answer, language)

    def _call_person(self, question: AssistantRequest, answer: Answer, language: str, now: datetime) -> None:
        """The shop's own system is told that somebody waits for a person; the answer doesn't wait for it."""
        data = {"user_id": question.user_id, "question": question.question, "language": language}
        data["reason"] = answer.reason
        try:
            with self.database.guard(), writing(self.engine) as session:
                tell(session, HANDOVER, data, now, user_id=question.user_id)
        except Away:
            meters().messages.labels(HANDOVER, "lost").inc()

    def _desk(self, user_id: str | None, now: datetime) -> Desk:
        def own(asked: Intent, language: str) -> Part:
            with session_scope(self.engine) as session:
                bought = order_answers.purchases(session, str(user_id), self.live_items.title)
            return order_answers.tell(bought, asked, language, now)

        return Desk(self._entries(), self._goods, own if user_id is not None else None)

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

    def _goods(self, about: Sequence[str], language: str) -> Part | None:
        items, changed = self.live_items.items, self._titles is None or len(self._titles) != len(self.live_items.items)
        if changed and time.monotonic() - self._read_titles >= TITLES_APART:
            self._titles = product_answers.TitleSearch((item.item_id, item.title) for item in list(items.values()))
            self._read_titles = time.monotonic()
        now = datetime.now(UTC)
        found = self._titles.find(about, language) if self._titles is not None else []
        shown = [item_id for item_id in found if self.live_items.shown(item_id, now)]
        gone = [item_id for item_id in found if self.live_items.shown(item_id, now, with_sold_out=True)]
        if gone and not shown:
            return product_answers.deny(self.live_items.title(gone[0]), language)
        return (
            product_answers.tell(shown, self.live_items.title, self._price, language, self._availability)
            if shown
            else None
        )

    def _availability(self, item_id: str) -> str | None:
        item = self.live_items.get(item_id)
        return item.availability if item is not None else None

    def _price(self, item_id: str) -> float | None:
        item = self.live_items.get(item_id)
        return item.price if item is not None else None


async def _pieces(answer: AssistantResponse) -> AsyncIterator[bytes]:
    for part in answer.parts:
        yield event("part", part)
    yield event("done", answer)


def _respond(answer: Answer, language: str) -> AssistantResponse:
    parts = [
        AssistantPart(
            kind=part.kind,
            text=part.text,
            sources=[
                AssistantSource(kind=one.kind, id=one.id, title=one.title, score=one.score) for one in part.sources
            ],
        )
        for part in answer.parts
    ]
    return AssistantResponse(
        answer=answer.text,
        language="zh" if language == "zh" else "en",
        parts=parts,
        sources=[source for part in parts for source in part.sources],
        handover=answer.handover,
        handover_reason=answer.reason,
        confidence=answer.confidence,
    )
