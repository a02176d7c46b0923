"""Sentences are written for answers that are shown, while their shopper may still be there, within the day's budget."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from recommender.db.engine import get_engine
from recommender.explain.facts import ItemDescription, fingerprint
from recommender.explain.llm import Guarded, LlmAnswer, Prompt
from recommender.explain.store import KeptSentence
from recommender.explain.templates import SentenceContext
from recommender.ranking.evidence import Evidence
from recommender.ranking.pipeline import ScoredItem
from recommender.settings import Settings
from recommender.utils.background_worker import BackgroundWorker
from services.core.metrics import dropped
from services.explain import worker as explanation_worker
from services.explain.sentence_requests import DAY_SECONDS, Budget, Key, Reasons, SentenceRequest, UrgentRequest
from services.explain.worker import Explainer

FOUND = [ScoredItem(f"i{number}", 0.5, (Evidence("popular"),)) for number in range(3)]


@dataclass
class Pen:
    """An engine that notes what it is asked and says nothing of use."""

    model_id: str = "pen"
    in_process: bool = False
    asked: list[str] = field(default_factory=list)

    def write(self, prompt: Prompt, seconds: float) -> LlmAnswer:
        self.asked.append(prompt.question)
        return LlmAnswer("Nothing.", 1, 0.0)


@pytest.fixture
def pen() -> Pen:
    return Pen()


@pytest.fixture
def explainer(home: Settings, pen: Pen) -> Iterator[Explainer]:
    made = Explainer(get_engine(home.sqlalchemy_url), Guarded(pen), ItemDescription, 1.0, budget=Budget(4))
    made.start()
    yield made
    made.stop()


def ranked(explainer: Explainer, user: str = "") -> Reasons:
    return explainer.reasons(Key(user, 0, "en"), "m", FOUND, SentenceContext(str, {}), "en")


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_list_that_nobody_has_seen_costs_nothing(explainer: Explainer, pen: Pen) -> None:
    reasons = ranked(explainer)
    time.sleep(0.2)
    assert pen.asked == []
    assert [by for _, by in reasons.sentences] == ["template"] * 3
    assert reasons.missing is not None
    explainer.enqueue(reasons.missing)
    wait_until(lambda: len(pen.asked) == 3)


def test_the_day_s_budget_is_kept_and_is_there_again_the_next_day(explainer: Explainer, pen: Pen) -> None:
    clock = [0.0]
    explainer.budget = Budget(4, now=lambda: clock[0])
    for user in ("", "u"):
        explainer.enqueue(request_of(explainer, user))
    wait_until(lambda: not explainer.budget.left)
    explainer.enqueue(request_of(explainer, "v"))
    time.sleep(0.1)
    assert len(pen.asked) == 4
    clock[0] = DAY_SECONDS
    explainer.enqueue(request_of(explainer, "v"))
    wait_until(lambda: len(pen.asked) == 7)


def request_of(explainer: Explainer, user: str) -> SentenceRequest:
    found = ranked(explainer, user).missing
    assert found is not None
    return found


def test_who_has_gone_on_is_not_written_for(explainer: Explainer, pen: Pen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explanation_worker, "QUEUE_SECONDS", -1.0)
    explainer.enqueue(request_of(explainer, "u"))
    time.sleep(0.2)
    assert pen.asked == []
    monkeypatch.undo()
    explainer.enqueue(request_of(explainer, "u"))
    wait_until(lambda: len(pen.asked) == 3)


def test_what_was_written_is_what_the_next_answer_says_until_the_evidence_is_another(explainer: Explainer) -> None:
    key, mark = Key("u", 1, "en"), fingerprint("m", FOUND[0].evidence)
    explainer.remember(key, {"i0": KeptSentence(mark, "Because.", "llm")})
    known = SentenceContext(str, {})
    told = explainer.reasons(key, "m", FOUND, known, "en")
    assert [by for _, by in told.sentences] == ["llm", "template", "template"]
    assert told.sentences[0][0] == explainer.reason(key, "m", FOUND[0], known)[0] == "Because."
    assert explainer.reason(key, "another model", FOUND[0], known)[1] == "template"
    assert explainer.reasons(key._replace(language="zh"), "m", FOUND, known, "zh").sentences[0][1] == "template"


def test_who_is_forgotten_leaves_the_memory_and_nobody_else_does(explainer: Explainer) -> None:
    for user in ("u", "v"):
        explainer.remember(Key(user, 1, "en"), {"i0": KeptSentence("", "Because.", "llm")})
        explainer.remember(Key(user, 1, "zh"), {"i0": KeptSentence("", "因为。", "llm")})
    explainer.forget("u")
    assert explainer.users() == {"v"}


def test_without_an_engine_nothing_is_asked_for(home: Settings) -> None:
    explainer = Explainer(get_engine(home.sqlalchemy_url), None, ItemDescription, 1.0)
    explainer.start()
    told = explainer.reasons(Key("", 0, "en"), "m", FOUND, SentenceContext(str, {}), "en")
    assert (len(told.sentences), told.missing) == (3, None)
    request = SentenceRequest(Key("", 0, "en"), "m", [], SentenceContext(str, {}))
    assert explainer.enqueue_urgent(request) is None
    explainer.enqueue(request)
    explainer.stop()


def test_somebody_who_waits_has_their_sentence_first(home: Settings, pen: Pen) -> None:
    explainer = Explainer(get_engine(home.sqlalchemy_url), Guarded(pen), ItemDescription, 1.0, budget=Budget(0))
    explainer.start()
    items = [(FOUND[0].item_id, FOUND[0].evidence)]
    answer = explainer.enqueue_urgent(SentenceRequest(Key("u", 0, "en"), "m", items, SentenceContext(str, {})))
    assert answer is not None
    assert answer.result(10).explained_by == "template", "what the engine says is no sentence of these facts"
    assert len(pen.asked) == 1, "the day's budget is for those who don't wait"
    explainer.stop()


def test_too_many_who_wait_are_told_that_nobody_writes(explainer: Explainer) -> None:
    explainer._urgent.extend([UrgentRequest(SentenceRequest(Key("", 0, "en"), "m", [], SentenceContext(str, {})))] * 8)
    assert explainer.enqueue_urgent(request_of(explainer, "w")) is None
    explainer._urgent.clear()


def test_the_oldest_request_gives_way_when_too_many_wait(
    home: Settings, pen: Pen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(explanation_worker, "MOST_QUEUED", 2)
    explainer = Explainer(get_engine(home.sqlalchemy_url), Guarded(pen), ItemDescription, 1.0)
    explainer._worker = BackgroundWorker("idle", lambda: 60.0)  # it takes nothing from the queue
    explainer.start()
    before = dropped("full")._value.get()
    for user in ("a", "b", "c", "c"):
        explainer.enqueue(SentenceRequest(Key(user, 1, "en"), "m", [], SentenceContext(str, {})))
    assert [request.key.user_id for _, request in explainer._queue] == ["b", "c"]
    assert dropped("full")._value.get() == before + 1
    assert explainer._queued == {Key("b", 1, "en"), Key("c", 1, "en")}
    explainer.stop()
