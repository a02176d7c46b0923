"""What is counted of models' answers reaches the table once, whatever fails on the way."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from recommender.db.engine import get_engine, session_scope
from recommender.release.counts import Counts, sum_counts
from recommender.settings import Settings
from services.state.release_counter import CANARY, CURRENT, SHADOW, ReleaseCounter
from tests.support.servers.databases import install_tables


@pytest.fixture
def counter(home: Settings) -> ReleaseCounter:
    install_tables()
    return ReleaseCounter(get_engine(home.sqlalchemy_url), slow_seconds=0.1)


def written(role: str | None = None) -> Counts:
    with session_scope() as session:
        return sum_counts(session, "m", datetime.now(UTC) - timedelta(hours=1), role)


def test_answers_are_summed_by_what_became_of_them(counter: ReleaseCounter) -> None:
    counter.made("m", CANARY, 0.05, set())
    counter.made("m", CANARY, 0.2, {"database", "text"})
    counter.made("m", CANARY, 0.05, {"database", "llm"})
    counter.failed("m", CANARY, 0.2)
    counter.made("m", SHADOW, 0.0, set(), overlap=0.5)
    counter.dropped("m")
    counter.write(datetime.now(UTC))
    found = written()
    assert (found.answers, found.errors, found.slow, found.scored) == (4, 1, 2, 3)
    assert found.degraded == 1, "a database that is away is not the model's fault"
    shadow = written(SHADOW)
    assert (shadow.answers, shadow.dropped, shadow.overlap) == (1, 1, 0.5)


def test_sums_go_on_and_are_written_once(counter: ReleaseCounter) -> None:
    for _ in range(2):
        counter.made("m", CURRENT, 0.05, set())
        counter.write(datetime.now(UTC))
    counter.write(datetime.now(UTC))
    assert written().answers == 2
    other = ReleaseCounter(counter.engine, 0.1)
    other.made("m", CURRENT, 0.05, set())
    other.write(datetime.now(UTC))
    assert written().answers == 3, "each worker has rows of its own"


def test_what_the_table_does_not_take_is_given_to_it_the_next_time(counter: ReleaseCounter) -> None:
    counter.made("m", CURRENT, 0.05, set())
    with session_scope() as session:
        session.execute(text("ALTER TABLE release_counts RENAME TO elsewhere"))
    with pytest.raises(Exception, match="release_counts"):
        counter.write(datetime.now(UTC))
    with session_scope() as session:
        session.execute(text("ALTER TABLE elsewhere RENAME TO release_counts"))
    counter.write(datetime.now(UTC))
    assert written().answers == 1


def test_minutes_that_are_over_leave_the_memory_once_written(counter: ReleaseCounter) -> None:
    counter.made("m", CURRENT, 0.05, set())
    counter.write(datetime.now(UTC))
    assert counter._sums
    counter.write(datetime.now(UTC) + timedelta(minutes=5))
    assert not counter._sums
    assert written().answers == 1
