"""The DAGs' health from Airflow's answers: all that a real one tells, what it refuses, and what isn't Airflow's."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from services.airflow.client import AirflowAway, AirflowRefused
from services.airflow.health import AirflowPart, ImportFailure, LoopHealth, read_health
from tests.support.servers.recorded_airflow import RecordedAirflow, recorded_airflow


@pytest.fixture
def airflow() -> Iterator[RecordedAirflow]:
    with recorded_airflow() as running:
        yield running


def look(airflow: RecordedAirflow) -> LoopHealth:
    async def asked() -> LoopHealth:
        async with airflow.api.visit() as visit:
            return await read_health(visit)

    return asyncio.run(asked())


def test_each_dag_has_its_runs_and_what_waits(airflow: RecordedAirflow) -> None:
    health = look(airflow)
    dags = {dag.dag_id: dag for dag in health.dags}
    assert set(dags) == {
        *("catch_up", "check_drift", "decide_drift", "features", "ingest", "refresh_profiles"),
        *("report_sales", "retention", "retrain"),
    }
    assert [(task.task_id, task.state) for task in dags["decide_drift"].tasks] == [("ask", "awaiting_input")]
    assert [(run.state, run.run_type) for run in dags["retrain"].runs] == [("failed", "manual")]
    assert dags["retrain"].runs[0].duration == pytest.approx(5.520108)
    assert dags["catch_up"].timetable_description == "Every 5 minutes"
    assert dags["catch_up"].next_dagrun_run_after == datetime(2026, 12, 1, 14, 30, tzinfo=UTC)
    assert (dags["retention"].is_paused, dags["ingest"].runs) == (True, [])
    assert {part.name: part.is_healthy for part in health.parts} == dict.fromkeys(
        ("metadatabase", "scheduler", "triggerer", "dag_processor"), True
    )
    assert (health.failures, health.degraded) == ([], [])


def test_what_may_not_be_known_is_named_and_the_rest_is_told(airflow: RecordedAirflow) -> None:
    airflow.statuses |= {"/importErrors": 403, "/dags/retrain/dagRuns": 403}
    health = look(airflow)
    assert sorted(one.partition(":")[0] for one in health.degraded) == ["import errors", "runs of retrain"]
    assert len(health.dags) == 9


def test_where_no_dag_may_be_seen_nothing_is_told(airflow: RecordedAirflow) -> None:
    airflow.statuses["/dags"] = 403
    with pytest.raises(AirflowRefused, match="403"):
        look(airflow)


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"dags": [{"dag_id": 1}]}', b"null", b'{"dags": 3}'])
def test_another_form_of_answer_is_not_airflow_s(airflow: RecordedAirflow, body: bytes) -> None:
    airflow.bodies["/dags"] = body
    with pytest.raises(AirflowAway, match="otherwise than Airflow 3 does"):
        look(airflow)


def test_a_time_without_a_zone_is_not_airflow_s(airflow: RecordedAirflow) -> None:
    """Nobody could say how long ago it was."""
    airflow.answers["/dags/retrain/dagRuns"]["dag_runs"][0]["start_date"] = "2026-12-01T14:00:00"
    with pytest.raises(AirflowAway, match="otherwise than Airflow 3 does"):
        look(airflow)


def test_an_import_failure_says_its_last_line() -> None:
    assert ImportFailure(filename="a.py", stack_trace="Traceback\n  x\nNameError: y\n").reason == "NameError: y"
    assert ImportFailure().reason == ""
    assert not AirflowPart(name="triggerer").is_healthy
