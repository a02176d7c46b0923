"""Answers at the service's port while no worker does: that it is coming, and when to ask again.

It runs on a thread of the process that starts the workers, on the very socket they take callers from. A worker needs
seconds to start; a caller who is answered at once can go elsewhere, one who waits can't.
"""

import asyncio
import re
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import orjson
import psutil

from recommender.utils.background_worker import BackgroundWorker
from services.operations.presence import is_serving

LOOK_SECONDS = 0.1
LISTENING_SECONDS = 120.0  # until the socket is there, the process has imported everything
READ_SECONDS = 5.0
LIVE_SECONDS = 600.0  # without a worker this process counts as alive, since it starts one; then something is wrong
LIVENESS = (b"/livez", b"/healthz")
MOST_BYTES = 64 * 1024
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d{1,12})\r\n", re.IGNORECASE)


@dataclass(slots=True)
class StartupResponder:
    """Answers for the port while none of the processes of `folder` serves; `start` returns at once."""

    port: int
    folder: Path
    serves: Callable[[Path], bool] = is_serving
    _empty_since: float = field(default_factory=time.monotonic)
    _worker: BackgroundWorker = field(init=False)

    def __post_init__(self) -> None:
        self._worker = BackgroundWorker("startup-responder", self._round)

    def start(self) -> None:
        """Watches on a daemon thread for when no worker serves, and answers then until one does."""
        self._worker.start()

    def stop(self) -> None:
        """Leaves the port to the workers, and waits for the thread's end."""
        self._worker.stop()

    def _round(self) -> None:
        asyncio.run(self._run())

    async def _run(self) -> None:
        listening = await self._listening()
        while listening is not None and not self._worker.is_stopping:
            if self.serves(self.folder):
                await asyncio.sleep(LOOK_SECONDS)
                continue
            self._empty_since = time.monotonic()
            async with await asyncio.start_server(self._answer, sock=listening.dup()):
                while not (self._worker.is_stopping or self.serves(self.folder)):  # noqa: ASYNC110 (no event tells it)
                    await asyncio.sleep(LOOK_SECONDS)

    async def _listening(self) -> socket.socket | None:
        deadline = time.monotonic() + LISTENING_SECONDS
        while time.monotonic() < deadline and not self._worker.is_stopping:
            for one in psutil.Process().net_connections("tcp"):
                if one.status == psutil.CONN_LISTEN and one.laddr.port == self.port and one.fd >= 0:
                    return socket.fromfd(one.fd, one.family, socket.SOCK_STREAM)
            await asyncio.sleep(LOOK_SECONDS)
        return None

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(READ_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
                if length := _LENGTH.search(head):
                    await reader.readexactly(min(int(length[1]), MOST_BYTES))
            writer.write(self._respond(head))
            await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # whoever it was has hung up, or speaks no HTTP
        finally:
            writer.close()

    def _respond(self, head: bytes) -> bytes:
        path = head.split(b" ", 2)[1:2]
        live = path and path[0] in LIVENESS and time.monotonic() - self._empty_since < LIVE_SECONDS
        return _ALIVE if live else _STARTING


def _http(status: str, body: bytes, kind: str, more: str = "") -> bytes:
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n{more}\r\n"
    )
    return head.encode() + body


_ERROR = {"field": "service", "message": "no worker is up yet", "remedy": "Wait until /readyz answers 200."}
_STARTING = _http("503 Service Unavailable", orjson.dumps({"error": _ERROR}), "application/json", "Retry-After: 2\r\n")
_ALIVE = _http("200 OK", b"\n", "text/plain")
