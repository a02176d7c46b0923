"""Real PostgreSQL and Redis servers of one's own, from Debian's packages, each on a free loopback port.

Benchmarks and tests start them; nothing of the platform does.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg


class ServerMissing(RuntimeError):
    """A server isn't installed; says what would install it."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_port(port: int, process: subprocess.Popen[bytes], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended with {process.returncode} before it listened on {port}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(f"{process.args!r} did not listen on {port} within {seconds} s")


def _postgres_binaries() -> Path:
    on_path = shutil.which("postgres")
    places = [Path(on_path).parent] if on_path else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not places:
        raise ServerMissing("PostgreSQL's server is missing; `apt-get install postgresql`")
    return places[-1]


def _wait_until_ready(url: str, seconds: float = 60) -> None:
    """The port is open before the server lets anybody in."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


@contextmanager
def postgres_server() -> Iterator[str]:
    """A PostgreSQL of its own; yields `postgresql://postgres@127.0.0.1:PORT` (no database in it).

    Its folder is one that the server's account may enter: the server refuses to run as root, and then runs as the
    package's own user.
    """
    with TemporaryDirectory(prefix="zhiyin-postgres-") as name:
        yield from _postgres_in(Path(name))


def _postgres_in(folder: Path) -> Iterator[str]:
    binaries = _postgres_binaries()
    data, port = folder / "data", free_port()
    account = pwd.getpwnam("postgres") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    if os.geteuid() == 0:
        os.chown(folder, account.pw_uid, account.pw_gid)

    def as_account(*command: str) -> list[str]:
        prefix = ["setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]
        return [*prefix, *command] if os.geteuid() == 0 else list(command)

    subprocess.run(
        as_account(str(binaries / "initdb"), "-D", str(data), "-U", "postgres", "--auth=trust", "-E", "UTF8"),
        check=True,
        stdout=subprocess.DEVNULL,
        cwd=folder,
    )
    options = ["-D", str(data), "-h", "127.0.0.1", "-p", str(port), "-k", str(data), "-c", "max_connections=200"]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(as_account(str(binaries / "postgres"), *options), stdout=log, stderr=log, cwd=folder)
    try:
        wait_for_port(port, server)
        _wait_until_ready(f"postgresql://postgres@127.0.0.1:{port}/postgres")
        yield f"postgresql://postgres@127.0.0.1:{port}"
    finally:
        server.send_signal(signal.SIGINT)  # fast: it does not wait for clients to leave
        server.wait(30)


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """A Redis of its own that keeps its data in `folder`; yields `redis://127.0.0.1:PORT`."""
    binary = shutil.which("redis-server")
    if binary is None:
        raise ServerMissing("Redis's server is missing; `apt-get install redis-server`")
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    server = subprocess.Popen(
        [binary, "--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder), "--appendonly", "yes"],
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_for_port(port, server)
        yield f"redis://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(30)
