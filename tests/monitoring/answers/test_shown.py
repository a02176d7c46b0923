"""Answers of the compared days: whose they are, in which stretch they lie, and what is left out."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from monitoring.answers.shown import answered_shoppers, parts_by_stretch, read_answers, read_profile_times
from monitoring.compared_days import Stretches
from recommender.db.engine import session_scope
from recommender.db.tables import ProfileVersion, Recommendation
from recommender.experiments.arms import Arm
from recommender.experiments.store import start_experiment
from recommender.settings import Settings

START = datetime(2026, 3, 2, tzinfo=UTC)
DAY, WEEK = timedelta(days=1), timedelta(days=7)


def answer(name: str, user_id: str | None, time: datetime, *item_ids: str) -> Recommendation:
    items: list[dict[str, Any]] = [{"item_id": item_id, "score": 1 / (1 + n)} for n, item_id in enumerate(item_ids)]
    kept = {"scenario": "home", "model_version": "m", "profile_version": 1, "items": items}
    return Recommendation(recommendation_id=name, user_id=user_id, time=time, **kept)


@pytest.fixture
def answered(database: Settings) -> None:
    with session_scope() as session:
        session.add_all([
            answer("1", "u", START + DAY, "a", "b"),
            answer("2", "v", START + 8 * DAY, "c"),
            answer("3", "u", START + 7 * DAY, "b"),
            answer("4", None, START + DAY, "a"),  # a visit
            answer("5", "w", START + DAY),  # nothing was shown
            answer("6", "x", START + 14 * DAY, "a"),  # later
        ])  # fmt: skip


@pytest.mark.usefixtures("answered")
def test_known_shoppers_of_the_days_are_drawn() -> None:
    with session_scope() as session:
        assert answered_shoppers(session, START, START + 2 * WEEK, most=10, seed=0) == ["u", "v", "w"]
        few = answered_shoppers(session, START, START + 2 * WEEK, most=2, seed=0)
        assert few == answered_shoppers(session, START, START + 2 * WEEK, most=2, seed=0)
        assert len(few) == 2


@pytest.mark.usefixtures("answered")
def test_answers_with_items_come_in_order_and_by_stretch() -> None:
    with session_scope() as session:
        found = read_answers(session, ["u", "v", "w"], START, START + 2 * WEEK)
    assert found.select("user_id", "item_ids", "scores").rows() == [
        ("u", ["a", "b"], [1.0, 0.5]),
        ("u", ["b"], [1.0]),
        ("v", ["c"], [1.0]),
    ]
    stretches = Stretches(START + WEEK, START + 2 * WEEK, (START + WEEK,), 2 * WEEK)
    now, before = parts_by_stretch(found, stretches)
    assert now["user_id"].to_list() == ["u", "v"], "a stretch begins with its first moment"
    assert before["user_id"].to_list() == ["u"]


def test_an_arm_that_is_told_nothing_of_its_shoppers_is_marked(database: Settings) -> None:
    arms = [Arm("all", 0.5), Arm("popular", 0.5, {"personalised": False})]
    with session_scope() as session:
        start_experiment(session, "e", arms, "somebody", "to see", START)
        for name, arm in (("1", "all"), ("2", "popular")):
            given = answer(name, name, START, "a")
            given.experiment_id, given.arm = "e", arm
            session.add(given)
        session.add(answer("3", "3", START, "a"))
        session.flush()
        found = read_answers(session, ["1", "2", "3"], START, START + DAY)
    assert dict(found.select("user_id", "personalised").iter_rows()) == {"1": True, "2": False, "3": True}


def test_when_profiles_had_been_built(database: Settings) -> None:
    made = {"model_version": "m", "vector": b"", "affinities": [], "reason": "r", "created_at": START}
    with session_scope() as session:
        session.add_all(ProfileVersion(user_id=user, version=1, as_of=START, **made) for user in ("u", "v"))
        session.flush()
        assert read_profile_times(session, ["u"]).rows() == [("u", 1, START)]
        assert read_profile_times(session, []).rows() == []
