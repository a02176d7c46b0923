"""`/explain`: one sentence on why one item was recommended, written while its reader waits, or at once if it is there.

It runs on a thread of its own beside the answers, waits for the text LLM no longer than the settings say, and gives the
deterministic sentence then. What is sent has passed its check, also where it is streamed.
"""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import Engine

from recommender.database import session_scope
from recommender.profiles import Profile
from recommender.ranking import RankingQuery, ScoredItem, recommend
from recommender.tables import Recommendation
from recommender.words.writer import Sentence
from services.answers import Answers
from services.breaker import Away
from services.explaining import Explainer, Key, Wish
from services.problems import Problem
from services.released import Released
from services.schemas import EvidenceAnswer, ExplainAnswer, ExplainQuestion
from services.streams import event

LOOKED_THROUGH = 100  # places of the shopper's list in which the item is looked for
THREADS = 2


@dataclass(frozen=True, slots=True)
class Told:
    """The answer as it stands, and the better sentence that may still come."""

    answer: ExplainAnswer
    coming: Future[Sentence] | None = None


@dataclass(slots=True)
class Telling:
    engine: Engine
    answers: Answers
    explainer: Explainer
    seconds: float
    _threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(THREADS, "telling"))

    def stop(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def explain(self, question: ExplainQuestion) -> ExplainAnswer:
        """The sentence, after a moment's wait if it has to be written."""
        told = await self._told(question)
        return await self._awaited(told)

    async def explain_in_pieces(self, question: ExplainQuestion) -> AsyncIterator[bytes]:
        """What can be said at once, then what was written meanwhile. Refusals come before the first piece."""
        told = await self._told(question)
        return self._pieces(told)

    async def _pieces(self, told: Told) -> AsyncIterator[bytes]:
        yield event("sentence", {"reason": told.answer.reason, "explained_by": told.answer.explained_by})
        answer = await self._awaited(told)
        if answer is not told.answer:
            yield event("sentence", {"reason": answer.reason, "explained_by": answer.explained_by})
        yield event("done", answer)

    async def _told(self, question: ExplainQuestion) -> Told:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self.tell, question, datetime.now(UTC))

    async def _awaited(self, told: Told) -> ExplainAnswer:
        if told.coming is None:
            return told.answer
        try:
            sentence = await asyncio.wait_for(asyncio.wrap_future(told.coming), self.seconds)
        except (TimeoutError, asyncio.CancelledError):
            told.coming.cancel()
            if (task := asyncio.current_task()) is not None and task.cancelling():
                raise  # the reader has gone
            return told.answer
        except Exception:  # the writer has logged it
            return told.answer
        if sentence.explained_by != "llm":
            return told.answer
        return told.answer.model_copy(update={"reason": sentence.text, "explained_by": sentence.explained_by})

    def tell(self, question: ExplainQuestion, now: datetime) -> Told:
        """What is known now; a `Problem` for an item that is not recommended to the shopper."""
        if question.recommendation_id is not None:
            item_id = self._shown(question)
        elif question.item_id is not None:
            item_id = question.item_id
        else:
            raise Problem("item_id", "nothing says what to explain", "Give item_id or recommendation_id.")
        model, degraded = self.answers.models.needed(), set[str]()
        profile = self.answers.shoppers.profile(model.bundle, question.user_id, now, degraded)
        scored = self._found(model, profile, item_id, now)
        known = self.answers.known(profile)
        key = Key(question.user_id, profile.version if profile else 0, question.language)
        reason, by = self.explainer.reason(key, model.model_version, scored, known)
        answer = ExplainAnswer(
            user_id=question.user_id,
            item_id=item_id,
            title=self.answers.shelf.title(item_id),
            reason=reason,
            explained_by=by,
            profile_version=(profile.version or None) if profile else None,
            model_version=model.model_version,
            evidence=[EvidenceAnswer.of(one) for one in scored.evidence],
        )
        if by == "llm":
            return Told(answer)
        wish = Wish(key, model.model_version, [(item_id, scored.evidence)], known)
        return Told(answer, self.explainer.wish_urgently(wish))

    def _shown(self, question: ExplainQuestion) -> str:
        """The item asked about, out of an answer that this very shopper got; another's is as unknown as none."""
        unknown = Problem(
            "recommendation_id",
            "no such answer was given to this shopper",
            "Check both ids; an answer of this very moment takes a second to be known.",
            404,
        )
        try:
            with self.answers.shoppers.database.guard(), session_scope(self.engine) as session:
                row = session.get(Recommendation, question.recommendation_id)
        except Away:
            raise Problem("recommendation_id", "the database is away", "Ask again in a moment.", 503) from None
        if row is None or row.user_id != question.user_id:
            raise unknown
        items = [str(one["item_id"]) for one in row.items]
        if question.item_id is None and items:
            return items[0]
        if question.item_id in items:
            return question.item_id
        raise Problem("item_id", "is not in that answer", "Give one of its items, or leave it out.", 404)

    def _found(self, model: Released, profile: Profile | None, item_id: str, now: datetime) -> ScoredItem:
        """The item in what is recommended to the shopper now: among all items, else among those of its category."""
        catalogue = model.bundle.catalogue
        if item_id not in catalogue.index or not self.answers.shelf.shown(item_id, now):
            raise Problem("item_id", f"item {item_id!r} is not recommended now", "Check the id.", 404)
        category = self.answers.shelf.about(item_id).category
        for categories in ({category} if category else set(), set[str]()):
            query = RankingQuery(
                n=LOOKED_THROUGH, exclude=self.answers.shelf.withdrawn, categories=frozenset(categories)
            )
            for scored in recommend(model.bundle, profile, query, now):
                if scored.item_id == item_id:
                    return scored
        raise Problem("item_id", f"item {item_id!r} is not recommended to this shopper", "Ask about one that is.", 404)
