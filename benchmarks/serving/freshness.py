"""`python -m benchmarks.freshness [--json OUT]`: from an event to the answer that shows it, while others are busy too.

A copy of the home's shop is served from SQLite, then from PostgreSQL and Redis, and asked when it has been up for a
while. Fifty events a second of other shoppers are posted at an even pace; in between, a shopper's event is posted, and
the next answer must be made from the profile that knows of it. A shopper's time is that of both requests.
"""

import asyncio
import platform
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Annotated, Any

import orjson
import psutil
import typer

from benchmarks.common.http_load import Load, read_answer, request
from benchmarks.common.running_services import start_system, zhiyin
from benchmarks.common.shop_copies import BACKENDS, copied_shop
from benchmarks.serving.throughput import known_users, row
from recommender.settings import Settings

EVENTS_A_SECOND = 50
GOAL_MS = 50.0
SENDERS = 8  # connections that carry the background's events
SETTLED = 45.0  # after its start a worker indexes the catalogue and makes the latest shoppers' lists
Ask = Callable[[str, object], Awaitable[Any]]


@dataclass
class Background:
    """Events at an even pace, and how many were not taken."""

    sent: int = 0
    failed: int = 0
    times_ms: list[float] = field(default_factory=list)


def main(
    updates: Annotated[int, typer.Option(min=10, help="Events whose way into the next answer is timed.")] = 300,
    rate: Annotated[int, typer.Option(min=0, help="Events a second of other shoppers.")] = EVENTS_A_SECOND,
    workers: Annotated[int, typer.Option(min=1, help="Worker processes of the service.")] = 1,
    settled: Annotated[float, typer.Option(min=0, help="Seconds a service has been up when it is asked.")] = SETTLED,
    out: Annotated[Path | None, typer.Option("--json", help="Write the figures there, too.")] = None,
) -> None:
    """Measures and prints a table."""
    users, before = known_users(), psutil.getloadavg()[0]
    rows = []
    for backend in BACKENDS:
        with copied_shop(backend, users) as settings:
            rows += measured(backend, settings, users, updates, rate, workers, settled)
    machine = {"cpus": psutil.cpu_count(), "python": platform.python_version(), "load_before": before}
    goals = [
        {"name": f"{one['system']}, p99 ms", "value": one["p99_ms"]["mean"], "target": GOAL_MS, "met": _met(one)}
        for one in rows
        if "changed" in one["system"]
    ]
    report = {"machine": machine, "rows": rows, "goals": goals}
    show(report)
    if out is not None:
        out.write_bytes(orjson.dumps(report, option=orjson.OPT_INDENT_2))


def _met(one: dict[str, Any]) -> bool:
    return bool(one["p99_ms"]["mean"] <= GOAL_MS)


def measured(
    backend: str, settings: Settings, users: list[str], updates: int, rate: int, workers: int, settled: float
) -> list[dict[str, Any]]:
    with start_system(zhiyin(settings, workers)) as running:
        half = len(users) // 2
        time.sleep(settled)
        asyncio.run(followed(running.port, users[:half], users[half:], 30, rate))  # warms up
        times, background = asyncio.run(followed(running.port, users[:half], users[half:], updates, rate))
    name = f"{backend}: event to changed answer"
    found = [row(name, 1, [Load(len(times), 0, sum(times) / 1000, times)], 0.0)]
    busy = background.times_ms or [0.0]
    load = Load(background.sent, background.failed, background.sent / max(rate, 1), busy)
    return [*found, row(f"{backend}: /events of the others", SENDERS, [load], 0.0)]


async def followed(
    port: int, watched: list[str], others: list[str], updates: int, rate: int
) -> tuple[list[float], Background]:
    """Milliseconds from posting an event to having an answer made from the profile that knows of it."""
    background, stopping = Background(), asyncio.Event()
    numbers = count()
    senders = [asyncio.create_task(send(port, others, background, stopping, rate, numbers)) for _ in range(SENDERS)]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def ask(path: str, body: object) -> Any:
        writer.write(request(port, path, body))
        return orjson.loads((await read_answer(reader))[1])

    times = []
    for place in range(updates):
        times.append(await changed(ask, watched[place % len(watched)]))
        await asyncio.sleep(0.01)
    stopping.set()
    await asyncio.gather(*senders)
    writer.close()
    return times, background


async def changed(ask: Ask, user: str) -> float:
    shown = await ask("/recommend", {"user_id": user})
    item = shown["items"][time.monotonic_ns() % len(shown["items"])]["item_id"]
    event = {"event_id": f"f-{time.time_ns()}", "user_id": user, "item_id": item, "event_type": "cart"}
    began = time.perf_counter()
    posted = await ask("/events", {"events": [event]})
    answer = await ask("/recommend", {"user_id": user})
    spent = (time.perf_counter() - began) * 1000
    version = posted["profiles"][0]["profile_version"]
    if answer["profile_version"] != version:
        raise RuntimeError(f"the answer was made from version {answer['profile_version']}, not {version}")
    return spent


async def send(
    port: int, users: list[str], background: Background, stopping: asyncio.Event, rate: int, numbers: "count[int]"
) -> None:
    """One connection's share of the events, at an even pace."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    item = (await _ask(reader, writer, port, "/recommend", {}))["items"][0]["item_id"]
    due = time.perf_counter() + SENDERS / max(rate, 1) * (next(numbers) % SENDERS) / SENDERS
    while rate and not stopping.is_set():
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        due += SENDERS / rate
        number = next(numbers)
        event = {"event_id": f"b-{time.time_ns()}-{number}", "user_id": users[number % len(users)], "item_id": item}
        began = time.perf_counter()
        answer = await _ask(reader, writer, port, "/events", {"events": [{**event, "event_type": "view"}]})
        background.times_ms.append((time.perf_counter() - began) * 1000)
        background.sent += 1
        background.failed += answer.get("added") != 1
    writer.close()


async def _ask(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int, path: str, body: object
) -> dict[str, Any]:
    writer.write(request(port, path, body))
    answer: dict[str, Any] = orjson.loads((await read_answer(reader))[1])
    return answer


def show(report: dict[str, Any]) -> None:
    print(f"{report['machine']['cpus']} CPUs, load {report['machine']['load_before']:.1f} when it began\n")
    print(f"{'':<50}{'per second':>12}{'p50 ms':>9}{'p99 ms':>9}{'failed':>8}")
    for one in report["rows"]:
        rate, p50, p99 = (one[name]["mean"] for name in ("requests_per_second", "p50_ms", "p99_ms"))
        print(f"{one['system']:<50}{rate:>12.0f}{p50:>9.1f}{p99:>9.1f}{one['failures']:>8}")
    print()
    for goal in report["goals"]:
        print(f"{'met  ' if goal['met'] else 'short'} {goal['name']}: {goal['value']:.1f} (goal {goal['target']:.0f})")


if __name__ == "__main__":
    typer.run(main)
