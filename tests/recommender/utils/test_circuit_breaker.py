"""A part that is away is left alone for a moment, then tried by one caller."""

import threading
import time

import pytest

from recommender.utils.circuit_breaker import STRIKES, Away, Breaker

PAUSE = 0.05


def fail(breaker: Breaker, error: Exception | None = None) -> None:
    with pytest.raises(Away) as away, breaker.guard():
        raise error or OSError("gone")
    assert str(away.value) == breaker.part
    assert away.value.__cause__ is not None


def call(breaker: Breaker) -> None:
    with breaker.guard():
        pass


def test_after_a_failure_nobody_tries_until_the_pause_is_over() -> None:
    breaker = Breaker("part", (OSError,), PAUSE)
    call(breaker)
    fail(breaker)
    assert not breaker.open
    with pytest.raises(Away) as away:
        call(breaker)
    assert away.value.__cause__ is None  # it was not even tried
    time.sleep(2 * PAUSE)
    assert breaker.open
    call(breaker)
    call(breaker)


def test_a_trial_that_fails_begins_another_pause() -> None:
    breaker = Breaker("part", (OSError,), PAUSE)
    fail(breaker)
    time.sleep(2 * PAUSE)
    fail(breaker)
    assert not breaker.open


def test_only_one_caller_tries_whether_the_part_is_back() -> None:
    breaker = Breaker("part", (OSError,), PAUSE)
    fail(breaker)
    time.sleep(2 * PAUSE)
    trying, done = threading.Event(), threading.Event()

    def slow() -> None:
        with breaker.guard():
            trying.set()
            done.wait(5)

    thread = threading.Thread(target=slow)
    thread.start()
    assert trying.wait(5)
    with pytest.raises(Away):
        call(breaker)
    done.set()
    thread.join()
    call(breaker)


def test_other_errors_are_the_caller_s_and_say_nothing_of_the_part() -> None:
    breaker = Breaker("part", (OSError,), 60)
    with pytest.raises(KeyError), breaker.guard():
        raise KeyError("x")
    assert breaker.open
    call(breaker)


def test_a_trial_that_ends_by_another_error_lets_the_next_one_try() -> None:
    breaker = Breaker("part", (OSError,), 0)
    fail(breaker)
    with pytest.raises(KeyError), breaker.guard():
        raise KeyError("x")
    call(breaker)


def test_failures_that_pass_count_from_the_third_in_a_row() -> None:
    breaker = Breaker("part", (OSError,), 60, passes=lambda failure: "lock" in str(failure))
    for _ in range(2):
        for _ in range(STRIKES - 1):
            fail(breaker, OSError("lock"))
            assert breaker.open
        call(breaker)  # a success begins the count anew
    for _ in range(STRIKES):
        fail(breaker, OSError("lock"))
    assert not breaker.open
