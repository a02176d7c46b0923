"""While no worker serves, whoever comes to the port is told so at once; when one does, it has the port alone."""

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from services.operations import startup_responder as responder
from services.operations.startup_responder import StartupResponder


class Worker:
    """Whether a worker serves, as the responder is told."""

    is_up = False

    def __call__(self, folder: Path) -> bool:
        return self.is_up


@pytest.fixture
def worker() -> Worker:
    return Worker()


@pytest.fixture
def address(tmp_path: Path, worker: Worker) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        StartupResponder(port, tmp_path, worker).start()
        yield f"http://127.0.0.1:{port}"
        worker.is_up = True  # the responder lets go of the socket
        time.sleep(2 * responder.LOOK_SECONDS)


def test_who_comes_is_told_when_to_come_again(address: str) -> None:
    answer = httpx.post(f"{address}/recommend", json={"user_id": "u1"}, timeout=10)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert answer.json()["error"]["field"] == "service"
    assert httpx.get(f"{address}/livez", timeout=10).status_code == 200
    assert httpx.get(f"{address}/healthz", timeout=10).status_code == 200
    assert httpx.get(f"{address}/readyz", timeout=10).status_code == 503


def test_who_speaks_no_http_holds_up_nobody(address: str) -> None:
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as silent, socket.create_connection((host, int(port))) as odd:
        silent.sendall(b"POST / HTTP/1.1\r\ncontent-le")
        odd.sendall(b"\x00" * 70_000)
        assert httpx.get(f"{address}/readyz", timeout=10).status_code == 503


def test_it_counts_as_alive_for_a_while_only(tmp_path: Path) -> None:
    started = StartupResponder(1, tmp_path)
    assert started._respond(b"GET /livez HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 200")
    assert started._respond(b"GET /livez?x HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 503")
    assert started._respond(b"nonsense").startswith(b"HTTP/1.1 503")
    started._empty_since -= responder.LIVE_SECONDS
    assert started._respond(b"GET /livez HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 503")


def test_a_worker_that_is_up_has_the_callers_alone(tmp_path: Path, worker: Worker) -> None:
    worker.is_up = True
    with socket.create_server(("127.0.0.1", 0)) as listening:
        StartupResponder(listening.getsockname()[1], tmp_path, worker).start()
        time.sleep(3 * responder.LOOK_SECONDS)
        with socket.create_connection(listening.getsockname()) as caller:
            listening.settimeout(5)
            taken, _ = listening.accept()
            taken.sendall(b"the worker's")
            assert caller.recv(20) == b"the worker's"
            taken.close()
    assert any(thread.name == "startup-responder" and thread.daemon for thread in threading.enumerate())
