"""Child processes that never outlive their parent: started with a log file each, watched, and stopped in reverse order.

It knows nothing of what the processes do.
"""

import ctypes
import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

STOP_SECONDS = 20.0
PR_SET_PDEATHSIG = 1


class ProcessFailed(RuntimeError):
    """A process ended that should have stayed, or did not get ready in time; says where its log is."""


@dataclass
class Child:
    """A process that was started, and the file that takes what it prints."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def alive(self) -> bool:
        """Whether it has not ended yet."""
        return self.process.poll() is None

    def tail(self, lines: int = 15) -> str:
        """The last lines of its log; what can't be read as text is replaced."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


@dataclass
class Processes:
    """A family of processes below one log folder; a context manager that stops them all at its end."""

    logs: Path
    children: list[Child] = field(default_factory=list)

    def __enter__(self) -> "Processes":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(
        self, name: str, command: Sequence[str], env: Mapping[str, str] | None = None, cwd: Path | None = None
    ) -> Child:
        """Starts `command` in a process group of its own; the kernel ends it should this process die."""
        self.logs.mkdir(parents=True, exist_ok=True)
        log = self.logs / f"{name}.log"
        parent = os.getpid()

        def die_with_parent() -> None:
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
            if os.getppid() != parent:
                os._exit(1)

        with log.open("ab") as output:
            process = subprocess.Popen(
                command,
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env={**os.environ, **(env or {})},
                cwd=cwd,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )
        child = Child(name, process, log)
        self.children.append(child)
        return child

    def check(self) -> None:
        """Raises `ProcessFailed` when one of them has ended."""
        for child in self.children:
            if not child.alive:
                raise ProcessFailed(
                    f"{child.name} ended with code {child.process.returncode}; {child.log} ends:\n{child.tail()}"
                )

    def stop(self) -> None:
        """Asks all groups to stop, the youngest first; kills what is still there after `STOP_SECONDS`."""
        for child in reversed(self.children):
            _signal_group(child.process.pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        for child in reversed(self.children):
            try:
                child.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                _signal_group(child.process.pid, signal.SIGKILL)
                child.process.wait()
            _signal_group(child.process.pid, signal.SIGKILL)  # what its children left behind
        self.children.clear()


def _signal_group(group: int, sign: signal.Signals) -> None:
    try:
        os.killpg(group, sign)
    except ProcessLookupError:
        return


def find_free_port() -> int:
    """A port of this machine that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def require_free_port(host: str, port: int, setting: str) -> None:
    """Raises `ProcessFailed`, naming the setting to change, when something listens on `port` already."""
    with socket.socket() as probe:
        if probe.connect_ex((host, port)) == 0:
            raise ProcessFailed(f"{host}:{port} is taken by another program; stop it, or choose a port by {setting}")
