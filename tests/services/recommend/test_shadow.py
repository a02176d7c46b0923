"""A shadow scores what was shown, for its share alone, and never makes anybody wait."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import create_engine

from recommender.release.canary import Canary
from services.recommend.shadow import MOST_WAITING, TOP, Shadow
from services.schemas.recommend import RecommendRequest
from services.state.model import ModelInService, OnTrial
from services.state.release_counter import SHADOW, ReleaseCounter

NOW = datetime(2026, 5, 1, tzinfo=UTC)
ASKED = RecommendRequest(user_id="u1")


@dataclass
class Scorer:
    """Ranks what it is told to, or fails."""

    items: list[str] = field(default_factory=list)
    asked: list[RecommendRequest] = field(default_factory=list)
    failure: Exception | None = None

    def __call__(self, model: Any, request: RecommendRequest, now: datetime) -> list[str]:
        self.asked.append(request)
        if self.failure is not None:
            raise self.failure
        return self.items


@pytest.fixture
def scorer() -> Scorer:
    return Scorer()


@pytest.fixture
def shadow(tmp_path: Any, scorer: Scorer) -> Shadow:
    models = ModelInService(tmp_path)
    counter = ReleaseCounter(create_engine("sqlite://"), slow_seconds=1.0)
    made = Shadow(models, counter, scorer)
    models.canary = on_trial()
    return made


def on_trial(share: float = 1.0, shadow: bool = True) -> OnTrial:
    return OnTrial(Canary(1, "new", "old", share, shadow, NOW), released=None)  # type: ignore[arg-type]


def counts(shadow: Shadow) -> Any:
    ((key, counted),) = shadow.counter._sums.items()
    assert key[:2] == ("new", SHADOW)
    return counted


@pytest.mark.parametrize(
    ("trial", "request_", "personalised"),
    [
        (None, ASKED, True),
        (on_trial(shadow=False), ASKED, True),
        (on_trial(share=0.0), ASKED, True),
        (on_trial(), ASKED, False),
        (on_trial(), RecommendRequest(), True),
        (on_trial(), RecommendRequest(user_id="u1", wish="tea"), True),
    ],
)
def test_who_has_no_part_in_it_is_not_scored(
    shadow: Shadow, trial: OnTrial | None, request_: RecommendRequest, personalised: bool
) -> None:
    shadow.models.canary = trial
    shadow.shown(request_, ["tea-1"], NOW, personalised)
    assert not shadow._waiting


def test_what_it_would_have_shown_is_compared_with_what_was(shadow: Shadow, scorer: Scorer) -> None:
    scorer.items = ["a", "b", "x", "y"]
    shadow.take((ASKED, ("a", "b", "c", "d"), NOW))
    assert (counts(shadow).answers, counts(shadow).overlap) == (1, 0.5)


def test_only_the_first_places_are_compared_and_an_empty_answer_is_no_error(shadow: Shadow, scorer: Scorer) -> None:
    shadow.shown(ASKED, [str(n) for n in range(2 * TOP)], NOW, True)
    scorer.items = [str(n) for n in range(2 * TOP)]
    shadow.take(shadow._waiting.popleft())
    assert counts(shadow).overlap == 1.0
    shadow.take((ASKED, (), NOW))
    assert counts(shadow).answers == 2


def test_a_model_that_fails_is_counted_and_ends_nothing(shadow: Shadow, scorer: Scorer) -> None:
    scorer.failure = ValueError("its columns don't fit")
    shadow.take((ASKED, ("a",), NOW))
    assert (counts(shadow).errors, counts(shadow).scored) == (1, 0)


def test_a_trial_that_ended_meanwhile_is_not_asked(shadow: Shadow, scorer: Scorer) -> None:
    shadow.models.canary = None
    shadow.take((ASKED, ("a",), NOW))
    assert scorer.asked == []


def test_while_too_many_wait_answers_are_dropped_and_counted(shadow: Shadow, scorer: Scorer) -> None:
    for _ in range(MOST_WAITING + 3):
        shadow.shown(ASKED, ["a"], NOW, True)
    assert len(shadow._waiting) == MOST_WAITING
    assert counts(shadow).dropped == 3


def test_its_thread_scores_what_waits_and_ends(shadow: Shadow, scorer: Scorer) -> None:
    shadow.start()
    shadow.shown(ASKED, ["a"], NOW, True)
    deadline = time.monotonic() + 10
    while not scorer.asked:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    shadow.stop()
    assert scorer.asked == [ASKED]
    assert not shadow._worker.is_running
