"""Services started for a benchmark: ours, BentoML's hello world and its faster relatives, each on a port of its own.

It knows how each is started and when it is ready; what they are asked is the benchmark's affair.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import orjson
import psutil

from benchmarks.common.database_servers import free_port
from recommender.settings import PROJECT_ROOT, Settings, get_settings
from services.operations.serve import environment

READY_SECONDS = 400
TUNED: dict[str, object] = {"logging": {"access": {"enabled": False}}, "tracing": {"excluded_urls": ".*"}}


@dataclass(frozen=True, slots=True)
class System:
    """What is started: a command without its port, and what its environment has beside ours."""

    name: str
    command: tuple[str, ...]
    variables: Mapping[str, str] = field(default_factory=dict)
    folder: Path = PROJECT_ROOT  # in which it is started


@dataclass(frozen=True, slots=True)
class Running:
    """A system that answers."""

    system: System
    port: int
    process: "subprocess.Popen[bytes]"
    seconds_to_ready: float

    def workers(self) -> list[psutil.Process]:
        """The processes that answer: those that BentoML starts, or the one itself."""
        main = psutil.Process(self.process.pid)
        found = [each for each in main.children(recursive=True) if "worker" in " ".join(each.cmdline())]
        return found or [main]

    def cpu_seconds(self) -> float:
        """Spent by it and all below it so far."""
        main = psutil.Process(self.process.pid)
        times = [each.cpu_times() for each in (main, *main.children(recursive=True))]
        return float(sum(each.user + each.system for each in times))


def zhiyin(settings: Settings | None = None, workers: int = 1, name: str = "zhiyin /recommend", **more: str) -> System:
    """Our service as `zhiyin serve` starts it. `more` is the environment's, e.g. ZHIYIN_LISTS_MB="0"."""
    variables = environment((settings or get_settings()).model_copy(update={"rate_server": 1e9}), workers) | more
    return System(name, (sys.executable, "-m", "bentoml", "serve", "services.app:Recommender"), variables)


def default_echo(workers: int = 1) -> System:
    """BentoML's hello world, untouched; a number of workers is BentoML's one setting that it takes."""
    command = (sys.executable, "-m", "bentoml", "serve", "benchmarks.serving.bentoml_echo:Echo")
    return System("bentoml echo, default settings", command, _configured({"workers": workers} if workers > 1 else {}))


def tuned_echo(workers: int = 1) -> System:
    """The same without spans and access log."""
    default = default_echo()
    return replace(
        default, name="bentoml echo, no spans, no access log", variables=_configured(TUNED | {"workers": workers})
    )


def _configured(services: dict[str, object]) -> dict[str, str]:
    """An environment of BentoML's own, with this configuration, or with none at all."""
    home = Path(tempfile.mkdtemp(prefix="echo-"))
    variables = {"BENTOML_HOME": str(home), "BENTOML_DO_NOT_TRACK": "True"}
    if not services:
        return variables
    config = home / "echo.yaml"
    config.write_bytes(orjson.dumps({"services": services}))  # JSON is YAML too
    return variables | {"BENTOML_CONFIG": str(config)}


def plain_echo(workers: int = 1) -> System:
    """An echo without BentoML."""
    command: tuple[str, ...] = (
        sys.executable,
        "-m",
        "uvicorn",
        "benchmarks.serving.starlette_echo:app",
        "--no-access-log",
        "--log-level",
        "warning",
    )
    command += ("--workers", str(workers)) if workers > 1 else ()
    return System("starlette echo under plain uvicorn", command)


@contextmanager
def start_system(system: System) -> Iterator[Running]:
    """The system on a free port, until the block ends."""
    port = free_port()
    began = time.monotonic()
    process = subprocess.Popen(
        [*system.command, "--host", "127.0.0.1", "--port", str(port)],
        cwd=system.folder,
        env={**os.environ, **system.variables},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        _wait_ready(port, process)
        yield Running(system, port, process, time.monotonic() - began)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(60)


def _wait_ready(port: int, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz"):
                return
        except OSError:
            time.sleep(0.3)
    raise RuntimeError(f"{process.args!r} did not become ready")
