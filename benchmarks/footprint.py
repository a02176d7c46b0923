"""`python -m benchmarks.footprint [--workers W] [--against PATH] [--json OUT]`: what a service takes that nobody asks.

Seconds and CPU seconds from its start until it is ready, the memory of all its processes (what they share is counted
once), and the share of a core that it takes in the second minute after. `--against` names another checkout of this
project, which is measured after this one, on the same home or on one of its own (`--against-home`).
"""

import platform
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import orjson
import psutil
import typer

from benchmarks.flood import elsewhere
from benchmarks.running import Running, System, started, zhiyin

SETTLES_SECONDS, WATCHED_SECONDS = 60, 60
OF_MEMORY, OF_START, OF_A_CORE = 0.4, 0.4, 0.02


def main(
    workers: Annotated[int, typer.Option(min=1, help="Worker processes of each checkout.")] = 1,
    against: Annotated[Path | None, typer.Option(help="Another checkout of this project.")] = None,
    against_home: Annotated[Path | None, typer.Option(help="Its ZHIYIN_HOME; the settings' own without.")] = None,
    out: Annotated[Path | None, typer.Option("--json", help="Write the figures there, too.")] = None,
) -> None:
    """Measures and prints a table."""
    before, ours = psutil.getloadavg()[0], zhiyin(workers=workers)
    rows = [measure("zhiyin", ours)]
    if against is not None:
        rows.append(measure(f"against {against.name}", elsewhere(ours, against, against_home)))
    machine = {"cpus": psutil.cpu_count(), "python": platform.python_version(), "load_before": before}
    report = {"machine": machine, "rows": rows, "goals": goals_of(rows)}
    show(report)
    if out is not None:
        out.write_bytes(orjson.dumps(report, option=orjson.OPT_INDENT_2))


def measure(name: str, system: System) -> dict[str, Any]:
    """One service from its start on; it is left alone."""
    with ExitStack() as stack:
        running = stack.enter_context(started(system))
        to_ready = running.cpu_seconds()
        time.sleep(SETTLES_SECONDS)
        settled = running.cpu_seconds()
        time.sleep(WATCHED_SECONDS)
        return {
            "system": name,
            "seconds_to_ready": running.seconds_to_ready,
            "cpu_seconds_to_ready": to_ready,
            "memory_mb": memory_mb(running),
            "cpu_seconds_of_the_first_minute": settled - to_ready,
            "share_of_a_core_after_it": (running.cpu_seconds() - settled) / WATCHED_SECONDS,
        }


def memory_mb(running: Running) -> float:
    """Of all its processes, MiB; what several of them share is counted once."""
    main = psutil.Process(running.process.pid)
    return float(sum(one.memory_full_info().pss for one in (main, *main.children(recursive=True))) / 2**20)


def goals_of(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    ours, *others = rows
    asked = [("share of a core when idle", float(ours["share_of_a_core_after_it"]), OF_A_CORE)]
    for other in others:
        asked.append(("memory, of the other's", ours["memory_mb"] / other["memory_mb"], OF_MEMORY))
        asked.append(("start to ready, of the other's", ours["seconds_to_ready"] / other["seconds_to_ready"], OF_START))
    return [{"name": name, "value": value, "target": most, "met": bool(value <= most)} for name, value, most in asked]


def show(report: dict[str, Any]) -> None:
    print(f"{report['machine']['cpus']} CPUs, load {report['machine']['load_before']:.1f} when it began\n")
    for row in report["rows"]:
        for name, value in row.items():
            print(f"{name:<34}{value if isinstance(value, str) else f'{value:,.2f}':>20}")
        print()
    for goal in report["goals"]:
        print(f"{'met  ' if goal['met'] else 'short'} {goal['name']}: {goal['value']:.3f} (goal {goal['target']})")


if __name__ == "__main__":
    typer.run(main)
