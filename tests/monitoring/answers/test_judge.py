"""Answers that no longer find what shoppers buy are worse; a shop that answered nobody is not judged."""

from datetime import UTC, datetime, timedelta

import polars as pl

from monitoring.answers.judge import judge_answers
from monitoring.answers.names import COVERAGE, QUALITY
from monitoring.compared_days import Stretches
from recommender.db.engine import session_scope
from recommender.db.tables import Item, Recommendation
from recommender.settings import Settings

START = datetime(2026, 3, 2, tzinfo=UTC)
DAY, WEEK = timedelta(days=1), timedelta(days=7)
WEEKS, SHOPPERS = 5, 60
ITEMS = [f"i{number}" for number in range(20)]
STRETCHES = Stretches(
    START + (WEEKS - 1) * WEEK, START + WEEKS * WEEK, tuple(START + n * WEEK for n in range(WEEKS - 1, 0, -1)), WEEK
)
EVENTS: dict[str, pl.DataType | type[pl.DataType]] = {
    "user_id": pl.String,
    "item_id": pl.String,
    "event_type": pl.String,
    "time": pl.Datetime("us", "UTC"),
}


def fill(bought_in: range) -> pl.DataFrame:
    """Everybody is shown five items a week, and buys the first of them in these weeks, else one that wasn't shown."""
    events = []
    with session_scope() as session:
        session.add_all(
            Item(item_id=one, title=one, content_hash=one, updated_at=START, categories=["Tea"]) for one in ITEMS
        )
        for week in range(WEEKS):
            for user in range(SHOPPERS):
                time = START + week * WEEK + DAY
                shown = [ITEMS[(user + week + place) % 19] for place in range(5)]
                session.add(
                    Recommendation(
                        recommendation_id=f"{week}-{user}",
                        user_id=f"u{user}",
                        scenario="home",
                        model_version="m" if user % 2 else "n",
                        profile_version=None,
                        items=[{"item_id": item_id, "score": 0.5} for item_id in shown],
                        time=time,
                    )
                )
                events.append((f"u{user}", shown[0] if week in bought_in else "i19", "purchase", time + DAY))
    return pl.DataFrame(events, schema=EVENTS, orient="row").sort("time")


def test_answers_that_find_nothing_any_more_are_worse(database: Settings) -> None:
    events = fill(bought_in=range(WEEKS - 1))
    with session_scope() as session:
        found = judge_answers(session, events, STRETCHES, "m", most=1_000, seed=0)
    quality = found.verdict["figures"][QUALITY]
    assert (quality["value"], quality["ordinary"], quality["units"]) == (0.0, [1.0] * (WEEKS - 1), SHOPPERS)
    assert quality["drifted"]
    assert found.verdict["drifted"]
    assert not found.verdict["figures"][COVERAGE]["drifted"]
    assert (found.verdict["answers"], found.verdict["shoppers"]) == (SHOPPERS, SHOPPERS)
    assert {name: one["shoppers"] for name, one in found.verdict["ndcg_by_model"].items()} == {"m": 30, "n": 30}
    assert found.columns[QUALITY] == ([0.0] * SHOPPERS, [1.0] * SHOPPERS)
    assert [len(state) for state in found.score_states] == [30] * WEEKS, "scores of one model alone"


def test_answers_that_go_on_finding_are_no_drift(database: Settings) -> None:
    events = fill(bought_in=range(WEEKS))
    with session_scope() as session:
        found = judge_answers(session, events, STRETCHES, "m", most=1_000, seed=0)
    assert found.verdict["figures"][QUALITY]["value"] == 1.0
    assert not found.verdict["drifted"]


def test_who_answered_nobody_is_not_judged(database: Settings) -> None:
    with session_scope() as session:
        found = judge_answers(session, pl.DataFrame(schema=EVENTS), STRETCHES, "m", most=1_000, seed=0)
    assert found.verdict["figures"] == {}
    assert not found.verdict["drifted"]
    assert (found.score_states, found.columns) == ([], {})
