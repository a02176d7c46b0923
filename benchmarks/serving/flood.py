"""`python -m benchmarks.flood [--seconds S] [--workers W] [--against PATH] [--json OUT]`: more callers than seats.

`/recommend` over more and more connections, each asking again at once, whatever it was told: with lists kept ready,
and with each list made while its shopper waits. A 503 is a refusal; what counts is how fast the others are answered,
how many they are, and the workers' memory. `--against` names another checkout of this project, which is measured in
turns with this one, on the same home or on one of its own (`--against-home`). What a run writes it removes.
"""

import asyncio
import gc
import platform
import resource
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from itertools import cycle
from pathlib import Path
from typing import Annotated, Any

import orjson
import psutil
import typer

from benchmarks.common.http_load import read_answer, request
from benchmarks.common.running_services import Running, System, start_system, zhiyin
from benchmarks.serving.throughput import known_users, remove

CONNECTIONS = (1, 16, 160, 1600)
FEW, FLOODS = 16, (160, 1600)
ROUNDS = 2  # through all connections and checkouts, so that a machine whose speed changes hits all alike
WARM_SECONDS = 10.0
IDLE_WITHIN, IDLE_SECONDS = 90.0, 0.1  # seconds until workers use no more CPU than that in two seconds
READY, MADE = "lists ready", "each list made"
SLOWER, LESS, GROWTH = 3.0, 0.9, 0.1
GIVES_UP = 35.0  # seconds a caller waits
OPENED_AT_ONCE = 200
Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass
class Flood:
    """What a run of load saw; the times are those of answers with 200, in milliseconds."""

    seconds: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)  # 0: no answer
    times_ms: list[float] = field(default_factory=list)
    own_mb: float = 0.0  # of the workers' memory, at the end

    def percentile(self, share: float) -> float:
        ordered = sorted(self.times_ms) or [float("nan")]
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def main(
    seconds: Annotated[float, typer.Option(min=1, help="Seconds of load for each row and round.")] = 10,
    workers: Annotated[int, typer.Option(min=1, help="Worker processes of each checkout.")] = 1,
    against: Annotated[Path | None, typer.Option(help="Another checkout of this project.")] = None,
    against_home: Annotated[Path | None, typer.Option(help="Its ZHIYIN_HOME; the settings' own without.")] = None,
    out: Annotated[Path | None, typer.Option("--json", help="Write the figures there, too.")] = None,
) -> None:
    """Measures and prints a table."""
    _allow_connections()
    users, mark, before = known_users(), f"bench-{uuid.uuid4().hex[:8]}", psutil.getloadavg()[0]
    systems = [("zhiyin", zhiyin(workers=workers))]
    if against is not None:
        systems.append((f"against {against.name}", elsewhere(systems[0][1], against, against_home)))
    try:
        rows = [row for kept in (READY, MADE) for row in flooded(systems, kept, users, mark, seconds)]
    finally:
        remove(mark)
    machine = {"cpus": psutil.cpu_count(), "python": platform.python_version(), "load_before": before}
    report = {"machine": machine, "rows": rows, "goals": goals_of(rows)}
    show(report)
    if out is not None:
        out.write_bytes(orjson.dumps(report, option=orjson.OPT_INDENT_2))


def elsewhere(ours: System, checkout: Path, home: Path | None) -> System:
    variables = dict(ours.variables) | {"PYTHONPATH": str(checkout.resolve())}
    if home is not None:
        variables |= {"ZHIYIN_HOME": str(home.resolve())}
    former = (checkout / "services" / "service.py").exists()  # where the service stood up to commit 73d8ee9
    command = tuple(part.replace("services.app:", "services.service:") if former else part for part in ours.command)
    return replace(ours, command=command, variables=variables, folder=checkout.resolve())


def _allow_connections() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def flooded(
    systems: Sequence[tuple[str, System]], kept: str, users: Sequence[str], mark: str, seconds: float
) -> list[dict[str, Any]]:
    """The rows of one kind of question, of each checkout."""
    more = {} if kept == READY else {"ZHIYIN_LISTS_MB": "0"}
    with ExitStack() as stack:
        running = []
        for name, system in systems:
            changed = replace(system, variables=dict(system.variables) | more)
            running.append((f"{name}, {kept}", stack.enter_context(start_system(changed))))
        for _, one in running:  # lists are made, caches filled
            asyncio.run(_flood(one.port, _asks(one, users, mark), FEW, WARM_SECONDS))
            _wait_until_idle(one)
        runs: dict[tuple[int, str], list[Flood]] = defaultdict(list)
        for _ in range(ROUNDS):
            for connections in CONNECTIONS:
                for name, one in running:
                    runs[connections, name].append(_under(one, _asks(one, users, mark), connections, seconds))
        return [row_of(name, connections, found) for (connections, name), found in runs.items()]


def _wait_until_idle(running: Running) -> None:
    """What a service does by itself after its start, an index of the catalogue and sentences, is done by then."""
    deadline = time.monotonic() + IDLE_WITHIN
    while time.monotonic() < deadline:
        before = _cpu_seconds(running)
        time.sleep(2)
        if _cpu_seconds(running) - before < IDLE_SECONDS:
            return


