"""Announcements through a real Airflow: many at once, during a run, while a DAG is paused. None may be lost.

One Airflow serves all tests of this file. Only `features` and `ingest` run; the other DAGs stay paused.
"""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from console.loop import LOOP
from features.partitions import existing_days
from recommender.db.engine import close_engines, migrate, session_scope
from recommender.settings import get_settings
from recommender.store.deliveries import announce_events, not_taken
from recommender.store.queries import add_events
from tests.support.servers.airflow import RunningAirflow, running_airflow

pytestmark = [pytest.mark.airflow, pytest.mark.slow, pytest.mark.timeout(900)]
FIRST = date(2026, 3, 2)
SECONDS = 180.0


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAirflow]:
    home = tmp_path_factory.mktemp("deliveries") / "var"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZHIYIN_HOME", str(home))
        patch.setenv("ZHIYIN_THREADS", "1")
        for name in ("ZHIYIN_DATABASE_URL", "ZHIYIN_REDIS_URL"):
            patch.delenv(name, raising=False)
        _forget()
        migrate()
        with running_airflow(home) as running:
            for dag_id in ("retrain", "check_drift", "refresh_profiles", "catch_up"):
                pause(running, dag_id, True)
            yield running
    _forget()


def _forget() -> None:
    get_settings.cache_clear()
    close_engines()


def pause(airflow: RunningAirflow, dag_id: str, paused: bool) -> None:
    airflow.client.patch(f"/dags/{dag_id}", {"is_paused": paused})


def deliver(airflow: RunningAirflow, *numbers: int, told: bool = True) -> None:
    """A day's events come in and are announced, once for each of these days, one right after the other."""
    assets = {one["name"]: one["id"] for one in airflow.client.get("/assets")["assets"]}
    for number in numbers:
        moment = datetime(2026, 3, 2, 12, tzinfo=UTC) + timedelta(days=number)
        row = {"event_id": f"day {number}", "user_id": "a", "event_type": "view", "time": moment}
        with session_scope() as session:
            add_events(session, [row])
        work = announce_events()
        assert work is not None
        extra = {"start": work.start.isoformat(), "end": work.end.isoformat()}
        if told:
            airflow.client.post("/assets/events", {"asset_id": assets["events"], "extra": extra})


def built() -> set[int]:
    return {(day - FIRST).days for day in existing_days("events")}


def wait_until(true: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.5)


def active(airflow: RunningAirflow) -> list[dict[str, Any]]:
    return [run for run in airflow.client.runs("features") if run["state"] not in ("success", "failed")]


def wait_until_idle(airflow: RunningAirflow) -> None:
    wait_until(lambda: not active(airflow), "features goes on and on")


def test_a_misspelt_field_is_refused_by_its_name(airflow: RunningAirflow) -> None:
    wrong = {
        "ingest": "Source", "features": "starts", "retrain": "test-days", "check_drift": "false_alarms",
        "refresh_profiles": "colour", "catch_up": "colour",
    }  # fmt: skip
    assert set(wrong) == {*LOOP, "catch_up"}
    paused = {dag_id: airflow.client.get(f"/dags/{dag_id}")["is_paused"] for dag_id in wrong}
    runs = {}
    for dag_id, field in wrong.items():
        pause(airflow, dag_id, False)
        runs[dag_id] = airflow.client.trigger(dag_id, {field: 3})
    for dag_id, run_id in runs.items():
        state = airflow.client.wait_for_run(dag_id, run_id, SECONDS)["state"]
        pause(airflow, dag_id, paused[dag_id])
        tasks = airflow.states(dag_id, run_id)
        (failed,) = [task_id for task_id, task_state in tasks.items() if task_state == "failed"]
        assert state == "failed"
        assert {task_state for task_id, task_state in tasks.items() if task_id != failed} <= {"upstream_failed"}
        assert f"{wrong[dag_id]}: the form of {dag_id} has no such field" in airflow.log(dag_id, run_id, failed)


def test_five_announcements_at_once_are_all_built(airflow: RunningAirflow) -> None:
    deliver(airflow, 0, 1, 2, 3, 4)
    wait_until(lambda: built() >= {0, 1, 2, 3, 4}, "days of five announcements at once are missing")
    wait_until_idle(airflow)


def test_announcements_during_a_run_are_built_after_it(airflow: RunningAirflow) -> None:
    deliver(airflow, 5)
    wait_until(lambda: bool(active(airflow)), "no run began")
    (run,) = active(airflow)
    wait_until(lambda: airflow.states("features", run["dag_run_id"]).get("choose_interval") == "success", "no interval")
    deliver(airflow, 6, 7)
    assert active(airflow), "the run had ended before the announcements came; nothing was tried"
    deliver(airflow, 8)
    wait_until(lambda: built() >= set(range(9)), "days that came during a run are missing")
    wait_until_idle(airflow)


def test_what_was_announced_while_paused_is_built_when_it_is_switched_on(airflow: RunningAirflow) -> None:
    pause(airflow, "features", True)
    deliver(airflow, 9, 10)
    pause(airflow, "features", False)
    pause(airflow, "catch_up", False)
    airflow.run("catch_up", {"minutes": 0})
    wait_until(lambda: built() >= set(range(11)), "days that came while the DAG was paused are missing")
    pause(airflow, "catch_up", True)
    wait_until_idle(airflow)


def test_an_ingest_without_anything_new_wakes_for_what_is_waiting(airflow: RunningAirflow) -> None:
    deliver(airflow, 11, told=False)
    assert airflow.run("ingest", {"source": "service"})[1] == "success"
    wait_until(lambda: 11 in built(), "a day that nobody was told of is missing")
    wait_until_idle(airflow)
    before = len(airflow.client.runs("features"))
    run_id, _ = airflow.run("ingest", {"source": "service"})
    assert airflow.states("ingest", run_id)["announce_new"] == "skipped"
    assert len(airflow.client.runs("features")) == before


def test_a_run_that_finds_nothing_due_is_skipped(airflow: RunningAirflow) -> None:
    """Of several runs that were woken for the same announcements one does the work."""
    with session_scope() as session:
        assert not_taken(session, "features") is None
    runs = [run for run in airflow.client.runs("features") if run["run_type"] == "asset_triggered"]
    assert {run["state"] for run in runs} == {"success"}
    with session_scope() as session:  # the others were paused: what they have to do stays known
        waiting = not_taken(session, "retrain")
    assert waiting is not None
    assert (waiting.start.date(), waiting.end.date()) == (FIRST, FIRST + timedelta(days=11))
