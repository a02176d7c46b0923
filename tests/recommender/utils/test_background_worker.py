"""Background work: rounds until it is stopped, whatever a round does."""

import threading
import time

import pytest

from recommender.utils import background_worker
from recommender.utils.background_worker import BackgroundWorker


def test_rounds_follow_each_other_until_it_is_stopped() -> None:
    rounds: list[float] = []
    third = threading.Event()

    def work() -> float:
        rounds.append(time.monotonic())
        if len(rounds) == 3:
            third.set()
        return 0.01

    worker = BackgroundWorker("counts", work)
    worker.start()
    assert third.wait(10)
    worker.stop()
    done = len(rounds)
    assert not worker.is_running
    time.sleep(0.05)
    assert len(rounds) == done


def test_a_round_that_fails_ends_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background_worker, "RETRY_SECONDS", 0.01)
    again = threading.Event()
    rounds: list[int] = []

    def fail_first() -> float | None:
        rounds.append(1)
        if len(rounds) == 1:
            raise ValueError("once")
        again.set()
        return None

    worker = BackgroundWorker("fails", fail_first)
    worker.start()
    assert again.wait(10)
    worker.stop()
    assert len(rounds) == 2


def test_a_stop_ends_a_long_rest_and_news_end_a_rest_that_waits_for_them() -> None:
    handed: list[str] = []
    taken = threading.Event()

    def take() -> float | None:
        if worker.rest(None, lambda: bool(handed)):
            return None
        handed.pop()
        taken.set()
        return 3600

    worker = BackgroundWorker("takes", take)
    worker.start()
    with worker.condition:
        handed.append("one")
        worker.condition.notify_all()
    assert taken.wait(10)
    began = time.monotonic()
    worker.stop()
    assert not worker.is_running
    assert time.monotonic() - began < 5


def test_who_was_never_started_is_stopped_at_once() -> None:
    worker = BackgroundWorker("idle", lambda: None)
    worker.stop()
    assert not worker.is_running