def _cpu_seconds(running: Running) -> float:
    return sum(sum(one.cpu_times()[:2]) for one in running.workers())


def _asks(running: Running, users: Sequence[str], mark: str) -> list[bytes]:
    return [request(running.port, "/recommend", {"user_id": user, "session_id": mark}) for user in users]


def _under(running: Running, asks: Sequence[bytes], connections: int, seconds: float) -> Flood:
    """This client's own garbage waits; what the service still has to do is done before the next run."""
    gc.disable()
    try:
        found = asyncio.run(_flood(running.port, asks, connections, seconds))
    finally:
        gc.enable()
    found.own_mb = sum(each.memory_full_info().uss for each in running.workers()) / 2**20
    time.sleep(2)
    return found


async def _flood(port: int, asks: Sequence[bytes], connections: int, seconds: float) -> Flood:
    """The clock runs from when all are connected."""
    seen, opening = Flood(seconds=seconds), asyncio.Semaphore(OPENED_AT_ONCE)
    opened = await asyncio.gather(*(_open(port, opening) for _ in range(connections)))
    until = time.perf_counter() + seconds
    turns = (cycle([*asks[place % len(asks) :], *asks[: place % len(asks)]]) for place in range(connections))
    await asyncio.gather(*(_ask(port, turn, until, seen, one) for turn, one in zip(turns, opened, strict=True)))
    return seen


async def _open(port: int, opening: asyncio.Semaphore) -> Connection:
    async with opening:
        return await asyncio.open_connection("127.0.0.1", port)


async def _ask(port: int, asks: Iterator[bytes], until: float, seen: Flood, opened: Connection) -> None:
    """One caller, who connects anew when it is cut off; an answer that comes too late for the run isn't counted."""
    reader, writer = opened
    while (sent := time.perf_counter()) < until:
        try:
            writer.write(next(asks))
            async with asyncio.timeout(GIVES_UP):
                status, _ = await read_answer(reader)
            _note(seen, status, time.perf_counter(), sent, until)
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            seen.statuses[0] += 1
            writer.close()
            reader, writer = await _open(port, asyncio.Semaphore())
    writer.close()


def _note(seen: Flood, status: int, now: float, sent: float, until: float) -> None:
    if now <= until:
        seen.statuses[status] += 1
        if status == 200:
            seen.times_ms.append((now - sent) * 1000)
    elif status == 200:  # how long it took counts, not that it was answered
        seen.times_ms.append((now - sent) * 1000)


def row_of(system: str, connections: int, runs: Sequence[Flood]) -> dict[str, Any]:
    seconds = sum(run.seconds for run in runs)
    statuses = sum((run.statuses for run in runs), Counter[int]())
    times = Flood(times_ms=[one for run in runs for one in run.times_ms])
    return {
        "system": system,
        "connections": connections,
        "accepted_per_second": statuses[200] / seconds,
        "p50_ms": times.percentile(0.5),
        "p99_ms": times.percentile(0.99),
        "refused": statuses[503],
        "failures": sum(statuses.values()) - statuses[200] - statuses[503],
        "own_mb": max(run.own_mb for run in runs),
    }


def goals_of(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of this checkout alone; what the other reaches stands in the rows."""
    goals = []
    for kept in (READY, MADE):
        ours = {row["connections"]: row for row in rows if row["system"] == f"zhiyin, {kept}"}
        few, most = ours[FEW], max(row["accepted_per_second"] for row in ours.values())
        for flood in FLOODS:
            at, where = ours[flood], f"{kept}, {flood} connections"
            slower = at["p99_ms"] / few["p99_ms"]
            goals.append(_goal(f"{where}: p99 of accepted to that at {FEW}", slower, SLOWER, slower <= SLOWER))
            share = at["accepted_per_second"] / most
            goals.append(_goal(f"{where}: accepted to the most", share, LESS, share >= LESS))
            growth = at["own_mb"] / few["own_mb"] - 1
            goals.append(_goal(f"{where}: growth of the workers' memory", growth, GROWTH, growth <= GROWTH))
    return goals


def _goal(name: str, value: float, target: float, met: bool) -> dict[str, Any]:
    return {"name": name, "value": float(value), "target": target, "met": bool(met)}


def show(report: dict[str, Any]) -> None:
    print(f"{report['machine']['cpus']} CPUs, load {report['machine']['load_before']:.1f} when it began\n")
    names = ("connections", "accepted_per_second", "p50_ms", "p99_ms", "refused", "failures", "own_mb")
    print(f"{'system':<36}" + "".join(f"{name:>21}" for name in names))
    for row in report["rows"]:
        print(f"{row['system']:<36}" + "".join(f"{row[name]:>21,.1f}" for name in names))
    for goal in report["goals"]:
        print(f"{'met  ' if goal['met'] else 'short'} {goal['name']}: {goal['value']:.2f} (goal {goal['target']})")


if __name__ == "__main__":
    typer.run(main)
