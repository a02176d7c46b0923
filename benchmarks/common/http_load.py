"""A light HTTP load: some connections that ask again and again, and how long each answer took.

It knows HTTP/1.1 with Content-Length or chunks, no more; a general client would cost more than what is measured.
"""

import asyncio
import gc
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle


@dataclass(frozen=True, slots=True)
class Load:
    """What a run of load saw; times in milliseconds."""

    requests: int
    failures: int
    seconds: float
    times_ms: list[float]

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds

    def percentile(self, share: float) -> float:
        """0.5 is the median."""
        ordered = sorted(self.times_ms)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def request(port: int, path: str, body: object) -> bytes:
    """A POST as it goes over the wire."""
    payload = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
    return head.encode() + f"Content-Length: {len(payload)}\r\n\r\n".encode() + payload


def put_under_load(port: int, requests: Sequence[bytes], connections: int, seconds: float) -> Load:
    """Asks over `connections` at once, each without pause, for `seconds`; this client's own garbage waits."""
    gc.disable()
    try:
        return asyncio.run(_run(port, requests, connections, seconds))
    finally:
        gc.enable()


async def _run(port: int, requests: Sequence[bytes], connections: int, seconds: float) -> Load:
    start = time.perf_counter()
    turns = (cycle([*requests[place:], *requests[:place]]) for place in range(connections))
    parts = await asyncio.gather(*(_ask(port, turn, start + seconds) for turn in turns))
    times = [one for part in parts for one, _ in part]
    failures = sum(not good for part in parts for _, good in part)
    return Load(len(times), failures, time.perf_counter() - start, times)


async def _ask(port: int, requests: Iterator[bytes], until: float) -> list[tuple[float, bool]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    seen = []
    while (sent := time.perf_counter()) < until:
        writer.write(next(requests))
        status, _ = await read_answer(reader)
        seen.append(((time.perf_counter() - sent) * 1000, status == 200))
    writer.close()
    return seen


async def read_answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """The status and the body."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    status = int(head.split(b" ", 2)[1])
    if b"transfer-encoding: chunked" not in head:
        length = int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        return status, await reader.readexactly(length)
    body = b""
    while size := int(await reader.readline(), 16):
        body += (await reader.readexactly(size + 2))[:-2]
    await reader.readline()
    return status, body
