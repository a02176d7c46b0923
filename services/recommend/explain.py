"""`/explain`: one sentence on why one item was recommended: as it was shown, or as it would be shown now.

Of an answer that was given, sentence and evidence are those kept with it. Else the item is looked for in what would be
answered now, and its sentence is written while the reader waits, or is there already. It runs on a thread of its own
beside the answers, waits for the text LLM no longer than the settings say, and gives the deterministic sentence then.
What is sent has passed its check, also where it is streamed.
"""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine

from recommender.db.engine import session_scope
from recommender.db.tables import ImpressionEvidence, Recommendation
from recommender.explain.templates import SentenceContext, explain
from recommender.explain.writer import Sentence
from recommender.profiles.profile import Profile
from recommender.ranking.pipeline import ScoredItem
from recommender.scenarios.base import Chosen
from recommender.store.impression_evidence import evidence_from
from services.core.circuit_breaker import Away
from services.core.errors import Problem
from services.core.metrics import meters
from services.explain.sentence_requests import Key, SentenceRequest, key_of
from services.explain.worker import Explainer
from services.http.sse import event
from services.recommend.impressions import made_at
from services.recommend.service import RecommendService
from services.schemas.explain import ExplainRequest, ExplainResponse
from services.schemas.recommend import ItemEvidence, RuleApplied
from services.state.model import Released

THREADS = 2
ON_ITS_WAY = timedelta(seconds=3)  # from an answer to its row in the database, twice as long as usual
ASKS_AGAIN = 0.25  # seconds


@dataclass(frozen=True, slots=True)
class Explained:
    """The answer as it stands, and the better sentence that may still come."""

    answer: ExplainResponse
    coming: Future[Sentence] | None = None


