"""Hours of answers as the service counted them: those with enough, of models that answered, in the days asked for."""

from datetime import UTC, datetime, timedelta

from monitoring.answers.counted import LEAST_ANSWERS, SHADOW, read_degraded
from recommender.db.engine import session_scope
from recommender.db.tables import ReleaseCount
from recommender.settings import Settings

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def count(moment: datetime, answers: int, errors: int = 0, degraded: int = 0, role: str = "current") -> ReleaseCount:
    made = {"answers": answers, "errors": errors, "degraded": degraded, "slow": 0, "dropped": 0, "overlap": 0.0}
    return ReleaseCount(model_version="m", role=role, minute=moment, worker="w", times=[], **made)


def test_the_share_of_each_hour_with_enough_answers(database: Settings) -> None:
    with session_scope() as session:
        session.add_all([
            count(START, 6, errors=1),
            count(START + MINUTE, 4, degraded=2),
            count(START + MINUTE, 90, errors=90, role=SHADOW),
            count(START + HOUR, LEAST_ANSWERS - 1, errors=1),
            count(START + 2 * HOUR, 20),
            count(START + 5 * HOUR, 20, errors=20),  # after what is asked for
        ])  # fmt: skip
        found = read_degraded(session, START, START + 5 * HOUR)
    assert found.rows() == [(START, 0.3), (START + 2 * HOUR, 0.0)]


def test_where_nothing_was_counted_there_are_no_hours(database: Settings) -> None:
    with session_scope() as session:
        assert read_degraded(session, START, START + HOUR).rows() == []
