"""What the service's page decides, through a real Airflow: the task that waits for a person goes on at once."""

import asyncio
import time

import pytest

from monitoring.check_params import DriftParams
from monitoring.runs import replace_run
from recommender.db.engine import migrate
from recommender.drift.decisions import Choice, decide, decision_on
from recommender.settings import Settings
from services.airflow.decisions import look_for_question, tell_decision
from tests.monitoring.test_check_params import GOOD
from tests.services.storefront.operator.test_operations_page import FOUND, VERDICT
from tests.support.servers.airflow import running_airflow

CHOICE = Choice("refresh", "Ann", "page", "so few", at_most=1)


@pytest.mark.airflow
@pytest.mark.timeout(900)
@pytest.mark.slow
def test_what_the_page_decides_ends_the_question_and_wakes_who_carries_it_out(home: Settings) -> None:
    migrate()
    replace_run("one", DriftParams.of(**GOOD), VERDICT, "one/report.html", FOUND)
    with running_airflow(home.root) as airflow:
        airflow.client.trigger("decide_drift", {"drift_run_id": "one"})
        asking = airflow.asked("decide_drift", set())
        assert asyncio.run(look_for_question(airflow.api, "one")).state == "waiting"
        assert asyncio.run(tell_decision(airflow.api, decide("one", CHOICE)))
        assert airflow.client.wait_for_run("decide_drift", asking, 180)["state"] == "success"
        assert airflow.states("decide_drift", asking)["record"] == "success"
        assert asyncio.run(look_for_question(airflow.api, "one")).state == "answered"
        deadline = time.monotonic() + 60
        while not airflow.client.runs("refresh_profiles"):
            assert time.monotonic() < deadline
            time.sleep(0.5)
    kept = decision_on("one")
    assert kept is not None
    assert (kept.decided_by, kept.door, kept.note) == ("Ann", "page", "so few")
