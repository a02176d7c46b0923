"""The loop over Airflow's API, against a server that answers as Airflow does."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from console.airflow import AirflowClient
from console.loop import LOOP, Step, run_loop
from console.processes import Processes, ProcessFailed


class Airflow(BaseHTTPRequestHandler):
    """Each DAG has a run as soon as the first was triggered; a run ends when it is looked at for the second time."""

    fails: str
    triggered: dict[str, Any]
    looks: dict[str, int]
    unpaused: list[str]

    def do_GET(self) -> None:
        parts = self.path.partition("?")[0].removeprefix("/api/v2/").split("/")
        match parts:
            case ["importErrors"]:
                self._answer({"import_errors": []})
            case ["dags"]:
                self._answer({"dags": [{"dag_id": dag_id} for dag_id in LOOP]})
            case ["dags", dag_id, "dagRuns"]:
                runs = [self._run(dag_id)] if self.triggered else []
                self._answer({"dag_runs": [*runs, {"dag_run_id": "old", "state": "success"}]})
            case ["dags", dag_id, "dagRuns", _]:
                self.looks[dag_id] = self.looks.get(dag_id, 0) + 1
                self._answer(self._run(dag_id))
            case ["dags", dag_id, "dagRuns", _, "taskInstances"]:
                state = self._run(dag_id)["state"]
                duration = 1.5 if state == "success" else None
                self._answer({"task_instances": [{"task_id": "work", "state": state, "duration": duration}]})

    def do_PATCH(self) -> None:
        self._read()
        self.unpaused.append(self.path.split("/")[-1])
        self._answer({})

    def do_POST(self) -> None:
        body = self._read()
        if self.path == "/auth/token":
            return self._answer({"access_token": "t"})
        self.triggered.update(body["conf"])
        return self._answer({})

    def _run(self, dag_id: str) -> dict[str, Any]:
        ended = "failed" if dag_id == self.fails else "success"
        state = ended if self.looks.get(dag_id, 0) > 1 else "running"
        times = {"start_date": "2026-06-01T00:00:00+00:00", "end_date": "2026-06-01T00:00:07+00:00"}
        return {"dag_run_id": f"run of {dag_id}", "state": state, **times}

    def _read(self) -> Any:
        return json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def _answer(self, content: Any) -> None:
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Says nothing."""


@pytest.fixture
def client() -> Iterator[AirflowClient]:
    Airflow.fails, Airflow.triggered, Airflow.looks, Airflow.unpaused = "", {}, {}, []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Airflow)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    found = AirflowClient(f"http://127.0.0.1:{server.server_port}", "admin", "p")
    yield found
    found.close()
    server.shutdown()
    server.server_close()


def walk(client: AirflowClient, logs: Path, last: bool = False) -> tuple[list[Step], list[str]]:
    told: list[str] = []
    steps = list(run_loop(client, Processes(logs), {"source": "csv"}, told.append, lambda: last))
    return steps, told


def test_one_trigger_carries_the_loop_round(client: AirflowClient, tmp_path: Path) -> None:
    steps, told = walk(client, tmp_path)
    assert [step.dag_id for step in steps] == list(LOOP)
    assert Airflow.unpaused == list(LOOP)
    assert Airflow.triggered == {"source": "csv"}
    assert steps[0] == Step("ingest", "run of ingest", "success", 7.0, {"work": 1.5})
    assert told[:2] == ["ingest.work: running", "ingest.work: done in 1.5 s"]


def test_the_loop_ends_with_the_drift_check_where_nothing_follows(client: AirflowClient, tmp_path: Path) -> None:
    steps, _ = walk(client, tmp_path, last=True)
    assert steps[-1].dag_id == "check_drift"


def test_a_run_that_fails_is_told_with_its_task(client: AirflowClient, tmp_path: Path) -> None:
    Airflow.fails = "retrain"
    with pytest.raises(ProcessFailed, match=r"retrain failed at work; .*run of retrain"):
        walk(client, tmp_path)
