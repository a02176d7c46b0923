"""`python -m benchmarks.serving [--seconds S] [--json OUT]`: how fast the service answers.

Beside it stands BentoML's hello world. Both are started in this run, one worker each, and asked in turn by the same
client; the model and the shoppers are those of the settings' home (`make demo` leaves one there). Impressions are
recorded, metrics are on. What a run writes (events of shoppers of its own, impressions) it removes at its end.
"""

import asyncio
import os
import platform
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from sqlalchemy import delete, select

from benchmarks.load import Load, put_under_load, read_answer, request
from features.online import forget
from recommender.database import session_scope
from recommender.settings import PROJECT_ROOT, get_settings
from recommender.tables import Event, Item, Model, ProfileVersion, Recommendation, User
from services.__main__ import environment

CONNECTIONS = (1, 16)
ROUNDS = 3  # the two systems take turns, so that a busy machine hits both alike
SHOPPERS = 200
WATCHED = 10  # shoppers of the run's own, whose events are followed into the answer
STAGES = ("profile", "rank", "reasons")


def main(
    seconds: Annotated[float, typer.Option(min=1, help="Seconds of load for each system and round.")] = 5,
    updates: Annotated[int, typer.Option(min=10, help="Events whose way into the next answer is timed.")] = 200,
    out: Annotated[Path | None, typer.Option("--json", help="Write the figures there, too.")] = None,
) -> None:
    """Measures and prints a table."""
    users, items = known()
    mark = f"bench-{uuid.uuid4().hex[:8]}"
    try:
        rows, stages = measured(users, items, mark, seconds, updates)
    finally:
        remove(mark)
    report = {"machine": machine(), "rows": rows, "stages_ms": stages, "goals": goals(rows)}
    show(report)
    if out is not None:
        out.write_bytes(orjson.dumps(report, option=orjson.OPT_INDENT_2))


def measured(
    users: list[str], items: list[str], mark: str, seconds: float, updates: int
) -> tuple[list[dict[str, Any]], dict[str, float]]:
    with started(ours()) as port, started(echo()) as echo_port:
        asks = [request(port, "/recommend", {"user_id": user, "session_id": mark}) for user in users]
        echoes = [request(echo_port, "/echo", {"text": "hello"})]
        put_under_load(port, asks, 4, 2)
        put_under_load(echo_port, echoes, 4, 2)
        rows = [row for count in CONNECTIONS for row in in_turns(port, asks, echo_port, echoes, count, seconds)]
        stages = stage_times(port)
        rows.append(fresh_row(port, mark, items, updates))
    return rows, stages


def remove(mark: str) -> None:
    """Forgets what the run wrote."""
    with session_scope() as session:
        session.execute(delete(Recommendation).where(Recommendation.session_id == mark))
        for table in (Event, ProfileVersion, User):
            session.execute(delete(table).where(table.user_id.startswith(mark)))
    for place in range(WATCHED):
        forget(f"{mark}-{place}")


def known() -> tuple[list[str], list[str]]:
    """Some shoppers and items of the settings' database."""
    with session_scope() as session:
        if session.scalars(select(Model).where(Model.status == "promoted")).first() is None:
            raise SystemExit(
                f"no model is promoted in {get_settings().root}: run `make demo` first, or set ZHIYIN_HOME"
            )
        users = list(session.scalars(select(User.user_id).order_by(User.user_id).limit(SHOPPERS)))
        items = list(session.scalars(select(Item.item_id).order_by(Item.item_id).limit(SHOPPERS)))
    return users, items


def ours() -> tuple[list[str], dict[str, str]]:
    return ["services.service:Recommender"], environment(get_settings(), workers=1)


def echo() -> tuple[list[str], dict[str, str]]:
    variables = {"BENTOML_HOME": tempfile.mkdtemp(prefix="echo-"), "BENTOML_DO_NOT_TRACK": "True"}
    return ["benchmarks.echo_service:Echo"], variables


