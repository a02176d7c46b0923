"""Experiments as rows, on both databases: one runs at a time, whoever starts it."""

import threading
from datetime import UTC, datetime

import pytest

from recommender.db.engine import session_scope
from recommender.experiments.arms import Arm, ExperimentError
from recommender.experiments.store import end_experiment, list_experiments, running_experiment, start_experiment
from recommender.settings import Settings

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ARMS = (Arm("as ever", 0.5), Arm("diverse", 0.5, {"diversity": 0.3}))


def start(name: str) -> None:
    with session_scope() as session:
        start_experiment(session, name, ARMS, "Ann", "to see", NOW)


def test_one_runs_until_it_is_ended_and_its_name_is_used_once(database: Settings) -> None:
    start("mar")
    with session_scope() as session:
        running = running_experiment(session)
    assert running is not None
    assert running.arms == ARMS
    with pytest.raises(ExperimentError, match="mar is running; end it first"):
        start("apr")
    with session_scope() as session:
        end_experiment(session, "mar", "Bob", "seen enough", NOW)
        assert running_experiment(session) is None
    with pytest.raises(ExperimentError, match="was there before"):
        start("mar")
    start("apr")
    with session_scope() as session:
        assert [(one.experiment_id, one.end_reason) for one in list_experiments(session)][-1] in [
            ("mar", "seen enough"),
            ("apr", None),
        ]
        with pytest.raises(ExperimentError, match="none named 'mar' is running"):
            end_experiment(session, "mar", "Bob", "again", NOW)


def test_of_many_who_start_one_at_once_one_does(database: Settings) -> None:
    told: list[str] = []

    def try_to_start(name: str) -> None:
        try:
            start(name)
            told.append("started")
        except ExperimentError as refusal:
            told.append(str(refusal))

    threads = [threading.Thread(target=try_to_start, args=(f"e{number}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told.count("started") == 1
    assert all("is running; end it first" in one for one in told if one != "started")


def test_it_needs_to_be_said_who_and_why(database: Settings) -> None:
    with session_scope() as session, pytest.raises(ExperimentError, match="by:"):
        start_experiment(session, "mar", ARMS, " ", "to see", NOW)
    with session_scope() as session, pytest.raises(ExperimentError, match="reason:"):
        start_experiment(session, "mar", ARMS, "Ann", "", NOW)
