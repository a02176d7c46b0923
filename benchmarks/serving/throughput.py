"""`python -m benchmarks.serving [--seconds S] [--workers W] [--items N] [--json OUT]`: speed of the service.

Beside it stand BentoML's hello world, untouched and tuned, and an echo without BentoML. All are started in this run
with the same number of workers and asked in turn by the same client; the model and the shoppers are those of the
settings' home (`make demo` leaves one there). Impressions are recorded, metrics are on. What a run writes it removes.
"""

import platform
import time
import urllib.request
import uuid
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import orjson
import psutil
import typer
from sqlalchemy import delete, select

from benchmarks.common.http_load import Load, put_under_load, request
from benchmarks.common.running_services import Running, default_echo, plain_echo, start_system, tuned_echo, zhiyin
from benchmarks.serving.latency_breakdown import Shopping, parts_of_an_answer
from recommender.db.engine import session_scope
from recommender.db.tables import ImpressionEvidence, Model, Recommendation, User
from recommender.settings import get_settings

CONNECTIONS = (1, 16)
ROUNDS = 3  # the systems take turns, so that a busy machine hits all alike
SHOPPERS = 200
OURS, COLD = "zhiyin /recommend", "zhiyin /recommend, no list ready"
ECHO = "bentoml echo, default settings"


@dataclass(frozen=True, slots=True)
class Asked:
    """A system and what it is asked."""

    running: Running
    requests: list[bytes]


def main(
    seconds: Annotated[float, typer.Option(min=1, help="Seconds of load for each system and round.")] = 5,
    workers: Annotated[int, typer.Option(min=1, help="Worker processes of each system.")] = 1,
    out: Annotated[Path | None, typer.Option("--json", help="Write the figures there, too.")] = None,
) -> None:
    """Measures and prints a table."""
    users = known_users()
    mark = f"bench-{uuid.uuid4().hex[:8]}"
    before = psutil.getloadavg()[0]
    try:
        report = measured(users, mark, seconds, workers)
    finally:
        remove(mark)
    machine = {"cpus": psutil.cpu_count(), "python": platform.python_version(), "load_before": before}
    report = {"machine": machine, **report, "goals": goals(report["rows"])}
    show(report)
    if out is not None:
        out.write_bytes(orjson.dumps(report, option=orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY))


def known_users() -> list[str]:
    """Some shoppers of the settings' database."""
    with session_scope() as session:
        if session.scalars(select(Model).where(Model.status == "promoted")).first() is None:
            raise SystemExit(
                f"no model is promoted in {get_settings().root}: run `make demo` first, or set ZHIYIN_HOME"
            )
        return list(session.scalars(select(User.user_id).order_by(User.user_id).limit(SHOPPERS)))


def measured(users: list[str], mark: str, seconds: float, workers: int) -> dict[str, Any]:
    with ExitStack() as stack:
        ours = stack.enter_context(start_system(zhiyin(workers=workers, name=OURS)))
        echoes = [
            stack.enter_context(start_system(system))
            for system in (default_echo(workers), tuned_echo(workers), plain_echo(workers))
        ]
        asked = [Asked(ours, asks(ours, users, mark))]
        asked += [Asked(one, [request(one.port, "/echo", {"text": "hello"})]) for one in echoes]
        for one in asked:
            put_under_load(one.running.port, one.requests, 4, 3)
        before = lists_of(ours)
        rows = [row for count in CONNECTIONS for row in in_turns(asked, count, seconds)]
        kept = {name: value - before.get(name, 0) for name, value in lists_of(ours).items()}
        usage = {"memory_mb": memory(ours), "seconds_to_ready": ours.seconds_to_ready}
    rows += cold(users, mark, seconds, workers)
    shopping = Shopping.of(get_settings(), users)
    parts = parts_of_an_answer(shopping)
    return {"rows": rows, "lists": kept, "parts_us": parts, "usage": usage}


def cold(users: list[str], mark: str, seconds: float, workers: int) -> list[dict[str, Any]]:
    """The same service when no list is kept: each answer is ranked while its shopper waits."""
    with start_system(zhiyin(workers=workers, name=COLD, ZHIYIN_LISTS_MB="0")) as bare:
        asked = [Asked(bare, asks(bare, users, mark))]
        put_under_load(bare.port, asked[0].requests, 4, 3)
        return [row for count in CONNECTIONS for row in in_turns(asked, count, seconds)]


def asks(running: Running, users: list[str], mark: str) -> list[bytes]:
    return [request(running.port, "/recommend", {"user_id": user, "session_id": mark}) for user in users]


