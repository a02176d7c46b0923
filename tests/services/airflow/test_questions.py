"""The question of a drift run in Airflow: found by the run it is about, and answered once."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from services.airflow.client import AirflowAway, AirflowRefused
from services.airflow.questions import Question, answer_question, find_question
from tests.support.servers.recorded_airflow import DETAILS, RecordedAirflow, recorded_airflow

SAID: dict[str, Any] = {"note": "", "farther_than": None, "at_most": 3}


@pytest.fixture
def airflow() -> Iterator[RecordedAirflow]:
    with recorded_airflow() as running:
        yield running


def find(airflow: RecordedAirflow, drift_run_id: str = "one") -> Question | None:
    async def asked() -> Question | None:
        async with airflow.api.visit() as visit:
            return await find_question(visit, drift_run_id)

    return asyncio.run(asked())


def answer(airflow: RecordedAirflow, drift_run_id: str = "one") -> bool:
    return asyncio.run(answer_question(airflow.api, drift_run_id, "refresh", SAID))


def test_a_question_is_found_by_the_drift_run_that_was_chosen(airflow: RecordedAirflow) -> None:
    question = find(airflow)
    assert question is not None
    assert question.is_waiting
    assert question.task.dag_run_id.startswith("manual__2026-12-01T14:25:11")
    assert find(airflow, "on") is None  # the subject holds these letters; the run is another one


def test_it_is_answered_once(airflow: RecordedAirflow) -> None:
    assert answer(airflow)
    assert airflow.said == [{"chosen_options": ["refresh"], "params_input": SAID}]
    assert not answer(airflow)
    question = find(airflow)
    assert question is not None
    assert question.responded_by_user is not None
    assert (question.is_waiting, question.responded_by_user.name) == (False, "admin")
    assert len(airflow.said) == 1


def test_no_answer_is_given_before_the_task_waits(airflow: RecordedAirflow) -> None:
    airflow.question["task_instance"]["state"] = "running"
    assert not answer(airflow)
    assert airflow.said == []


def test_whoever_was_faster_in_between_has_answered(airflow: RecordedAirflow) -> None:
    place = f"/dags/decide_drift/dagRuns/{airflow.question['task_instance']['dag_run_id']}"
    airflow.statuses[f"{place}/taskInstances/ask/-1/hitlDetails"] = 409
    assert not answer(airflow)
    airflow.statuses[f"{place}/taskInstances/ask/-1/hitlDetails"] = 403
    with pytest.raises(AirflowRefused, match="403"):
        answer(airflow)
    airflow.statuses[f"{place}/taskInstances/ask/-1/hitlDetails"] = 500
    with pytest.raises(AirflowAway, match="500"):
        answer(airflow)
    assert airflow.asked[-2:] == [f"/api/v2{place}/taskInstances/ask/-1/hitlDetails"] * 2


def test_a_run_without_a_choice_asks_about_nothing(airflow: RecordedAirflow) -> None:
    for path in list(airflow.answers):
        if path.endswith("return_value"):
            del airflow.answers[path]
    assert find(airflow) is None


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"hitl_details": [{}]}'])
def test_another_form_of_answer_is_not_airflow_s(airflow: RecordedAirflow, body: bytes) -> None:
    airflow.bodies[DETAILS] = body
    with pytest.raises(AirflowAway, match="otherwise"):
        find(airflow)
