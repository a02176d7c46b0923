"""`python -m benchmarks.soak [--minutes M] [--workers W] [--json OUT]`: does the service stay as it is under long load?

A copy of the home's shop is asked for everything a shop's site asks for, over some connections without pause. Each
worker's own memory is read as it goes; its slope is fitted to what follows the first third, when caches have filled.
Every answer that is no 200 is counted by its status; a single 5xx fails the goal.
"""

import asyncio
import platform
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import orjson
import psutil
import typer

from benchmarks.common.http_load import read_answer, request
from benchmarks.common.running_services import Running, start_system, zhiyin
from benchmarks.common.shop_copies import BACKENDS, copied_shop
from benchmarks.serving.freshness import SETTLED
from benchmarks.serving.throughput import known_users
from recommender.settings import Settings

CONNECTIONS = 4
SAMPLE_SECONDS = 5.0
FILLING = 1 / 3  # of the time, at the start: caches fill, the first lists and sentences are made
MOST_GROWTH = 0.05  # of a worker's own memory, an hour
SHARES = {"recommend": 0.7, "events": 0.1, "search": 0.08, "similar": 0.05, "profile": 0.05, "offers": 0.02}
QUERIES = ("bread", "frozen pizza", "choclate cookies", "something for the baby", "cheap coffee", "dog food")


@dataclass
class Seen:
    """What the connections saw, and the workers' memory in between."""

    statuses: Counter[int] = field(default_factory=Counter)
    times_ms: list[float] = field(default_factory=list)
    at: list[float] = field(default_factory=list)  # seconds
    own_mb: list[list[float]] = field(default_factory=list)  # a list a sample, a figure a worker


def main(
    minutes: Annotated[float, typer.Option(min=0.1, help="How long the load lasts.")] = 30,
    workers: Annotated[int, typer.Option(min=1, help="Worker processes of the service.")] = 1,
    servers: Annotated[bool, typer.Option(help="On PostgreSQL and Redis instead of SQLite.")] = False,
    settled: Annotated[float, typer.Option(min=0, help="Seconds a service has been up when it is asked.")] = SETTLED,
    out: Annotated[Path | None, typer.Option("--json", help="Write the figures there, too.")] = None,
) -> None:
    """Measures and prints a table."""
    users, before = known_users(), psutil.getloadavg()[0]
    backend = BACKENDS[int(servers)]
    with copied_shop(backend, users) as settings:
        seen = endured(settings, users, minutes * 60, workers, settled)
    rows = rows_of(backend, minutes, seen)
    machine = {"cpus": psutil.cpu_count(), "python": platform.python_version(), "load_before": before}
    report = {"machine": machine, "rows": rows, "goals": goals_of(rows)}
    show(report)
    if out is not None:
        out.write_bytes(orjson.dumps(report, option=orjson.OPT_INDENT_2))


def endured(settings: Settings, users: Sequence[str], seconds: float, workers: int, settled: float) -> Seen:
    with start_system(zhiyin(settings, workers)) as running:
        time.sleep(settled)
        return asyncio.run(_endure(running, users, seconds))


async def _endure(running: Running, users: Sequence[str], seconds: float) -> Seen:
    seen, until, numbers = Seen(), time.monotonic() + seconds, count()
    clients = [_ask(running.port, users, until, seen, numbers, place) for place in range(CONNECTIONS)]
    await asyncio.gather(_watch(running, until, seen), *clients)
    return seen


async def _watch(running: Running, until: float, seen: Seen) -> None:
    began = time.monotonic()
    while time.monotonic() < until:
        await asyncio.sleep(min(SAMPLE_SECONDS, max(0.05, (until - began) / 20)))
        seen.at.append(time.monotonic() - began)
        seen.own_mb.append([each.memory_full_info().uss / 2**20 for each in running.workers()])