def remove(mark: str) -> None:
    """Forgets what the run wrote."""
    with session_scope() as session:
        theirs = Recommendation.session_id == mark
        kept = select(Recommendation.evidence_id).where(theirs)
        session.execute(delete(ImpressionEvidence).where(ImpressionEvidence.evidence_id.in_(kept)))
        session.execute(delete(Recommendation).where(theirs))


def in_turns(asked: list[Asked], connections: int, seconds: float) -> list[dict[str, Any]]:
    loads: list[list[Load]] = [[] for _ in asked]
    spent = [0.0] * len(asked)
    for _ in range(ROUNDS):
        for place, one in enumerate(asked):
            before = one.running.cpu_seconds()
            loads[place].append(put_under_load(one.running.port, one.requests, connections, seconds))
            spent[place] += one.running.cpu_seconds() - before
    return [
        row(one.running.system.name, connections, theirs, cpu)
        for one, theirs, cpu in zip(asked, loads, spent, strict=True)
    ]


def row(system: str, connections: int, loads: list[Load], cpu_seconds: float) -> dict[str, Any]:
    figures = {
        "requests_per_second": [load.per_second for load in loads],
        "p50_ms": [load.percentile(0.5) for load in loads],
        "p99_ms": [load.percentile(0.99) for load in loads],
    }
    return {
        "system": system,
        "connections": connections,
        **{name: spread(values) for name, values in figures.items()},
        "cpu_seconds_per_1000": 1000 * cpu_seconds / max(1, sum(load.requests for load in loads)),
        "failures": sum(load.failures for load in loads),
    }


def spread(values: list[float]) -> dict[str, float | int]:
    return {"mean": sum(values) / len(values), "spread": max(values) - min(values), "n": len(values)}


def lists_of(running: Running) -> dict[str, float]:
    """How many answers found their list ready, from the service's own metrics."""
    with urllib.request.urlopen(f"http://127.0.0.1:{running.port}/metrics") as answer:
        lines = answer.read().decode().splitlines()
    found = {}
    for line in lines:
        if line.startswith("zhiyin_lists_total{"):
            name, value = line.rsplit(" ", 1)
            found[name.split('"')[1]] = float(value)
    return found


def memory(running: Running) -> list[dict[str, float]]:
    """Of each worker: all it touches (RSS), its share of that (PSS), and what is its alone (USS)."""
    time.sleep(1)
    found = [each.memory_full_info() for each in running.workers()]
    return [{"rss": one.rss / 2**20, "pss": one.pss / 2**20, "uss": one.uss / 2**20} for one in found]


def goals(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The full answer beside BentoML's hello world, in this very run."""

    def ratio(connections: int, figure: str) -> float:
        at = {one["system"]: one[figure]["mean"] for one in rows if one["connections"] == connections}
        return float(at[OURS] / at[ECHO])

    found = [
        (f"requests/s at {count} connections, ratio to the echo", ratio(count, "requests_per_second"), 1.2, "at least")
        for count in CONNECTIONS
    ]
    found.append(("p99 at 16 connections, ratio to the echo", ratio(16, "p99_ms"), 0.25, "at most"))
    return [
        {
            "name": name,
            "value": value,
            "target": target,
            "met": value >= target if kind == "at least" else value <= target,
        }
        for name, value, target, kind in found
    ]


def show(report: dict[str, Any]) -> None:
    print(f"{report['machine']['cpus']} CPUs, load {report['machine']['load_before']:.1f} when it began\n")
    print(f"{'system':<40}{'conn.':>6}{'requests/s':>12}{'p50 ms':>9}{'p99 ms':>9}{'CPU s/1000':>12}{'failed':>8}")
    for one in report["rows"]:
        rate, p50, p99 = (one[name]["mean"] for name in ("requests_per_second", "p50_ms", "p99_ms"))
        print(
            f"{one['system']:<40}{one['connections']:>6}{rate:>12.0f}{p50:>9.2f}{p99:>9.1f}"
            f"{one['cpu_seconds_per_1000']:>12.2f}{one['failures']:>8}"
        )
    hit, miss = report["lists"].get("hit", 0), report["lists"].get("miss", 0)
    print(f"\nlists found ready: {hit / max(1, hit + miss):.1%} of {hit + miss:.0f} answers")
    print("\nwhere the time of one answer goes (median microseconds, in one process):")
    for name, value in report["parts_us"].items():
        print(f"  {name:<60}{value:>9.0f}")
    for place, one in enumerate(report["usage"]["memory_mb"]):
        print(
            f"worker {place + 1}: {one['rss']:.0f} MiB touched, {one['pss']:.0f} its share, {one['uss']:.0f} its alone"
        )
    for goal in report["goals"]:
        print(f"{'met  ' if goal['met'] else 'short'} {goal['name']}: {goal['value']:.2f} (goal {goal['target']})")
