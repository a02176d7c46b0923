"""The loop through a real Airflow (SQLite): started once by hand, carried round by assets, survived a kill -9.

One Airflow serves all tests of this file; they build on each other in the order in which they stand.
"""

import os
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from console.airflow import DAGS
from recommender.db.engine import close_engines, migrate, session_scope
from recommender.db.tables import Event, Model, ProfileVersion
from recommender.drift.decisions import Choice, decide, decision_on
from recommender.drift.runs import drifted_users, list_runs
from recommender.settings import get_settings
from tests.support.servers.airflow import RunningAirflow, running_airflow
from tests.support.shops.loop_state import (
    ask_whom_to_refresh,
    count,
    decided_by_policy,
    promoted,
    reasons,
    refreshed_of,
)
from tests.support.shops.shop_files import END, ODD_WEEK, SHOPPERS, START, changed_shoppers, interactions, write_shop

pytestmark = [pytest.mark.airflow, pytest.mark.timeout(1500)]
FIRST_END = END - timedelta(days=2)
CONF = {"source": "csv", "folder": "shop"}


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAirflow]:
    home = tmp_path_factory.mktemp("loop") / "var"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZHIYIN_HOME", str(home))
        patch.setenv("ZHIYIN_THREADS", "1")
        patch.setenv("ZHIYIN_TRAIN_MINUTES", "0.2")
        for name in ("ZHIYIN_DATABASE_URL", "ZHIYIN_REDIS_URL"):
            patch.delenv(name, raising=False)
        _forget()
        migrate()
        write_shop(home / "landing" / "shop", FIRST_END)
        with running_airflow(home) as running:
            yield running
    _forget()


def _forget() -> None:
    get_settings.cache_clear()
    close_engines()


@pytest.mark.parametrize(
    ("dag_id", "field", "value"),
    [
        ("ingest", "source", "ftp"),
        ("ingest", "shift_days", "a week"),
        ("features", "start", "2026-02-30"),
        ("retrain", "days", 3),
        ("check_drift", "false_alarm", 2),
        ("refresh_profiles", "drift_run_id", 7),
    ],
)
def test_a_form_with_a_wrong_value_is_refused_by_its_field(
    airflow: RunningAirflow, dag_id: str, field: str, value: object
) -> None:
    said = airflow.refused(dag_id, {field: value})
    assert f"Invalid input for param {field}: " in said


Refusal = tuple[str, str, dict[str, Any], str]
WITHOUT_EVENTS: Refusal = ("retrain", "plan", {}, "events: there are none yet")
REFUSALS: list[Refusal] = [
    ("retrain", "plan", {"days": 20, "test_days": 15}, "test_days: "),
    ("retrain", "plan", {"days": 20, "test_days": 5, "ranker_windows": 7}, "ranker_windows: "),
    ("ingest", "check", {"source": "csv", "folder": "../.."}, "folder: '../..' lies outside"),
    ("features", "choose_interval", {"start": "2026-03-02", "end": "2026-03-02"}, "start: 2026-03-02 is not before"),
    ("check_drift", "plan", {"current_days": 7, "reference_days": 13}, "reference_days: 13"),
    ("refresh_profiles", "choose", {"drift_run_id": "none"}, "drift_run_id: there is no drift run none"),
]


def fail_at_once(airflow: RunningAirflow, refusals: Sequence[Refusal]) -> None:
    runs = [airflow.client.trigger(dag_id, conf) for dag_id, _, conf, _ in refusals]
    for run_id, (dag_id, task_id, _, words) in zip(runs, refusals, strict=True):
        state = airflow.client.wait_for_run(dag_id, run_id, 120)["state"]
        tasks = airflow.states(dag_id, run_id)
        assert (state, tasks.pop(task_id)) == ("failed", "failed"), words
        assert set(tasks.values()) == {"upstream_failed"}, words
        assert words in airflow.log(dag_id, run_id, task_id)


def test_what_cannot_be_done_fails_at_once_by_its_field(airflow: RunningAirflow) -> None:
    fail_at_once(airflow, [WITHOUT_EVENTS, REFUSALS[2]])


@pytest.mark.slow
def test_each_dag_names_the_field_that_is_wrong(airflow: RunningAirflow) -> None:
    fail_at_once(airflow, REFUSALS)


def test_a_viewer_looks_but_does_not_start(airflow: RunningAirflow) -> None:
    with airflow.viewer() as viewer:
        assert viewer.runs("retrain")
        with pytest.raises(httpx.HTTPStatusError, match="403"):
            viewer.trigger("retrain", {})
    stranger = httpx.post(f"{airflow.site.url}/api/v2/dags/retrain/dagRuns", json={"logical_date": None})
    assert stranger.status_code == 401


