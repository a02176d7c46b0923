"""The page of the DAGs: what Airflow tells, in both languages, and a page that stands where it tells nothing."""

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from services.airflow.client import AirflowApi
from services.storefront.operator.dags_page import PATH
from services.storefront.pages import Site
from services.storefront.routes import make_site
from tests.support.servers.local import free_port
from tests.support.servers.recorded_airflow import RecordedAirflow, recorded_airflow


@pytest.fixture
def airflow() -> Iterator[RecordedAirflow]:
    with recorded_airflow() as running:
        yield running


def client_of(api: AirflowApi) -> TestClient:
    site = make_site()
    shop: Any = type("Parts", (), {"airflow": api})()
    site.state.site = Site(shop, dict)
    return TestClient(site)


def test_the_page_shows_parts_runs_and_what_waits(airflow: RecordedAirflow) -> None:
    client = client_of(airflow.api)
    page = client.get(PATH).text
    for words in ("<strong>Scheduler</strong> alive", "next run 2026-12-01 14:30:00", "paused: it starts no run"):
        assert words in page
    assert "<strong>ask</strong>: waits for a person" in page
    assert '<td class="alarmed">failed</td><td>2026-12-01 14:25:14</td><td>5.5 s</td>' in page
    chinese = client.get(f"{PATH}?lang=zh").text
    assert "<strong>调度器</strong> 正常" in chinese
    assert "等待人工处理" in chinese


def test_what_a_run_notes_is_text_and_a_dead_part_is_told(airflow: RecordedAirflow) -> None:
    airflow.answers["/dags/retrain/dagRuns"]["dag_runs"][0]["note"] = "<b>because</b>"
    airflow.answers["/monitor/health"]["scheduler"]["status"] = "unhealthy"
    airflow.answers["/monitor/health"]["triggerer"] = {"status": None, "latest_triggerer_heartbeat": None}
    failure = {"filename": "dags/x.py", "stack_trace": "Traceback\nNameError: <x>"}
    airflow.answers["/importErrors"] = {"import_errors": [failure]}
    page = client_of(airflow.api).get(PATH).text
    assert "&lt;b&gt;because&lt;/b&gt;" in page
    assert '<li class="alarmed"><strong>Scheduler</strong> gives no sign of life' in page
    assert '<li class="alarmed"><strong>Triggerer</strong> none is running' in page
    assert "<code>dags/x.py</code>: NameError: &lt;x&gt;" in page


def test_the_same_for_machines(airflow: RecordedAirflow) -> None:
    told = client_of(airflow.api).get(f"{PATH}.json").json()
    assert (told["airflow"], told["degraded"], len(told["dags"])) == ("up", [], 9)
    assert told["parts"][1]["status"] == "healthy"


def test_without_an_address_the_page_says_which_settings_are_missing() -> None:
    client = client_of(AirflowApi(""))
    assert "ZHIYIN_AIRFLOW_URL" in client.get(PATH).text
    assert "请设置" in client.get(f"{PATH}?lang=zh").text
    assert client.get(f"{PATH}.json").json() == {"airflow": "off", "reason": "", "degraded": []}


def test_the_page_stands_while_airflow_is_away_or_refuses(airflow: RecordedAirflow) -> None:
    away = client_of(AirflowApi(f"http://127.0.0.1:{free_port()}"))
    answer = away.get(PATH)
    assert (answer.status_code, "Airflow is away: ConnectError" in answer.text) == (200, True)
    told = away.get(f"{PATH}.json").json()
    assert (told["airflow"], told["degraded"]) == ("away", ["airflow"])
    refused = client_of(AirflowApi(airflow.url, "admin", "wrong"))
    assert "it answers 401: Invalid credentials" in refused.get(PATH).text
    assert refused.get(f"{PATH}.json").json()["airflow"] == "refused"


def test_what_airflow_may_not_tell_is_said(airflow: RecordedAirflow) -> None:
    airflow.statuses["/importErrors"] = 403
    assert "Not told: import errors: it answers 403: Forbidden" in client_of(airflow.api).get(PATH).text