@dataclass(slots=True)
class ExplanationService:
    """Answers `/explain`. `seconds` is how long at most a question waits for the text LLM's sentence."""

    engine: Engine
    answers: RecommendService
    explainer: Explainer
    seconds: float
    _threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(THREADS, "telling"))

    def stop(self) -> None:
        """Takes no further question and drops those that wait; those under way aren't waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def explain(self, request: ExplainRequest) -> ExplainResponse:
        """The sentence, after a moment's wait if it has to be written."""
        explained = await self._find_now(request)
        return await self._awaited(explained)

    async def explain_in_pieces(self, request: ExplainRequest) -> AsyncIterator[bytes]:
        """What can be said at once, then what was written meanwhile. Refusals come before the first piece."""
        explained = await self._find_now(request)
        return self._pieces(explained)

    async def _pieces(self, explained: Explained) -> AsyncIterator[bytes]:
        yield event("sentence", {"reason": explained.answer.reason, "explained_by": explained.answer.explained_by})
        answer = await self._awaited(explained)
        if answer is not explained.answer:
            yield event("sentence", {"reason": answer.reason, "explained_by": answer.explained_by})
        yield event("done", answer)

    async def _find_now(self, request: ExplainRequest) -> Explained:
        """An answer of this very moment is not in the database yet: it is waited for."""
        threads = asyncio.get_running_loop()
        while True:
            now = datetime.now(UTC)
            try:
                return await threads.run_in_executor(self._threads, self.explain_now, request, now)
            except Problem as problem:
                if problem.field != "recommendation_id" or problem.status != 404 or not _fresh(request, now):
                    raise
            await asyncio.sleep(ASKS_AGAIN)

    async def _awaited(self, explained: Explained) -> ExplainResponse:
        if explained.coming is None:
            return explained.answer
        try:
            sentence = await asyncio.wait_for(asyncio.wrap_future(explained.coming), self.seconds)
        except (TimeoutError, asyncio.CancelledError):
            explained.coming.cancel()
            if (task := asyncio.current_task()) is not None and task.cancelling():
                raise  # the reader has gone
            return explained.answer
        except Exception:  # the writer has logged it
            return explained.answer
        if sentence.explained_by != "llm":
            return explained.answer
        return explained.answer.model_copy(update={"reason": sentence.text, "explained_by": sentence.explained_by})

    def explain_now(self, request: ExplainRequest, now: datetime) -> Explained:
        """What is known now; a `Problem` for what was not shown, or would not be."""
        if request.recommendation_id is not None:
            return self._of_answer(request, request.recommendation_id, now)
        if request.user_id is None and request.session_id is None:
            raise Problem("user_id", "nobody is named", "Give user_id, session_id or recommendation_id.", 400)
        if request.item_id is None:
            raise Problem("item_id", "nothing says what to explain", "Give item_id or recommendation_id.")
        return self._of_now(request, request.item_id, now)

    def _of_answer(self, request: ExplainRequest, recommendation_id: str, now: datetime) -> Explained:
        """The sentence as it was shown; in another language one that is made from the same evidence."""
        impression, kept = self._kept(request, recommendation_id)
        shown = self._item(request, impression, kept)
        scored = ScoredItem(shown["item_id"], shown["score"], evidence_from(shown["evidence"]))
        answer = ExplainResponse(
            user_id=impression.user_id,
            recommendation_id=recommendation_id,
            item_id=scored.item_id,
            title=self._title(request, scored.item_id),
            reason=shown["reason"],
            explained_by=shown["explained_by"],
            profile_version=impression.profile_version,
            model_version=impression.model_version,
            evidence=[ItemEvidence.of(one) for one in scored.evidence],
            rules=[RuleApplied.model_validate(one) for one in shown["rules"]],
            degraded=[],
        )
        if request.language == kept.language:
            return Explained(answer)

        def read(model: Released, lacking: set[str]) -> tuple[Profile | None, set[str]]:
            return self.answers.profile_of(model, request, now, lacking), lacking

        profile, degraded = self.answers.trial.answered(request, read)
        known = self.answers.ranker.known(profile, impression.time, request.language)
        key = None
        if impression.user_id is not None and impression.profile_version:
            key = Key(impression.user_id, impression.profile_version, request.language)
        return self._worded(_degraded(answer, degraded), key, scored, known, request.language)

    def _title(self, request: ExplainRequest, item_id: str) -> str:
        return self.answers.live_items.title(item_id, request.item_language or request.language)

    def _of_now(self, request: ExplainRequest, item_id: str, now: datetime) -> Explained:
        return self.answers.trial.answered(
            request, lambda model, degraded: self._by_model(model, request, item_id, now, degraded)
        )

    def _by_model(
        self, model: Released, request: ExplainRequest, item_id: str, now: datetime, degraded: set[str]
    ) -> Explained:
        profile, chosen = self._found(model, request, item_id, now, degraded)
        degraded.update(model.missing)
        answer = ExplainResponse(
            user_id=request.user_id,
            recommendation_id=None,
            item_id=item_id,
            title=self._title(request, item_id),
            reason="",
            explained_by="template",
            profile_version=(profile.version or None) if profile else None,
            model_version=model.model_version,
            evidence=[ItemEvidence.of(one) for one in chosen.item.evidence],
            rules=[RuleApplied(rule_id=rule.rule_id, action=rule.action) for rule in chosen.rules],
            degraded=[],
        )
        key = key_of(request, profile)
        if key is None and request.user_id is not None:
            key = Key(request.user_id, 0, request.language)
        known = self.answers.ranker.known(profile, language=request.language)
        return self._worded(_degraded(answer, degraded), key, chosen.item, known, request.language)

    def _worded(
        self, answer: ExplainResponse, key: Key | None, scored: ScoredItem, known: SentenceContext, language: str
    ) -> Explained:
        """With the sentence there is, and the better one that may come; without a key nobody writes one."""
        if key is None:
            plain = explain(known, scored.item_id, scored.evidence, language)
            return Explained(answer.model_copy(update={"reason": plain, "explained_by": "template"}))
        reason, by = self.explainer.reason(key, answer.model_version, scored, known)
        answer = answer.model_copy(update={"reason": reason, "explained_by": by})
        if by == "llm":
            return Explained(answer)
        request = SentenceRequest(key, answer.model_version, [(scored.item_id, scored.evidence)], known)
        return Explained(answer, self.explainer.enqueue_urgent(request))

    def _kept(self, request: ExplainRequest, recommendation_id: str) -> tuple[Recommendation, ImpressionEvidence]:
        """The answer asked about, if whoever asks got it; another's is as unknown as none."""
        try:
            with self.answers.shoppers.database.guard(), session_scope(self.engine) as session:
                impression = session.get(Recommendation, recommendation_id)
                kept = session.get(ImpressionEvidence, impression.evidence_id or "") if impression else None
                session.expunge_all()
        except Away:
            raise Problem("recommendation_id", "the database is away", "Ask again in a moment.", 503) from None
        if impression is None or not _is_owner(impression, request):
            message = "no such answer was given to this shopper"
            remedy = "Check both ids; an answer of this very moment takes a second to be known."
            raise Problem("recommendation_id", message, remedy, 404)
        if kept is None:
            message = "why its items were shown is not kept, or no longer"
            remedy = "Ask with item_id, and with what that answer was asked by, for the reasons of now."
            raise Problem("recommendation_id", message, remedy, 404)
        return impression, kept

    def _item(self, request: ExplainRequest, impression: Recommendation, kept: ImpressionEvidence) -> dict[str, Any]:
        """What was said of the item asked about, or of the answer's first."""
        shown = [str(one["item_id"]) for one in impression.items]
        item_id = request.item_id if request.item_id is not None else next(iter(shown), None)
        found = next((one for one in kept.items if one["item_id"] == item_id), None)
        if item_id not in shown or found is None:
            raise Problem("item_id", "is not in that answer", "Give one of its items, or leave it out.", 404)
        return dict(found)

    def _found(
        self, model: Released, request: ExplainRequest, item_id: str, now: datetime, degraded: set[str]
    ) -> tuple[Profile | None, Chosen]:
        """The item in all that would be answered now; where that lacks it, among the items of its category."""
        live_items = self.answers.live_items
        if item_id not in live_items or not live_items.shown(item_id, now):
            raise Problem("item_id", f"item {item_id!r} is not recommended now", "Check the id.", 404)
        category = live_items.about(item_id).category
        requests = [request]
        if category and not request.categories:
            requests.append(request.model_copy(update={"categories": [category]}))
        for one in requests:
            profile, chosen = self.answers.find(model, one, item_id, now, degraded)
            if chosen is not None:
                return profile, chosen
        raise Problem("item_id", f"item {item_id!r} is not recommended to this shopper", "Ask about one that is.", 404)


def _degraded(answer: ExplainResponse, parts: set[str]) -> ExplainResponse:
    """The same answer that says which parts were away, which is counted."""
    for part in parts:
        meters().degraded.labels("explain", part).inc()
    return answer.model_copy(update={"degraded": sorted(parts)})


def _is_owner(impression: Recommendation, request: ExplainRequest) -> bool:
    """A shopper's answers are theirs alone, then a visit's its own; what was shown to nobody known says nothing.

    A visit that doesn't name its shopper goes on having what it was shown before they signed in.
    """
    if impression.user_id is not None and request.user_id is not None:
        return impression.user_id == request.user_id
    if impression.user_id is not None:
        return impression.session_id is not None and impression.session_id == request.session_id
    return impression.session_id is None or impression.session_id == request.session_id


def _fresh(request: ExplainRequest, now: datetime) -> bool:
    """Whether an answer of this id would be so young that it may be on its way to the database."""
    made = made_at(request.recommendation_id or "")
    return made is not None and timedelta(0) <= now - made < ON_ITS_WAY