def test_the_service_reads_how_the_dags_are(airflow: RunningAirflow) -> None:
    health = airflow.health()
    assert (health.failures, health.degraded) == ([], [])
    assert {dag.dag_id for dag in health.dags} == {path.stem for path in DAGS.glob("*.py")} - {"loop"}
    assert {part.name for part in health.parts if part.is_healthy} >= {"scheduler", "dag_processor", "triggerer"}


@pytest.fixture(scope="module")
def first_round(airflow: RunningAirflow) -> dict[str, Any]:
    """What became of each DAG when the loop was started by hand."""
    return airflow.whole_round(CONF)


def test_one_trigger_runs_the_whole_loop(first_round: dict[str, Any]) -> None:
    found = first_round
    assert {dag_id: step["state"] for dag_id, step in found.items()} == dict.fromkeys(found, "success"), found
    assert all(set(step["tasks"].values()) == {"success"} for step in found.values()), found

    assert count(Event.id) == len(interactions(FIRST_END))
    with session_scope() as session:
        model = session.scalars(select(Model)).one()
    assert model.status == "promoted"
    assert model.bento_tag
    (run,) = list_runs()
    assert (get_settings().reports_dir / run.report_path).stat().st_size > 100_000
    assert run.users_refreshed == run.users_drifted > 0


@pytest.mark.usefixtures("first_round")
def test_only_those_who_drifted_are_refreshed(airflow: RunningAirflow) -> None:
    (run,) = list_runs()
    drifted = set(drifted_users(run.drift_run_id))
    built = reasons()
    assert built["drift"] == drifted
    assert len(built["retrain"]) == SHOPPERS
    bought_of_another_taste = set(changed_shoppers()) & set(
        interactions(FIRST_END).filter(interactions(FIRST_END)["time"] >= run.current_from)["user_id"]
    )
    assert len(drifted & bought_of_another_taste) > len(bought_of_another_taste) / 2
    assert len(drifted) < SHOPPERS / 2


@pytest.mark.usefixtures("first_round")
def test_each_asset_says_which_days_it_is_about(airflow: RunningAirflow) -> None:
    extras = {event["uri"].rstrip("/"): event["extra"] for event in airflow.asset_events()}
    assert set(extras) == {f"zhiyin://{name}" for name in ("events", "features", "model", "drift", "profiles")}
    last = str(interactions(FIRST_END)["time"].max())[:10]
    for uri, extra in extras.items():
        assert extra["start"] < extra["end"], uri
        assert extra["end"].startswith(last), uri
    assert extras["zhiyin://model"]["outcome"] == "promoted"


@pytest.mark.usefixtures("first_round")
def test_a_repeated_ingest_brings_and_starts_nothing(airflow: RunningAirflow) -> None:
    before = len(airflow.client.runs("features"))
    run_id, state = airflow.run("ingest", CONF)
    assert state == "success"
    assert airflow.states("ingest", run_id)["announce_new"] == "skipped"
    assert len(airflow.client.runs("features")) == before
    assert count(Event.id) == len(interactions(FIRST_END))


@pytest.mark.usefixtures("first_round")
def test_a_person_decides_in_airflow_whom_a_drift_run_refreshes(airflow: RunningAirflow) -> None:
    refreshes = {run["dag_run_id"] for run in airflow.client.runs("refresh_profiles")}
    asking, run = ask_whom_to_refresh(airflow, 0.3, set())
    question = airflow.question("decide_drift", asking)
    assert question["subject"] == f"{run.users_drifted} shoppers drifted in {run.drift_run_id}: what now?"
    assert run.details["sentence"] in question["body"]
    assert (question["options"], question["defaults"]) == (["refresh", "dismiss", "retrain", "hold"], ["hold"])
    assert run.users_refreshed == 0
    assert airflow.answer("decide_drift", asking, "refresh", note="", farther_than=None, at_most=1) == "success"
    made = decision_on(run.drift_run_id)
    assert made is not None
    assert (made.action, made.at_most, made.decided_by, made.door) == ("refresh", 1, "admin", "airflow")
    airflow.await_task_of_new_run("refresh_profiles", refreshes, "refresh")
    assert refreshed_of(run.drift_run_id) == 1


@pytest.mark.slow
@pytest.mark.usefixtures("first_round")
def test_nobody_decides_twice(airflow: RunningAirflow) -> None:
    """A command decides, before somebody answers in Airflow too."""
    asking, run = ask_whom_to_refresh(airflow, 0.35, {one["dag_run_id"] for one in airflow.client.runs("decide_drift")})
    decide(run.drift_run_id, Choice("dismiss", "Bob", "command", "only a sale"))
    assert airflow.answer("decide_drift", asking, "refresh", note="", farther_than=None, at_most=None) == "success"
    assert airflow.states("decide_drift", asking)["record"] == "skipped"
    assert "is decided: dismiss, by Bob through the command" in airflow.log("decide_drift", asking, "record")
    assert refreshed_of(run.drift_run_id) == 0


