"""The text LLM beside the answers: writes sentences on a thread of its own, and keeps them until they are asked for.

An answer takes what is written and, once it is shown, has the rest queued; it waits for nothing. `/explain` has its
sentence written before all others and waits, but not for long. What is queued is written while its shopper may still
be there, and within the day's budget: a service that nobody asks loads no engine and writes nothing. Sentences lie in
memory, and in the database for other workers and the next start.
"""

import time
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from recommender.db.engine import session_scope, writing
from recommender.explain.facts import ItemDescription, facts_of, fingerprint
from recommender.explain.llm import Guarded
from recommender.explain.store import KeptSentence, load, save, trim
from recommender.explain.templates import SentenceContext, explain
from recommender.explain.writer import ExplainedBy, Sentence, write_sentence
from recommender.ranking.evidence import Evidence
from recommender.ranking.pipeline import ScoredItem
from recommender.utils.background_worker import BackgroundWorker
from services.core.metrics import dropped, meters
from services.core.waiting_callers import Traffic
from services.explain.sentence_requests import SENTENCES_A_DAY, Budget, Key, Reasons, SentenceRequest, UrgentRequest

log = structlog.get_logger(__name__)
NOTHING: Mapping[str, KeptSentence] = {}
MOST_QUEUED = 256
QUEUE_SECONDS = 45.0  # a shopper who has seen an answer longer ago has gone on
MOST_URGENT = 8
MOST_IN_MEMORY = 10_000  # shoppers' profiles; each holds at most MOST_ITEMS sentences a language
MOST_ITEMS = 12  # of one answer; what stands further down gets the deterministic sentence
SAVES_A_TRIM = 200
PATIENCE = 30.0  # seconds for a sentence that nobody waits for
REST = 9.0  # for each second of writing so long a rest, while shoppers are being answered