async def _ask(port: int, users: Sequence[str], until: float, seen: Seen, numbers: Iterator[int], place: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    chance = np.random.default_rng(place)
    items: list[str] = []
    while time.monotonic() < until:
        path, body = _question(chance, users, items, next(numbers))
        began = time.perf_counter()
        writer.write(request(port, path, body))
        status, answer = await read_answer(reader)
        seen.times_ms.append((time.perf_counter() - began) * 1000)
        seen.statuses[status] += 1
        if path == "/recommend" and status == 200:
            items = [one["item_id"] for one in orjson.loads(answer)["items"]] or items
    writer.close()


def _question(
    chance: np.random.Generator, users: Sequence[str], items: Sequence[str], number: int
) -> tuple[str, dict[str, Any]]:
    """What is asked next: `items` are those of the latest answer; without any it is a recommendation."""

    def one_of(choices: Sequence[str]) -> str:
        return choices[int(chance.integers(len(choices)))]

    kind = str(chance.choice(list(SHARES), p=list(SHARES.values()))) if items else "recommend"
    user = one_of(users)
    if kind == "events":
        event = {"event_id": f"soak-{time.time_ns()}-{number}", "user_id": user, "event_type": "view"}
        return "/events", {"events": [event | {"item_id": one_of(items)}]}
    if kind == "similar":
        return "/similar", {"item_id": one_of(items)}
    question = {"user_id": user}
    return f"/{kind}", question | {"query": one_of(QUERIES)} if kind == "search" else question


def rows_of(backend: str, minutes: float, seen: Seen) -> list[dict[str, Any]]:
    """A row a worker; requests and times are those of all workers together."""
    ordered = np.sort(seen.times_ms)
    common = {
        "minutes": minutes,
        "requests_per_second": len(ordered) / max(minutes * 60, 1e-9),
        "p50_ms": float(np.quantile(ordered, 0.5)),
        "p99_ms": float(np.quantile(ordered, 0.99)),
        "failures": sum(times for status, times in seen.statuses.items() if status >= 500),
        "refusals": sum(times for status, times in seen.statuses.items() if 400 <= status < 500),
    }
    settled = [place for place, at in enumerate(seen.at) if at >= FILLING * seen.at[-1]]
    hours = np.array([seen.at[place] for place in settled]) / 3600
    rows = []
    for worker in range(min(len(sample) for sample in seen.own_mb)):
        own = np.array([seen.own_mb[place][worker] for place in settled])
        slope = float(np.polyfit(hours, own, 1)[0]) if len(own) > 1 else 0.0
        memory = {"own_mb_first": float(own[0]), "own_mb_last": float(own[-1]), "own_mb_an_hour": slope}
        rows.append({"system": f"zhiyin on {backend}, worker {worker + 1}", **common, **memory})
    return rows


def goals_of(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    growth = max(one["own_mb_an_hour"] / one["own_mb_last"] for one in rows)
    failures = rows[0]["failures"]
    return [
        {"name": "5xx answers", "value": failures, "target": 0, "met": failures == 0},
        {
            "name": "growth of a worker's own memory, share an hour",
            "value": growth,
            "target": MOST_GROWTH,
            "met": growth <= MOST_GROWTH,
        },
    ]


def show(report: dict[str, Any]) -> None:
    print(f"{report['machine']['cpus']} CPUs, load {report['machine']['load_before']:.1f} when it began\n")
    for one in report["rows"]:
        print(
            f"{one['system']}: {one['minutes']:g} minutes, {one['requests_per_second']:.0f} requests/s,"
            f" p50 {one['p50_ms']:.1f} ms, p99 {one['p99_ms']:.1f} ms, {one['failures']} 5xx, {one['refusals']} 4xx;"
            f" own memory {one['own_mb_first']:.0f} to {one['own_mb_last']:.0f} MiB,"
            f" {one['own_mb_an_hour']:+.1f} MiB an hour"
        )
    for goal in report["goals"]:
        print(f"{'met  ' if goal['met'] else 'short'} {goal['name']}: {goal['value']:.3f} (goal {goal['target']})")


if __name__ == "__main__":
    typer.run(main)
