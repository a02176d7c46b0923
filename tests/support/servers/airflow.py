"""A real Airflow for the tests: its parts as processes on free loopback ports, with the project's own DAGs."""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from console.airflow import FINAL_STATES, AirflowClient, AirflowSite
from console.loop import LOOP
from console.processes import Processes
from recommender.settings import Settings
from services.airflow.client import AirflowApi
from services.airflow.health import LoopHealth, read_health
from tests.support.servers.local import free_port

VIEWER = "viewer"
ROUND_SECONDS = 600.0
STARTED_SECONDS = 60.0


@dataclass
class RunningAirflow:
    """A running Airflow, and what the tests ask of it."""

    site: AirflowSite
    processes: Processes
    client: AirflowClient
    orphans: list[int] = field(default_factory=list)  # groups of killed parts, whose children live on

    @property
    def api(self) -> AirflowApi:
        """It as the service asks it."""
        return AirflowApi(self.site.url, "admin", self.site.passwords["admin"])

    def health(self) -> LoopHealth:
        """How the DAGs are, as the service's page shows it."""

        async def look() -> LoopHealth:
            async with self.api.visit(60) as visit:
                return await read_health(visit)

        return asyncio.run(look())

    @contextmanager
    def viewer(self) -> Iterator[AirflowClient]:
        """A client of one who may look only."""
        client = AirflowClient(self.site.url, VIEWER, self.site.passwords[VIEWER])
        yield client
        client.close()

    def log(self, dag_id: str, run_id: str, task_id: str, attempt: int = 1) -> str:
        """What a task wrote, as the UI shows it."""
        answer = self.client.get(f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/logs/{attempt}")
        return "\n".join(str(line) for line in answer["content"])

    def states(self, dag_id: str, run_id: str) -> dict[str, str]:
        return {task["task_id"]: task["state"] for task in self.client.tasks(dag_id, run_id)}

    def asset_events(self) -> list[dict[str, Any]]:
        """All that was announced. Airflow 3.3.2 answers 500 while a run that an event started is still queued."""
        deadline = time.monotonic() + STARTED_SECONDS
        while True:
            try:
                return list(self.client.get("/assets/events", limit=100)["asset_events"])
            except httpx.HTTPStatusError as error:
                if not error.response.is_server_error or time.monotonic() > deadline:
                    raise
            time.sleep(0.5)

    def run(self, dag_id: str, conf: dict[str, Any], seconds: float = 120) -> tuple[str, str]:
        """Triggers a run and waits for its end: its id and its state."""
        run_id = self.client.trigger(dag_id, conf)
        return run_id, self.client.wait_for_run(dag_id, run_id, seconds)["state"]

    def asked(self, dag_id: str, but_for: set[str]) -> str:
        """Waits until a new run of the DAG asks a person something, holding no worker; its id."""
        deadline = time.monotonic() + STARTED_SECONDS
        run = self._await_run(dag_id, but_for, deadline)
        self._await_task(dag_id, run["dag_run_id"], "ask", "awaiting_input", deadline)
        return str(run["dag_run_id"])

    def await_task_of_new_run(self, dag_id: str, but_for: set[str], task_id: str) -> None:
        """Waits until this task has succeeded in one of the DAG's runs that are not `but_for`."""
        deadline = time.monotonic() + ROUND_SECONDS
        while time.monotonic() < deadline:
            fresh = [run["dag_run_id"] for run in self.client.runs(dag_id) if run["dag_run_id"] not in but_for]
            if any(self.states(dag_id, run_id).get(task_id) == "success" for run_id in fresh):
                return
            time.sleep(0.5)
        raise TimeoutError(f"{dag_id}.{task_id} did not succeed in a new run")

    def question(self, dag_id: str, run_id: str) -> dict[str, Any]:
        """What a run asks, and what was answered."""
        found: dict[str, Any] = self.client.get(f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/ask/-1/hitlDetails")
        return found

    def answer(self, dag_id: str, run_id: str, option: str, **said: Any) -> str:
        """Answers what a run asks, and waits for the run's end: its state.

        Airflow 3.3.2 loses an answer that comes before its scheduler has noted that the task waits, and asks again.
        """
        place, deadline = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/ask/-1/hitlDetails", time.monotonic() + 180
        while time.monotonic() < deadline:
            if self.states(dag_id, run_id).get("ask") == "awaiting_input":
                self.client.patch(place, {"chosen_options": [option], "params_input": said})
            state = self.client.get(f"/dags/{dag_id}/dagRuns/{run_id}")["state"]
            if state in FINAL_STATES:
                return str(state)
            time.sleep(1)
        raise TimeoutError(f"run {run_id} of {dag_id} did not end after its answer")

    def refused(self, dag_id: str, conf: dict[str, Any]) -> str:
        """What Airflow answers to a form that it does not take."""
        try:
            self.client.trigger(dag_id, conf)
        except httpx.HTTPStatusError as error:
            return error.response.text
        raise AssertionError(f"{dag_id} took {conf}")

    def whole_round(
        self, conf: dict[str, Any], meanwhile: Callable[["RunningAirflow"], None] | None = None
    ) -> dict[str, dict[str, Any]]:
        """Triggers `ingest` and follows the assets round: each DAG's one new run, with its tasks' states.

        `meanwhile` is called once, while the features are being built.
        """
        before = {dag_id: {run["dag_run_id"] for run in self.client.runs(dag_id)} for dag_id in LOOP}
        self.client.trigger("ingest", conf)
        deadline, found = time.monotonic() + ROUND_SECONDS, {}
        for dag_id in LOOP:
            run = self._await_run(dag_id, before[dag_id], deadline)
            if dag_id == "features" and meanwhile is not None:
                self._await_task(dag_id, run["dag_run_id"], "build", "running", deadline)
                meanwhile(self)
            ended = self.client.wait_for_run(dag_id, run["dag_run_id"], deadline - time.monotonic())
            found[dag_id] = {"id": run["dag_run_id"], "state": ended["state"]}
            found[dag_id]["tasks"] = self.states(dag_id, run["dag_run_id"])
        return found

    def _await_run(self, dag_id: str, before: set[str], deadline: float) -> dict[str, Any]:
        while time.monotonic() < deadline:
            fresh = [run for run in self.client.runs(dag_id) if run["dag_run_id"] not in before]
            if fresh:
                return fresh[0]
            time.sleep(0.5)
        raise TimeoutError(f"no run of {dag_id} began")

    def _await_task(self, dag_id: str, run_id: str, task_id: str, state: str, deadline: float) -> None:
        while self.states(dag_id, run_id).get(task_id) not in (state, "success", "failed"):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{dag_id}.{task_id} did not get {state}")
            time.sleep(0.2)

    def kill(self, part: str) -> None:
        """kill -9 of one part, as the kernel would do it when memory runs out."""
        child = next(child for child in self.processes.children if child.name == f"airflow-{part}")
        os.kill(child.process.pid, signal.SIGKILL)
        child.process.wait()
        self.processes.children.remove(child)
        self.orphans.append(child.process.pid)

    def start_again(self, part: str) -> None:
        self.site.start_part(part)
        self.site.wait_until_healthy(self.client)


@contextmanager
def running_airflow(home: Path, database_url: str | None = None) -> Iterator[RunningAirflow]:
    """Airflow below `home`, with all DAGs of the loop read and switched on; stopped at the end."""
    settings = Settings(home=home, airflow_port=free_port())
    with Processes(home / "logs") as processes:
        site = AirflowSite(settings, processes, database_url, {"admin": "admin", VIEWER: "viewer"})
        running = RunningAirflow(site, processes, site.start())
        running.client.wait_for_dags(set(LOOP))
        for dag_id in LOOP:
            running.client.unpause(dag_id)
        try:
            yield running
        finally:
            running.client.close()
            for group in running.orphans:
                with suppress(ProcessLookupError):
                    os.killpg(group, signal.SIGKILL)