@dataclass(slots=True)
class Explainer:
    """`reasons` is called on the request path; the rest happens on the writer's thread."""

    engine: Engine
    llm: Guarded | None
    about: Callable[[str], ItemDescription]
    seconds: float
    on_news: Callable[[Key], None] | None = None  # called on the writer's thread when sentences came
    traffic: Traffic = field(default_factory=Traffic)
    budget: Budget = field(default_factory=lambda: Budget(SENTENCES_A_DAY))
    _queue: deque[tuple[float, SentenceRequest]] = field(default_factory=deque)  # with the moment of each
    _urgent: deque[UrgentRequest] = field(default_factory=deque)
    _queued: set[Key] = field(default_factory=set)
    _memory: OrderedDict[Key, dict[str, KeptSentence]] = field(default_factory=OrderedDict)
    _worker: BackgroundWorker = field(init=False)
    _saves: int = 0

    def __post_init__(self) -> None:
        self._worker = BackgroundWorker("explainer", self._round)

    def start(self) -> None:
        """Starts the writer's thread; without a text LLM there is none, and every sentence is the deterministic one."""
        if self.llm is not None:
            self._worker.start()

    def stop(self) -> None:
        """Ends the writer; the sentence under way is waited for two seconds longer than a reader waits for one."""
        self._worker.stop(self.seconds + 2)

    def reasons(
        self, key: Key | None, model_version: str, found: Sequence[ScoredItem], known: SentenceContext, language: str
    ) -> Reasons:
        """A sentence for each item of an answer; with a key, the request for what is missing, for when it is shown."""
        there = self._memory.get(key, NOTHING) if key is not None else NOTHING
        reasons: list[tuple[str, ExplainedBy]] = []
        missing = False
        for place, one in enumerate(found):
            kept = there.get(one.item_id) if there else None
            if kept is not None and kept.evidence == fingerprint(model_version, one.evidence):
                reasons.append((kept.text, kept.explained_by))
            else:
                missing = missing or place < MOST_ITEMS
                reasons.append((explain(known, one.item_id, one.evidence, language), "template"))
        if not missing or key is None or not self._worker.is_running:
            return Reasons(reasons, None)
        first = found[:MOST_ITEMS]
        linked = {item_id for one in first for evidence in one.evidence for item_id in evidence.item_ids}
        items = [(one.item_id, one.evidence) for one in first]
        return Reasons(
            reasons, SentenceRequest(key, model_version, items, known.of(linked.union(one.item_id for one in first)))
        )

    def reason(
        self, key: Key, model_version: str, scored: ScoredItem, known: SentenceContext
    ) -> tuple[str, ExplainedBy]:
        """The sentence there is for one item; nothing is queued."""
        kept = self._memory.get(key, NOTHING).get(scored.item_id)
        if kept is not None and kept.evidence == fingerprint(model_version, scored.evidence):
            return kept.text, kept.explained_by
        return explain(known, scored.item_id, scored.evidence, key.language), "template"

    def enqueue(self, request: SentenceRequest) -> None:
        """Asks for what isn't written yet of an answer that was shown. What is dropped is counted, by why.

        When too many requests wait, the oldest is dropped; when the day's budget is spent, this one is.
        """
        if not self._worker.is_running or self.llm is None or not self.llm.open or request.key in self._queued:
            return
        if not self.budget.left:
            dropped("budget").inc()
            return
        with self._worker.condition:
            if len(self._queue) >= MOST_QUEUED:
                self._drop_oldest("full")
            self._queue.append((time.monotonic(), request))
            self._queued.add(request.key)
            self._worker.condition.notify()

    def _drop_oldest(self, why: str) -> None:
        _, request = self._queue.popleft()
        self._queued.discard(request.key)
        dropped(why).inc()

    def enqueue_urgent(self, request: SentenceRequest) -> Future[Sentence] | None:
        """The sentence of the request's one item, before all others; None when nobody would write it."""
        if not self._worker.is_running or self.llm is None or not self.llm.open or len(self._urgent) >= MOST_URGENT:
            return None
        urgent = UrgentRequest(request)
        with self._worker.condition:
            self._urgent.append(urgent)
            self._worker.condition.notify()
        return urgent.answer

    def remember(self, key: Key, kept: Mapping[str, KeptSentence]) -> None:
        """Puts sentences into memory."""
        with self._worker.condition:
            self._memory.setdefault(key, {}).update(kept)
            while len(self._memory) > MOST_IN_MEMORY:
                self._memory.popitem(last=False)

    def users(self) -> set[str]:
        """Of whom sentences are in memory."""
        with self._worker.condition:
            return {key.user_id for key in self._memory}

    def forget(self, user_id: str) -> None:
        """Drops what is in memory of a shopper."""
        with self._worker.condition:
            for key in [key for key in self._memory if key.user_id == user_id]:
                del self._memory[key]

    def _round(self) -> float | None:
        request = self._next()
        if request is None:
            return None
        try:
            self._write_answer(request)
        except Exception:  # a sentence that fails must not hold up all others
            log.exception("sentences could not be written")
        return 0.0

    def _next(self) -> SentenceRequest | UrgentRequest | None:
        with self._worker.condition:
            while not self._worker.is_stopping:
                if self._urgent:
                    return self._urgent.popleft()
                while self._queue and time.monotonic() - self._queue[0][0] > QUEUE_SECONDS:
                    self._drop_oldest("late")
                if self._queue:
                    _, request = self._queue.pop()  # the newest: its shopper is still there
                    self._queued.discard(request.key)
                    return request
                self._worker.condition.wait()
            return None

    def _write_answer(self, request: SentenceRequest | UrgentRequest) -> None:
        if isinstance(request, UrgentRequest):
            self._write_urgent(request)
            return
        at_hand = request.key in self._memory
        there, fresh = self._kept_sentences(request.key), {}
        came = bool(there) and not at_hand  # another worker wrote them, or this one before it was started anew
        for item_id, evidence in request.items[:MOST_ITEMS]:
            if self._worker.is_stopping or not self.budget.left or (self.llm is not None and not self.llm.open):
                break
            mark, began = fingerprint(request.model_version, evidence), time.monotonic()
            if item_id not in there or there[item_id].evidence != mark:
                sentence = self._write(request, item_id, evidence, PATIENCE)
                self.budget.spend()
                if _lasting(sentence):
                    fresh[item_id] = there[item_id] = KeptSentence(mark, sentence.text, sentence.explained_by)
                self._give_way(time.monotonic() - began)
            while self._urgent and not self._worker.is_stopping:
                self._write_urgent(self._urgent.popleft())
        self._keep(request.key, fresh)
        self._announce(request.key, came or bool(fresh))

    def _give_way(self, worked: float) -> None:
        """An engine on this machine slows every answer down; a sentence that somebody waits for ends the rest."""
        if self.llm is not None and self.llm.in_process and self.traffic.busy:
            self._worker.rest(REST * worked, lambda: bool(self._urgent))

    def _write_urgent(self, urgent: UrgentRequest) -> None:
        request, answer = urgent.request, urgent.answer
        if not answer.set_running_or_notify_cancel():  # nobody waits any more
            return
        item_id, evidence = request.items[0]
        try:
            sentence = self._write(request, item_id, evidence, self.seconds)
        except Exception as error:  # whoever waits is told
            answer.set_exception(error)
            return
        answer.set_result(sentence)
        if _lasting(sentence):
            kept = KeptSentence(fingerprint(request.model_version, evidence), sentence.text, sentence.explained_by)
            self._kept_sentences(request.key)[item_id] = kept
            self._keep(request.key, {item_id: kept})
            self._announce(request.key, True)

    def _announce(self, key: Key, news: bool) -> None:
        if news and self.on_news is not None:
            self.on_news(key)

    def _write(self, request: SentenceRequest, item_id: str, evidence: Sequence[Evidence], seconds: float) -> Sentence:
        known, language = request.known, request.key.language
        facts = facts_of(known, item_id, evidence, lambda one: replace(self.about(one), title=known.title(one)))
        plain = explain(known, item_id, evidence, language)
        sentence = write_sentence(self.llm, facts, plain, language, seconds)
        _count(sentence)
        return sentence

    def _kept_sentences(self, key: Key) -> dict[str, KeptSentence]:
        """The sentences in memory, after a look into the database for those that aren't."""
        there = self._memory.get(key)
        if there is None:
            self.remember(key, self._read(key))
            there = self._memory.get(key, {})
        return there

    def _read(self, key: Key) -> dict[str, KeptSentence]:
        if not key.profile_version:
            return {}
        try:
            with session_scope(self.engine) as session:
                return load(session, key.user_id, key.profile_version, key.language)
        except SQLAlchemyError:
            return {}

    def _keep(self, key: Key, fresh: Mapping[str, KeptSentence]) -> None:
        if not fresh or not key.profile_version:
            return
        self._saves += 1
        try:
            with writing(self.engine) as session:
                save(session, key.user_id, key.profile_version, key.language, fresh, datetime.now(UTC))
                if self._saves % SAVES_A_TRIM == 0:
                    trim(session)
        except SQLAlchemyError as failure:
            log.warning("sentences are kept in memory only", reason=str(failure).splitlines()[0])


def _lasting(sentence: Sentence) -> bool:
    """Whether asking again would change nothing: written and checked, or refused by the check."""
    return sentence.written is not None


def _count(sentence: Sentence) -> None:
    meters().explanations.labels(sentence.explained_by, sentence.refused.partition(":")[0]).inc()
    if sentence.written is not None:
        meters().llm_tokens.inc(sentence.written.tokens)
        meters().llm_seconds.observe(sentence.written.seconds)
