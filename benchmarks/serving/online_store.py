"""`python -m benchmarks.online_store [--json OUT]`: how fast profiles are read and pushed.

Profiles are made up, of the size the demo's have; each online store is a fresh one of this run (Redis: a server of its
own, where `redis-server` is installed).
"""

import os
import platform
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import orjson
import typer
from rich.console import Console
from rich.table import Table

from features.online import push_profiles, read_profile, read_profiles
from features.store import close_stores, get_store
from recommender.data.history import History
from recommender.profiles.profile import Affinity, Profile
from recommender.settings import get_settings

SHOPPERS, READS, PUSHES, WIDTH = 1_000, 2_000, 200, 128
HISTORIES = (50, 500)
TARGET_READ_MS = 1.0
AS_OF = datetime(2026, 1, 1, tzinfo=UTC)
Row = dict[str, Any]


def main(
    out: Annotated[Path | None, typer.Option("--json", help="Write the figures there, too.")] = None,
) -> None:
    """Measures and prints a table."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        with settings_of(folder, "sqlite"):
            rows += online_rows("SQLite")
        with redis_server(folder) as url, settings_of(folder, "redis", ZHIYIN_REDIS_URL=url):
            rows += online_rows("Redis") if url else []
    report = {"machine": f"{platform.machine()}, {os.cpu_count()} CPUs", "rows": rows, "goals": goals(rows)}
    show(report)
    if out is not None:
        out.write_bytes(orjson.dumps(report, option=orjson.OPT_INDENT_2))


def online_rows(store: str) -> list[Row]:
    """For each length of history: one profile read, one pushed, many at once."""
    get_store()
    return [{"system": f"{store}, {events} events a shopper", **timings(events)} for events in HISTORIES]


def timings(events: int) -> dict[str, float]:
    profiles = [profile(number, events) for number in range(SHOPPERS)]
    push_seconds = seconds_of(lambda: push_profiles(profiles))
    ids = [one.user_id for one in profiles]
    reads = [1000 * seconds_of(lambda n=n: read_profile(ids[n % SHOPPERS])) for n in range(READS)]
    newer = [profile(number, events, version=2) for number in range(PUSHES)]
    pushes = [1000 * seconds_of(lambda one=one: push_profiles([one])) for one in newer]
    return {
        "read_ms_p50": float(np.percentile(reads, 50)),
        "read_ms_p99": float(np.percentile(reads, 99)),
        "read_100_ms": 1000 * seconds_of(lambda: read_profiles(ids[:100])),
        "push_ms_p50": float(np.percentile(pushes, 50)),
        "pushed_per_second": SHOPPERS / push_seconds,
    }


def profile(number: int, events: int, version: int = 1) -> Profile:
    rng = np.random.default_rng(number)
    history = History(
        np.array([f"event-{number}-{n}" for n in range(events)], dtype=object),
        np.array([f"item-{n}" for n in range(events)], dtype=object),
        rng.integers(0, 6, events).astype(np.int8),
        rng.random(events).astype(np.float32),
        np.sort(rng.integers(1_600_000_000, 1_767_000_000, events)).astype(np.int64),
    )
    affinities = tuple(Affinity("category", f"category {n}", 0.1, tuple(history.event_ids[:5])) for n in range(10))
    vector = rng.standard_normal(WIDTH).astype(np.float32)
    return Profile(f"shopper-{number}", version, "m", AS_OF, vector, affinities, history, "Mostly coffee and fruit.")


def goals(rows: list[Row]) -> list[dict[str, Any]]:
    short = f"{HISTORIES[0]} events"
    checks = [
        (f"read_profile p50, ms, {row['system']}", row["read_ms_p50"], TARGET_READ_MS)
        for row in rows
        if short in row["system"]
    ]
    return [{"name": name, "value": value, "target": target, "met": value <= target} for name, value, target in checks]


def seconds_of(work: Any) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def show(report: dict[str, Any]) -> None:
    console = Console(width=150)
    for part, first in (("rows", "system"), ("goals", "name")):
        table = Table(first, "figures", title=f"{part} ({report['machine']})")
        for row in report[part]:
            figures = (
                f"{key} {value:.4g}" if isinstance(value, float) else f"{key} {value}" for key, value in row.items()
            )
            table.add_row(row[first], ", ".join(list(figures)[1:]))
        console.print(table)


@contextmanager
def settings_of(folder: str, name: str, **changes: str | None) -> Iterator[None]:
    """Runs the block with settings of its own below `folder`."""
    before = dict(os.environ)
    os.environ.update({key: value for key, value in changes.items() if value} | {"ZHIYIN_HOME": f"{folder}/{name}"})
    for key in {"ZHIYIN_REDIS_URL", "ZHIYIN_DATABASE_URL"} - set(changes):
        os.environ.pop(key, None)
    get_settings.cache_clear()
    try:
        yield
    finally:
        close_stores()
        os.environ.clear()
        os.environ.update(before)
        get_settings.cache_clear()


@contextmanager
def redis_server(folder: str) -> Iterator[str | None]:
    """A Redis of this run's own; None where none is installed."""
    binary = shutil.which("redis-server")
    if binary is None:
        yield None
        return
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    words = ["--bind", "127.0.0.1", "--port", str(port), "--dir", folder, "--save", "", "--daemonize", "no"]
    server = subprocess.Popen([binary, *words], stdout=subprocess.DEVNULL)
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"redis://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(10)


if __name__ == "__main__":
    typer.run(main)
