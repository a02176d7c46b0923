"""The service as a child process: started, awaited, and asked with a key of its own for as long as that takes."""

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from console.processes import Processes, ProcessFailed
from recommender.auth.keys import create_key, revoke_key
from recommender.db.engine import session_scope
from recommender.settings import PROJECT_ROOT, Settings

READY_SECONDS = 90.0
KEY_LASTS = timedelta(minutes=10)


def start_service(
    processes: Processes, settings: Settings, port: int, *options: str, env: Mapping[str, str] | None = None
) -> None:
    """Starts `zhiyin serve`, with what `env` adds to the environment, and returns when it is ready.

    Raises:
        ProcessFailed: with its log, where it isn't ready in time.
    """
    command = [str(Path(sys.executable).parent / "zhiyin"), "serve", "--port", str(port), *options]
    processes.start("service", command, {"ZHIYIN_HOME": str(settings.root), **(env or {})}, PROJECT_ROOT)
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        processes.check()
        if _answers(f"http://{settings.service_host}:{port}/readyz"):
            return
        time.sleep(0.25)
    raise ProcessFailed(f"the service was not ready within {READY_SECONDS:.0f} s; its log: {processes.logs}")


@contextmanager
def open_client(settings: Settings, port: int) -> Iterator[httpx.Client]:
    """A client of the service, with a key where one is needed."""
    with httpx.Client(base_url=f"http://{settings.service_host}:{port}", timeout=30) as service:
        if settings.auth == "off":
            yield service
            return
        now = datetime.now(UTC)
        with session_scope() as session:
            key, row = create_key(session, "server", now, name="the loop's report", expires_at=now + KEY_LASTS)
            key_id = row.key_id
        service.headers["Authorization"] = f"Bearer {key}"
        try:
            yield service
        finally:
            with session_scope() as session:
                revoke_key(session, key_id, datetime.now(UTC))


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).is_success
    except httpx.TransportError:
        return False
