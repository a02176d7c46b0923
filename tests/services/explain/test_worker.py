"""Sentences are written for answers that are shown, while their shopper may still be there, within the day's budget."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from recommender.db.engine import get_engine
from recommender.explain.facts import ItemDescription
from recommender.explain.llm import Guarded, LlmAnswer, Prompt
from recommender.explain.templates import SentenceContext
from recommender.ranking.evidence import Evidence
from recommender.ranking.pipeline import ScoredItem
from recommender.settings import Settings
from services.explain import worker as explanation_worker
from services.explain.sentence_requests import DAY_SECONDS, Budget, Key, Reasons, SentenceRequest
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
