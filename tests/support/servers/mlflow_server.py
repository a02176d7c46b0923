"""A real `mlflow server`, from a virtual environment of its own: its pins don't fit beside the platform's."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.support.servers.local import free_port, skip_or_fail

VERSION = "3.17.2"
INSTALLS_WITHIN, STARTS_WITHIN = 400, 300  # seconds


def install_mlflow(folder: Path) -> Path:
    """The `mlflow` of a new environment below `folder`, or of the one that MLFLOW_ENVIRONMENT names; skips by name."""
    there = os.environ.get("MLFLOW_ENVIRONMENT")
    place = Path(there) if there else folder / "mlflow"
    if not there:
        uv, python = str(Path(sys.executable).parent / "uv"), str(place / "bin" / "python")
        for command in ([uv, "venv", "-q", "-p", sys.executable, str(place)],
                        [uv, "pip", "install", "-q", "-p", python, f"mlflow=={VERSION}"]):  # fmt: skip
            try:
                subprocess.run(command, check=True, capture_output=True, timeout=INSTALLS_WITHIN)
            except (OSError, subprocess.SubprocessError) as failure:
                skip_or_fail(f"mlflow {VERSION} can't be installed here: {failure}")
    return place / "bin" / "mlflow"


@contextmanager
def mlflow_server(program: Path, folder: Path) -> Iterator[str]:
    """Its address, until the block ends; runs and artefacts lie in `folder`."""
    port = free_port()
    command = [str(program), "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}"]
    command += ["--artifacts-destination", str(folder / "art")]
    with (folder / "mlflow.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, start_new_session=True)
    try:
        _await(f"http://127.0.0.1:{port}/health", process, folder / "mlflow.log")
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, 15)
        process.wait(30)


def _await(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(url, timeout=5).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.3)
    raise RuntimeError(f"mlflow did not start:\n{log.read_text()[-2000:]}")
