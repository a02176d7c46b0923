"""More than can be answered, callers who hang up, and a worker that dies: nobody waits in vain, as real processes."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Iterator

import httpx
import psutil
import pytest

from benchmarks.common.http_load import request
from tests.services.conftest import Served, serving_a_shop

CALLERS = 300


@pytest.fixture(scope="module")
def flooded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving_a_shop(tmp_path_factory.mktemp("flooded"), ZHIYIN_LISTS_MB="0") as service:
        yield service


def made(service: Served) -> float:
    """How many lists were ranked so far."""
    lines = httpx.get(service.url + "/metrics", timeout=60).text.splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith('zhiyin_lists_total{kept="miss"}'))


async def _ask(port: int, asked: bytes) -> tuple[int, dict[str, str], bytes]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(asked)
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
    body = await reader.readexactly(int(fields["content-length"]))
    writer.close()
    return int(head.split()[1]), fields, body


async def _flood(port: int, asked: bytes) -> list[tuple[int, dict[str, str], bytes]]:
    return await asyncio.gather(*(_ask(port, asked) for _ in range(CALLERS)))


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/recommend", {"user_id": "u1", "context_item_ids": ["tea-1"]}),
        ("/search", {"query": "tea for the garden", "user_id": "u2"}),
        ("/profile", {"user_id": "u3"}),
        ("/events", {"events": [{"event_id": "flood", "user_id": "u4", "item_id": "tea-1", "event_type": "view"}]}),
    ],
)
def test_a_flood_is_answered_or_told_to_come_again(flooded: Served, path: str, body: dict[str, object]) -> None:
    answers = asyncio.run(_flood(flooded.port, request(flooded.port, path, body)))
    seen = Counter(status for status, _, _ in answers)
    assert set(seen) <= {200, 503}
    assert seen[200]
    for status, fields, told in answers:
        if status == 503:
            assert int(fields["retry-after"]) >= 1
            assert json.loads(told)["error"].keys() == {"field", "message", "remedy"}
    assert flooded.post(path, **body).status_code == 200


def test_who_hung_up_is_not_answered(flooded: Served) -> None:
    asked = request(flooded.port, "/recommend", {"user_id": "u5", "context_item_ids": ["tea-2"], "n": 100})

    async def hang_up() -> None:
        writers = [(await asyncio.open_connection("127.0.0.1", flooded.port))[1] for _ in range(CALLERS)]
        for writer in writers:
            writer.write(asked)
        await asyncio.gather(*(writer.drain() for writer in writers))
        for writer in writers:
            writer.transport.abort()

    before = made(flooded)
    asyncio.run(hang_up())
    assert flooded.post("/recommend", user_id="u6").status_code == 200
    assert made(flooded) - before < CALLERS / 2


@pytest.mark.slow
def test_while_no_worker_is_up_the_master_says_so(flooded: Served) -> None:
    assert flooded.process is not None
    for process in psutil.Process(flooded.process.pid).children(recursive=True):
        if "worker" in " ".join(process.cmdline()):
            process.kill()
    answer = flooded.post("/recommend", user_id="u1")
    while answer.status_code == 200:  # the last words of the one that was killed
        answer = flooded.post("/recommend", user_id="u1")
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) >= 1
    assert answer.json()["error"]["field"] == "service"
    assert flooded.status("/readyz") == 503
    assert flooded.status("/livez") == 200
    deadline = time.monotonic() + 240
    while flooded.status("/readyz") != 200:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert flooded.post("/recommend", user_id="u1").status_code == 200
