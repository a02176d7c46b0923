"""A small server that answers what Airflow 3.3.2 answered once (`recorded_airflow.json`), and refuses as it does.

The records are of a `decide_drift` run that waits for a person, who is asked about drift run "one".
"""

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from services.airflow.client import AirflowApi
from tests.support.servers.local import free_port

PASSWORD = "a password"
DETAILS = "/dags/decide_drift/dagRuns/~/hitlDetails"
ANSWERED = "Human-in-the-loop detail has already been updated and is not allowed to write again."
QUESTION = re.compile(r"/dags/decide_drift/dagRuns/[^/]+/taskInstances/ask/-1/hitlDetails")


def records() -> dict[str, Any]:
    """The recorded answers by their paths below `/api/v2`."""
    return dict(json.loads(Path(__file__).with_suffix(".json").read_text()))


@dataclass
class RecordedAirflow:
    """What it answers; `statuses` are refusals by path, `bodies` other answers, `hangs` seconds before each one."""

    answers: dict[str, Any] = field(default_factory=records)
    port: int = field(default_factory=free_port)
    statuses: dict[str, int] = field(default_factory=dict)
    bodies: dict[str, bytes] = field(default_factory=dict)
    hangs: float = 0.0
    logins: int = 0
    asked: list[str] = field(default_factory=list)
    said: list[dict[str, Any]] = field(default_factory=list)  # what a person answered

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def api(self) -> AirflowApi:
        return AirflowApi(self.url, "admin", PASSWORD)

    @property
    def question(self) -> dict[str, Any]:
        found: dict[str, Any] = self.answers[DETAILS]["hitl_details"][0]
        return found

    def forget_tokens(self) -> None:
        """As a restart with another secret does."""
        self.logins += 1000

    def answer(self, method: str, path: str, token: str, body: dict[str, Any]) -> tuple[int, Any]:
        """Status and JSON, as Airflow gives them."""
        if path == "/auth/token":
            if body.get("password") != PASSWORD:
                return 401, {"detail": "Invalid credentials"}
            self.logins += 1
            return 201, {"access_token": f"token {self.logins}"}
        if token != f"Bearer token {self.logins}":
            return (403, {"detail": "Invalid JWT token"}) if token else (401, {"detail": "Not authenticated"})
        place = path.removeprefix("/api/v2")
        if place in self.statuses:
            return self.statuses[place], {"detail": "Forbidden"}
        if method == "PATCH" and QUESTION.fullmatch(place):
            return self._decide(body)
        return (200, self.answers[place]) if place in self.answers else (404, {"detail": "Not Found"})

    def _decide(self, body: dict[str, Any]) -> tuple[int, Any]:
        question = self.question
        if question["response_received"]:
            return 409, {"detail": ANSWERED}
        self.said.append(body)
        by, when = {"id": "admin", "name": "admin"}, "2026-12-01T14:30:00Z"
        question |= {"response_received": True, "responded_by_user": by, "responded_at": when}
        question |= {"chosen_options": body["chosen_options"], "params_input": body["params_input"]}
        question["task_instance"]["state"] = "success"
        return 200, {"responded_by": by, "responded_at": when, **body}


@contextmanager
def recorded_airflow() -> Iterator[RecordedAirflow]:
    """The server, on a free loopback port until the block ends."""
    airflow = RecordedAirflow()

    class Handler(BaseHTTPRequestHandler):
        def _reply(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = json.loads(self.rfile.read(length)) if length else {}
            path = unquote(urlsplit(self.path).path)
            airflow.asked.append(path)
            time.sleep(airflow.hangs)
            status, told = airflow.answer(self.command, path, self.headers.get("Authorization", ""), body)
            sent = airflow.bodies.get(path.removeprefix("/api/v2"), json.dumps(told).encode())
            self.send_response(status)
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            with suppress(ConnectionError):  # who asked may have gone
                self.wfile.write(sent)

        do_GET = do_POST = do_PATCH = _reply

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", airflow.port), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield airflow
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
