"""Runs the loop through Airflow's REST API and tells how it goes: one trigger, then the assets carry it on.

It knows the names of the DAGs and their order; what their tasks do is the DAGs' affair.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from console.airflow import FINAL_STATES, AirflowClient
from console.processes import Processes, ProcessFailed

LOOP = ("ingest", "features", "retrain", "check_drift", "refresh_profiles")
STEP_SECONDS = 900.0
FAILED = ("failed", "upstream_failed")


@dataclass(frozen=True)
class Step:
    """One DAG's run in the loop and how long it took."""

    dag_id: str
    run_id: str
    state: str
    seconds: float
    tasks: dict[str, float]  # seconds by task, of those that ran


def run_loop(
    client: AirflowClient,
    processes: Processes,
    conf: Mapping[str, Any],
    tell: Callable[[str], None],
    last: Callable[[], bool],
) -> Iterator[Step]:
    """Triggers `ingest` and yields each step as it ends.

    The loop has come round when `last()` says that nothing more will follow after the drift check, or when
    `refresh_profiles` has run. Raises `ProcessFailed`, with the failed task's name, when a run fails.
    """
    client.wait_for_dags(set(LOOP))
    seen = {dag_id: {run["dag_run_id"] for run in client.runs(dag_id)} for dag_id in LOOP}
    for dag_id in LOOP:
        client.unpause(dag_id)
    client.trigger("ingest", conf)
    for dag_id in LOOP:
        run_id = _await_new_run(client, processes, dag_id, seen[dag_id])
        step = _follow(client, processes, dag_id, run_id, tell)
        yield step
        if dag_id == "check_drift" and last():
            return


def _await_new_run(client: AirflowClient, processes: Processes, dag_id: str, seen: set[str]) -> str:
    deadline = time.monotonic() + STEP_SECONDS
    while time.monotonic() < deadline:
        processes.check()
        fresh = [run for run in client.runs(dag_id) if run["dag_run_id"] not in seen]
        if fresh:
            return str(fresh[-1]["dag_run_id"])
        time.sleep(0.5)
    raise ProcessFailed(f"no run of {dag_id} began within {STEP_SECONDS:.0f} s")


def _follow(client: AirflowClient, processes: Processes, dag_id: str, run_id: str, tell: Callable[[str], None]) -> Step:
    seen: dict[str, str] = {}
    deadline = time.monotonic() + STEP_SECONDS
    while time.monotonic() < deadline:
        processes.check()
        run = client.get(f"/dags/{dag_id}/dagRuns/{run_id}")
        tasks = client.tasks(dag_id, run_id)
        for task in tasks:
            if task["state"] and seen.get(task["task_id"]) != task["state"]:
                seen[task["task_id"]] = task["state"]
                if task["state"] in ("running", "success", *FAILED):
                    tell(f"{dag_id}.{task['task_id']}: {_describe(task)}")
        if run["state"] in FINAL_STATES:
            return _finished(dag_id, run, tasks)
        time.sleep(0.5)
    raise ProcessFailed(f"{dag_id} did not end within {STEP_SECONDS:.0f} s")


def _describe(task: Mapping[str, Any]) -> str:
    if task["state"] == "success" and task["duration"] is not None:
        return f"done in {task['duration']:.1f} s"
    return str(task["state"]).replace("_", " ")


def _finished(dag_id: str, run: Mapping[str, Any], tasks: list[dict[str, Any]]) -> Step:
    failed = [task["task_id"] for task in tasks if task["state"] in FAILED]
    if run["state"] == "failed":
        raise ProcessFailed(f"{dag_id} failed at {', '.join(failed)}; its log is in Airflow, run {run['dag_run_id']}")
    began, ended = (datetime.fromisoformat(run[key]) for key in ("start_date", "end_date"))
    seconds = {task["task_id"]: float(task["duration"]) for task in tasks if task["duration"] is not None}
    return Step(dag_id, str(run["dag_run_id"]), str(run["state"]), (ended - began).total_seconds(), seconds)
