"""A decision brought to the task that waits for it, and how that task stands, also while Airflow is away."""

import asyncio
from collections.abc import Iterator

import pytest

from recommender.db.tables import DriftDecision
from services.airflow.client import AirflowApi
from services.airflow.decisions import look_for_question, tell_decision
from tests.support.servers.local import free_port
from tests.support.servers.recorded_airflow import RecordedAirflow, recorded_airflow

MADE = DriftDecision(drift_run_id="one", action="dismiss", note="a sale", farther_than=None, at_most=None)


@pytest.fixture
def airflow() -> Iterator[RecordedAirflow]:
    with recorded_airflow() as running:
        yield running


def state_of(api: AirflowApi, run_id: str = "one") -> str:
    return asyncio.run(look_for_question(api, run_id)).state


def test_the_waiting_task_hears_what_was_decided(airflow: RecordedAirflow) -> None:
    assert state_of(airflow.api) == "waiting"
    assert asyncio.run(tell_decision(airflow.api, MADE))
    params = {"note": "a sale", "farther_than": None, "at_most": None}
    assert airflow.said == [{"chosen_options": ["dismiss"], "params_input": params}]
    assert state_of(airflow.api) == "answered"
    assert not asyncio.run(tell_decision(airflow.api, MADE))


def test_a_run_that_airflow_was_not_to_ask_about_has_no_question(airflow: RecordedAirflow) -> None:
    assert state_of(airflow.api, "two") == "none"


def test_an_airflow_that_is_away_or_off_or_refuses_stops_nothing(airflow: RecordedAirflow) -> None:
    away, refused = AirflowApi(f"http://127.0.0.1:{free_port()}"), AirflowApi(airflow.url, "admin", "wrong")
    assert [state_of(api) for api in (AirflowApi(""), away, refused)] == ["off", "away", "refused"]
    assert not any(asyncio.run(tell_decision(api, MADE)) for api in (AirflowApi(""), away, refused))
    assert airflow.said == []