@pytest.mark.slow
@pytest.mark.usefixtures("first_round")
def test_killed_in_the_middle_of_a_later_round_it_goes_on_and_doubles_nothing(airflow: RunningAirflow) -> None:
    write_shop(get_settings().landing_dir / "shop")
    before = len(airflow.client.runs("features"))

    def crash(running: RunningAirflow) -> None:
        running.kill("scheduler")
        running.start_again("scheduler")

    found = airflow.whole_round(CONF, meanwhile=crash)
    assert {dag_id: step["state"] for dag_id, step in found.items()} == dict.fromkeys(found, "success"), found
    assert found["retrain"]["tasks"]["train"] == "skipped"  # the model is younger than a week of data
    assert found["retrain"]["tasks"]["announce_model"] == "success"
    assert found["check_drift"]["tasks"]["check"] == "success"

    assert count(Event.id) == len(interactions())
    assert count(Model.model_version) == 1
    assert [run.users_refreshed == run.users_drifted for run in decided_by_policy()] == [True, True]
    with session_scope() as session:
        again = select(ProfileVersion.user_id, ProfileVersion.reason).group_by(
            ProfileVersion.user_id, ProfileVersion.reason
        )
        assert session.execute(again.having(func.count() > 1)).all() == []
    assert len(airflow.client.runs("features")) == before + 1
    log = airflow.log("retrain", found["retrain"]["id"], "is_due")
    assert "a new one is due after 7" in log


@pytest.mark.slow
@pytest.mark.usefixtures("first_round")
def test_every_drift_run_that_was_announced_while_paused_is_refreshed(airflow: RunningAirflow) -> None:
    """Airflow keeps no event for a paused DAG; the database knows both runs, not the newest alone."""
    airflow.client.patch("/dags/refresh_profiles", {"is_paused": True})
    end = f"{END:%Y-%m-%d}"  # a day of its own: such a run leaves alone what is due
    for share in (0.3, 0.4):
        assert airflow.run("check_drift", {"end": end, "false_alarm": share}, 300)[1] == "success"
    assert [run.users_refreshed for run in decided_by_policy() if run.users_refreshed != run.users_drifted] == [0, 0]
    airflow.client.patch("/dags/refresh_profiles", {"is_paused": False})
    seen = {run["dag_run_id"] for run in airflow.client.runs("refresh_profiles")}
    assert airflow.run("catch_up", {"minutes": 0})[1] == "success"
    while not (fresh := {run["dag_run_id"] for run in airflow.client.runs("refresh_profiles")} - seen):
        time.sleep(0.5)
    assert airflow.client.wait_for_run("refresh_profiles", fresh.pop(), 300)["state"] == "success"
    assert all(run.users_refreshed == run.users_drifted > 0 for run in decided_by_policy())


@pytest.mark.slow
@pytest.mark.usefixtures("first_round")
def test_a_worse_model_is_rejected_and_that_is_no_failure(airflow: RunningAirflow) -> None:
    """What it learned to rank from was the odd week, when everybody bought of another taste."""
    in_service = promoted()
    until = START + timedelta(weeks=ODD_WEEK + 2)
    run_id, state = airflow.run("retrain", {"until": f"{until:%Y-%m-%d}", "days": 28, "test_days": 7}, 600)
    tasks = airflow.states("retrain", run_id)
    assert state == "success"
    assert {tasks[task_id] for task_id in ("package", "promote", "refresh_all")} == {"skipped"}
    assert {tasks[task_id] for task_id in ("gate", "announce_model")} == {"success"}
    assert promoted() == in_service
    said = [event["extra"] for event in airflow.asset_events() if event["source_run_id"] == run_id]
    assert [(extra["outcome"], extra["model_version"]) for extra in said] == [("rejected", in_service)]


@pytest.mark.browser
@pytest.mark.usefixtures("first_round")
def test_the_ui_shows_a_green_run_and_the_loop_of_assets(airflow: RunningAirflow, tmp_path: Path) -> None:
    from tests.support.servers.browser import page_of

    shots = Path(os.environ.get("ZHIYIN_SCREENSHOTS", tmp_path))
    shots.mkdir(parents=True, exist_ok=True)
    with page_of(f"{airflow.site.url}/auth/login") as page:
        page.get_by_label("Username").fill("admin")
        page.get_by_label("Password").fill(airflow.site.passwords["admin"])
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/")
        page.goto(f"{airflow.site.url}/dags/retrain")
        page.get_by_text("announce_model").first.wait_for()
        page.screenshot(path=shots / "airflow-grid.png")
        page.goto(f"{airflow.site.url}/assets")
        page.get_by_role("link", name="profiles", exact=True).first.wait_for()
        page.screenshot(path=shots / "airflow-assets.png")
        page.get_by_role("link", name="model", exact=True).first.click()
        page.get_by_text("check_drift").first.wait_for()
        page.screenshot(path=shots / "airflow-asset-graph.png")
    assert all((shots / f"airflow-{name}.png").stat().st_size > 10_000 for name in ("grid", "assets", "asset-graph"))