@contextmanager
def started(what: tuple[list[str], dict[str, str]]) -> Iterator[int]:
    """A service of its own on a free port, until the block ends."""
    arguments, variables = what
    port = random.randint(20_000, 60_000)  # noqa: S311 (no secret)
    command = [sys.executable, "-m", "bentoml", "serve", *arguments, "--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen(
        command,
        cwd=PROJECT_ROOT,
        env={**os.environ, **variables},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_ready(port, process)
        yield port
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def wait_ready(port: int, process: "subprocess.Popen[bytes]", seconds: float = 180) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz"):
                return
        except OSError:
            time.sleep(0.3)
    raise RuntimeError(f"{process.args!r} did not become ready")


def in_turns(
    port: int, asks: list[bytes], echo_port: int, echoes: list[bytes], connections: int, seconds: float
) -> list[dict[str, Any]]:
    mine, theirs = [], []
    for _ in range(ROUNDS):
        mine.append(put_under_load(port, asks, connections, seconds))
        theirs.append(put_under_load(echo_port, echoes, connections, seconds))
    return [
        row("zhiyin /recommend", connections, mine),
        row("bentoml echo, default settings", connections, theirs),
    ]


def row(system: str, connections: int, loads: list[Load]) -> dict[str, Any]:
    figures = {
        "requests_per_second": [load.per_second for load in loads],
        "p50_ms": [load.percentile(0.5) for load in loads],
        "p99_ms": [load.percentile(0.99) for load in loads],
    }
    return {
        "system": system,
        "connections": connections,
        **{name: spread(values) for name, values in figures.items()},
        "failures": sum(load.failures for load in loads),
    }


def spread(values: list[float]) -> dict[str, float | int]:
    return {"mean": sum(values) / len(values), "spread": max(values) - min(values), "n": len(values)}


def stage_times(port: int) -> dict[str, float]:
    """Where the time of an answer goes, in milliseconds, from the service's own metrics."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        text = answer.read().decode()

    def total(name: str, stage: str) -> float:
        found = re.search(rf'^zhiyin_stage_seconds_{name}{{stage="{stage}"}} (\S+)$', text, re.MULTILINE)
        return float(found.group(1)) if found else 0.0

    return {stage: 1000 * total("sum", stage) / max(total("count", stage), 1) for stage in STAGES}


def fresh_row(port: int, mark: str, items: list[str], updates: int) -> dict[str, Any]:
    times = asyncio.run(freshness(port, mark, items, updates))
    return row("zhiyin /events, then the changed /recommend", 1, [Load(len(times), 0, sum(times) / 1000, times)])


async def freshness(port: int, mark: str, items: list[str], updates: int) -> list[float]:
    """Milliseconds from posting an event to an answer made from the profile that knows of it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def ask(path: str, body: object) -> Any:
        writer.write(request(port, path, body))
        return orjson.loads((await read_answer(reader))[1])

    times = []
    for place in range(updates):
        user, item = f"{mark}-{place % WATCHED}", items[place % len(items)]
        event = {"event_id": f"{mark}-{place}", "user_id": user, "item_id": item, "event_type": "view"}
        start = time.perf_counter()
        posted = await ask("/events", {"events": [event]})
        answer = await ask("/recommend", {"user_id": user, "session_id": mark})
        times.append((time.perf_counter() - start) * 1000)
        version = posted["profiles"][0]["profile_version"]
        if answer["profile_version"] != version:
            raise RuntimeError(f"the answer was made from version {answer['profile_version']}, not {version}")
    writer.close()
    return times


def goals(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The full answer beside BentoML's hello world, in this very run."""

    def ratio(connections: int, figure: str) -> float:
        mine, theirs = (one for one in rows if one["connections"] == connections and "then" not in one["system"])
        return float(mine[figure]["mean"] / theirs[figure]["mean"])

    found = [
        (f"requests/s at {count} connections, ratio to the echo", ratio(count, "requests_per_second"), 1.2, "at least")
        for count in CONNECTIONS
    ]
    found.append(("p99 at 16 connections, ratio to the echo", ratio(16, "p99_ms"), 0.25, "at most"))
    found.append(("event to changed answer, p99 ms", rows[-1]["p99_ms"]["mean"], 50, "at most"))
    return [
        {"name": name, "value": value, "target": target, "met": (value >= target) == (kind == "at least")}
        for name, value, target, kind in found
    ]


def machine() -> dict[str, Any]:
    return {"cpus": os.cpu_count(), "python": platform.python_version(), "load_before": os.getloadavg()[0]}


def show(report: dict[str, Any]) -> None:
    print(f"{report['machine']['cpus']} CPUs, load {report['machine']['load_before']:.1f} when it began\n")
    print(f"{'system':<46}{'connections':>12}{'requests/s':>12}{'p50 ms':>9}{'p99 ms':>9}{'failed':>8}")
    for one in report["rows"]:
        figures = (one["requests_per_second"]["mean"], one["p50_ms"]["mean"], one["p99_ms"]["mean"])
        print(
            f"{one['system']:<46}{one['connections']:>12}{figures[0]:>12.0f}{figures[1]:>9.1f}{figures[2]:>9.1f}{one['failures']:>8}"
        )
    print("\nof an answer: " + ", ".join(f"{name} {value:.2f} ms" for name, value in report["stages_ms"].items()))
    for goal in report["goals"]:
        print(f"{'met  ' if goal['met'] else 'short'} {goal['name']}: {goal['value']:.2f} (goal {goal['target']})")


if __name__ == "__main__":
    typer.run(main)
