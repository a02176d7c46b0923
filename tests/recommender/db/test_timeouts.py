"""How long is waited, as libpq is told it; and a breaker that lets one try alone."""

import pytest

from recommender.db.timeouts import Patience
from recommender.utils.circuit_breaker import Away, Breaker


@pytest.mark.parametrize(("seconds", "connect"), [(0.2, 2), (2.4, 2), (7.6, 8)])
def test_who_serves_waits_as_long_as_said_and_two_seconds_at_least_to_connect(seconds: float, connect: int) -> None:
    patience = Patience.of_service(seconds)
    told = patience.parameters()
    assert told["connect_timeout"] == connect
    assert told["tcp_user_timeout"] == int(seconds * 1000)
    assert (patience.statement_seconds, patience.busy_seconds) == (seconds, seconds)


def test_without_a_bound_a_dead_line_is_noticed_all_the_same() -> None:
    told = Patience().parameters()
    assert told["tcp_user_timeout"] == 60_000
    assert told["keepalives"] == 1


def test_a_breaker_lets_one_try_alone_and_forgives_a_lock() -> None:
    breaker = Breaker("part", (OSError,), pause_seconds=0, passes=lambda failure: "lock" in str(failure))

    def fail(words: str) -> None:
        with pytest.raises(Away), breaker.guard():
            raise OSError(words)

    fail("lock")
    with breaker.guard():  # the others go on
        pass
    fail("gone")
    with breaker.guard(), pytest.raises(Away), breaker.guard():  # a second one, while the first tries
        pass
    with breaker.guard(), breaker.guard():
        pass
    for _ in range(3):
        fail("lock")
    assert breaker._closed_until > 0
