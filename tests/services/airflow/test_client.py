"""Asking Airflow: within a deadline, with a token that is renewed, and with words for whatever doesn't answer."""

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import pytest

from recommender.settings import Settings
from services.airflow.client import MOST_BYTES, AirflowApi, AirflowAway, AirflowRefused
from tests.support.servers.local import free_port
from tests.support.servers.recorded_airflow import RecordedAirflow, recorded_airflow


@pytest.fixture
def airflow() -> Iterator[RecordedAirflow]:
    with recorded_airflow() as running:
        yield running


def ask(api: AirflowApi, path: str = "/monitor/health", seconds: float = 4) -> Any:
    async def asked() -> Any:
        async with api.visit(seconds) as visit:
            return await visit.get(path)

    return asyncio.run(asked())


def test_many_questions_of_a_visit_need_one_login(airflow: RecordedAirflow) -> None:
    api = airflow.api

    async def asked() -> list[Any]:
        async with api.visit() as visit:
            return await asyncio.gather(*(visit.get("/importErrors") for _ in range(5)))

    assert [one["total_entries"] for one in asyncio.run(asked())] == [0] * 5
    assert airflow.logins == 1
    ask(api)
    assert airflow.logins == 1


def test_a_token_of_before_airflow_s_restart_is_renewed(airflow: RecordedAirflow) -> None:
    api = airflow.api
    ask(api)
    airflow.forget_tokens()
    assert ask(api)["scheduler"]["status"] == "healthy"
    assert airflow.asked.count("/auth/token") == 2


def test_a_token_of_the_settings_is_sent_as_it_is(airflow: RecordedAirflow) -> None:
    airflow.logins = 7
    assert ask(AirflowApi(airflow.url, given="token 7"))["scheduler"]
    with pytest.raises(AirflowRefused, match="403: Invalid JWT token"):
        ask(AirflowApi(airflow.url, given="another"))
    assert "/auth/token" not in airflow.asked


def test_a_wrong_password_is_a_refusal(airflow: RecordedAirflow) -> None:
    with pytest.raises(AirflowRefused, match="401: Invalid credentials"):
        ask(AirflowApi(airflow.url, "admin", "wrong"))


def test_who_answers_too_late_is_away_in_time(airflow: RecordedAirflow) -> None:
    airflow.hangs = 5
    started = time.monotonic()
    with pytest.raises(AirflowAway, match=r"no answer within 0\.5 s|ReadTimeout"):
        ask(airflow.api, seconds=0.5)
    assert time.monotonic() - started < 4


def test_nothing_there_is_away() -> None:
    with pytest.raises(AirflowAway, match="ConnectError"):
        ask(AirflowApi(f"http://127.0.0.1:{free_port()}"))


@pytest.mark.parametrize("body", [b"<html>a proxy</html>", b"", b"{"])
def test_what_is_no_json_is_not_airflow(airflow: RecordedAirflow, body: bytes) -> None:
    airflow.bodies["/monitor/health"] = body
    with pytest.raises(AirflowAway, match="not Airflow's API"):
        ask(airflow.api)


def test_an_endless_answer_is_not_read_whole(airflow: RecordedAirflow) -> None:
    airflow.bodies["/monitor/health"] = b"[" + b"1," * (MOST_BYTES // 2)
    with pytest.raises(AirflowAway, match="more than 8,388,608 bytes"):
        ask(airflow.api)


def test_an_address_that_is_none_is_away() -> None:
    with pytest.raises(AirflowAway, match=r"port.*: check ZHIYIN_AIRFLOW_URL"):
        ask(AirflowApi("http://127.0.0.1:port"))


def test_a_server_s_error_is_away_and_a_missing_thing_is_refused(airflow: RecordedAirflow) -> None:
    airflow.statuses["/importErrors"] = 503
    with pytest.raises(AirflowAway, match="503"):
        ask(airflow.api, "/importErrors")
    with pytest.raises(AirflowRefused, match="404: Not Found") as refusal:
        ask(airflow.api, "/nothing")
    assert refusal.value.status == 404


def test_the_settings_say_where_it_is(home: Settings) -> None:
    assert not AirflowApi.of(home).is_set
    said = Settings(airflow_url="http://127.0.0.1:8080/", airflow_user="ops", airflow_password="p", airflow_token="t")
    api = AirflowApi.of(said)
    assert (api.is_set, api.url, api.user, api.password, api.given) == (True, "http://127.0.0.1:8080", "ops", "p", "t")
    with pytest.raises(ValueError, match="give an address that begins with https://"):
        Settings(airflow_url="airflow:8080")
