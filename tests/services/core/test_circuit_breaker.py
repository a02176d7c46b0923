"""A part that failed is left alone for a moment, so that nobody waits for it in vain."""

import pytest

from services.core.circuit_breaker import Away, Breaker


def test_a_part_that_failed_is_left_alone_for_a_moment() -> None:
    breaker, calls = Breaker("part", (OSError,), pause_seconds=60), []

    def call() -> None:
        with breaker.guard():
            calls.append(1)
            raise OSError

    for _ in range(3):
        with pytest.raises(Away, match="part"):
            call()
    assert len(calls) == 1
