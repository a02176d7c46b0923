"""A real Airflow for the tests: its parts as processes on free loopback ports, with the project's own DAGs."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from console.airflow import AirflowClient, AirflowSite
from console.loop import LOOP
from console.processes import Processes
from recommender.settings import Settings
from tests.support.servers import free_port

VIEWER = "viewer"


@dataclass
class TestSite:
    """A running Airflow, and what the tests ask of it."""

    __test__ = False
    site: AirflowSite
    processes: Processes
    client: AirflowClient

    @property
    def url(self) -> str:
        return self.site.url

    def viewer(self) -> AirflowClient:
        return AirflowClient(self.url, VIEWER, self.site.passwords[VIEWER])

    def log(self, dag_id: str, run_id: str, task_id: str, attempt: int = 1) -> str:
        """What a task wrote, as the UI shows it."""
        answer = self.client.get(f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/logs/{attempt}")
        return "\n".join(str(line) for line in answer["content"])

    def states(self, dag_id: str, run_id: str) -> dict[str, str]:
        return {task["task_id"]: task["state"] for task in self.client.tasks(dag_id, run_id)}

    def run(self, dag_id: str, conf: dict[str, Any], seconds: float = 120) -> tuple[str, str]:
        """Triggers a run and waits for its end: its id and its state."""
        run_id = self.client.trigger(dag_id, conf)
        return run_id, self.client.wait_for_run(dag_id, run_id, seconds)["state"]


@contextmanager
def airflow_site(home: Path, database_url: str | None = None) -> Iterator[TestSite]:
    """Airflow below `home`, with all DAGs of the loop read and switched on; stopped at the end."""
    settings = Settings(home=home, airflow_port=free_port())
    with Processes(home / "logs") as processes:
        site = AirflowSite(settings, processes, database_url, {"admin": "admin", VIEWER: "viewer"})
        running = TestSite(site, processes, site.start())
        running.client.wait_for_dags(set(LOOP))
        for dag_id in LOOP:
            running.client.unpause(dag_id)
        yield running
