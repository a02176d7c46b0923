"""Asking Airflow's API: an answer that doesn't come is asked for again, and starts no second run."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from console import airflow
from console.airflow import AirflowClient


class LameAtFirst(BaseHTTPRequestHandler):
    """Gives a token at once; the first request that writes is kept waiting too long, or fails for want of a lock."""

    asked: list[str]
    bodies: list[dict[str, Any]]
    runs: set[str]
    late: bool  # whether the first is kept waiting; else it fails

    def do_PATCH(self) -> None:
        self._read()
        self.asked.append("PATCH")
        self._answer(self._first_status(), {})

    def do_POST(self) -> None:
        body = self._read()
        if self.path == "/auth/token":
            return self._answer(201, {"access_token": "t"})
        self.asked.append("POST")
        self.bodies.append(body)
        if body["dag_run_id"] in self.runs:
            return self._answer(409, {"detail": "there is such a run"})
        status = self._first_status()
        if status == 200:
            self.runs.add(body["dag_run_id"])
        return self._answer(status, {"dag_run_id": body["dag_run_id"]})

    def _first_status(self) -> int:
        if len(self.asked) > 1:
            return 200
        if self.late:
            time.sleep(1)
        return 200 if self.late else 500

    def _read(self) -> dict[str, Any]:
        body: dict[str, Any] = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        return body

    def _answer(self, status: int, told: dict[str, Any]) -> None:
        body = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_said: object) -> None:
        """Says nothing."""


@pytest.fixture(params=[True, False], ids=["late", "failed"])
def client(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[AirflowClient]:
    monkeypatch.setattr(airflow, "ANSWER_SECONDS", 0.3)
    monkeypatch.setattr(airflow, "PAUSE_SECONDS", 0.1)
    LameAtFirst.asked, LameAtFirst.bodies, LameAtFirst.runs, LameAtFirst.late = [], [], set(), request.param
    server = ThreadingHTTPServer(("127.0.0.1", 0), LameAtFirst)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    found = AirflowClient(f"http://127.0.0.1:{server.server_port}", "admin", "p")
    yield found
    found.close()
    server.shutdown()
    server.server_close()


def test_what_got_no_answer_or_no_lock_is_asked_again(client: AirflowClient) -> None:
    client.unpause("ingest")
    assert LameAtFirst.asked == ["PATCH", "PATCH"]


def test_a_run_that_is_asked_for_again_is_one_run(client: AirflowClient) -> None:
    run_id = client.trigger("ingest", {"source": "csv"})
    time.sleep(1)  # until the late one has ended too
    assert LameAtFirst.runs == {run_id}
    assert [body["dag_run_id"] for body in LameAtFirst.bodies] == [run_id, run_id]
