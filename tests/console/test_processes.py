"""Processes: none outlives its parent, and a failure says where to look."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from console.processes import Processes, ProcessFailed, require_free_port

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, subprocess, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "print(subprocess.Popen(['sleep', '600']).pid, flush=True); time.sleep(600)",
]


def gone(pid: int, seconds: float = 5) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        if Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z":
            return True
        time.sleep(0.05)
    return False


def wait_for(condition: Path) -> str:
    for _ in range(200):
        if condition.exists() and condition.read_text().strip():
            return condition.read_text().strip()
        time.sleep(0.05)
    raise TimeoutError(condition)


def test_all_are_stopped_at_the_end(tmp_path: Path) -> None:
    with Processes(tmp_path) as processes:
        pids = [processes.start(name, SLEEP).process.pid for name in ("one", "two")]
        processes.check()
    assert all(gone(pid) for pid in pids)


def test_one_that_ignores_the_request_is_killed_with_its_children(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.processes.STOP_SECONDS", 0.5)
    with Processes(tmp_path) as processes:
        child = processes.start("stubborn", STUBBORN)
        grandchild = int(wait_for(child.log))
    assert gone(child.process.pid)
    assert gone(grandchild)


def test_children_end_when_the_parent_is_killed(tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from console.processes import Processes\n"
        f"pid = Processes(Path({str(tmp_path)!r})).start('child', {SLEEP!r}).process.pid\n"
        "print(pid, flush=True); time.sleep(600)"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, cwd=Path.cwd(), text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    assert gone(child)


def test_an_early_end_is_told_with_the_end_of_the_log(tmp_path: Path) -> None:
    with Processes(tmp_path) as processes:
        child = processes.start("broken", [sys.executable, "-c", "raise SystemExit('no such shop')"])
        child.process.wait()
        with pytest.raises(ProcessFailed, match=r"broken ended with code 1[\s\S]*no such shop"):
            processes.check()


def test_a_taken_port_names_the_setting() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(ProcessFailed, match="ZHIYIN_SERVICE_PORT"):
            require_free_port("127.0.0.1", taken.getsockname()[1], "ZHIYIN_SERVICE_PORT")
