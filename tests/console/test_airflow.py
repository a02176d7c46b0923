"""Asking Airflow's API: an answer that doesn't come is asked for again, where that changes nothing."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from console import airflow
from console.airflow import AirflowClient


class SlowAtFirst(BaseHTTPRequestHandler):
    """Gives a token at once; keeps whoever asks first waiting too long."""

    asked: list[str]

    def do_GET(self) -> None:
        self._answer(b"{}")

    do_PATCH = do_GET

    def do_POST(self) -> None:
        self._answer(b'{"access_token": "t"}')

    def _answer(self, body: bytes) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path != "/auth/token":
            self.asked.append(self.command)
            if len(self.asked) == 1:
                time.sleep(1)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_said: object) -> None:
        """Says nothing."""


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[AirflowClient]:
    monkeypatch.setattr(airflow, "ANSWER_SECONDS", 0.3)
    SlowAtFirst.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), SlowAtFirst)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    found = AirflowClient(f"http://127.0.0.1:{server.server_port}", "admin", "p")
    yield found
    found.close()
    server.shutdown()
    server.server_close()


def test_what_changes_nothing_by_being_asked_twice_is_asked_again(client: AirflowClient) -> None:
    client.unpause("ingest")
    assert SlowAtFirst.asked == ["PATCH", "PATCH"]


def test_a_run_is_not_started_twice(client: AirflowClient) -> None:
    with pytest.raises(httpx.ReadTimeout):
        client.trigger("ingest", {})
    assert SlowAtFirst.asked == ["POST"]
