"""`python -m benchmarks.features [--beauty FOLDER] [--against PATH] [--json OUT]`: what building features costs.

Real shops, each imported into a database of this run: the demo's year, the same with ten times its shoppers, and
Amazon Beauty's twelve years where its folder is named. A build of all days, one of the last day alone, and the way into
the online store, in a fresh process and home each. `--against` names another checkout of this project, which builds
the same databases in turn; of the ten times larger shop only this checkout's cost is asked.
"""

import os
import platform
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from benchmarks.online_store import show
from recommender.settings import PROJECT_ROOT

OURS, TIMES = "zhiyin", 10
BEAUTY, DEMO, LARGE = "Beauty", "demo", f"demo, {TIMES} times the shoppers"
FASTER = {BEAUTY: 15.0, DEMO: 2.5}
MEMORY, GROWTH, A_DAY = 0.5, 11.0, 0.1
IMPORTS = {DEMO: ("import", "demo"), BEAUTY: ("import", "csv", "--default-type", "purchase")}
# what a checkout of any age understands; the peak is read before Feast, which is heavy itself, is imported
BUILD = """
import json, sqlite3, sys, time
from datetime import UTC, datetime, timedelta
from features.build import build_features

def seconds(work, *arguments):
    started = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - started

span = sqlite3.connect(sys.argv[1]).execute("SELECT min(time), max(time) FROM events").fetchone()
first, last = (datetime.fromisoformat(moment).replace(tzinfo=UTC) for moment in span)
day, after = (datetime(last.year, last.month, last.day, tzinfo=UTC) + timedelta(days=n) for n in (0, 1))
figures = {"build_seconds": seconds(build_features, first, after), "day_seconds": seconds(build_features, day, after)}
(peak,) = (int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
from features.store import materialize
figures |= {"peak_mb": peak / 1024, "online_seconds": seconds(materialize, first, after)}
print(json.dumps(figures))
"""
Row = dict[str, Any]


def main(
    beauty: Annotated[Path | None, typer.Option(help="Folder of Amazon Beauty's files; left out without.")] = None,
    against: Annotated[Path | None, typer.Option(help="Another checkout of this project.")] = None,
    out: Annotated[Path | None, typer.Option("--json", help="Write the figures there, too.")] = None,
) -> None:
    """Measures and prints a table."""
    checkouts = {OURS: PROJECT_ROOT} | ({f"against {against.name}": against.resolve()} if against else {})
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="zhiyin-features-") as folder:
        shops = {DEMO: bring_in(Path(folder), DEMO), LARGE: Path(folder) / "large.db"}
        multiply(shops[DEMO], shops[LARGE])
        shops |= {BEAUTY: bring_in(Path(folder), BEAUTY, str(beauty.resolve()))} if beauty else {}
        for shop, database in shops.items():
            asked = {OURS: PROJECT_ROOT} if shop == LARGE else checkouts
            rows += [measure(f"{shop}, {name}", database, checkout) for name, checkout in asked.items()]
    machine = f"{platform.machine()}, {os.cpu_count()} CPUs, load {os.getloadavg()[2]:.1f}"
    report = {"machine": machine, "rows": rows, "goals": goals(rows)}
    show(report)
    if out is not None:
        out.write_bytes(orjson.dumps(report, option=orjson.OPT_INDENT_2))


def bring_in(folder: Path, shop: str, *files: str) -> Path:
    """A database with the shop's data, imported as a shop's owner would."""
    home = folder / shop
    for command in (("migrate",), (*IMPORTS[shop], *files)):
        run([sys.executable, "-m", "recommender", *command], PROJECT_ROOT, ZHIYIN_HOME=str(home))
    return home / "zhiyin.db"


def multiply(source: Path, target: Path) -> None:
    """The same shop with each shopper several times over, under names of their own."""
    shutil.copyfile(source, target)
    with closing(sqlite3.connect(target)) as database:
        columns = [name for _, name, *_ in database.execute("PRAGMA table_info(events)") if name != "id"]
        named = [f"{name} || '-' || copy" if name in ("event_id", "user_id") else name for name in columns]
        copies = " UNION ALL ".join(f"SELECT {number} AS copy" for number in range(TIMES))
        for name in ("ix_events_user_id_time", "uq_events_event_id_user_id", "ix_events_time"):
            database.execute(f"DROP INDEX {name}")
        database.execute("DELETE FROM events")
        database.execute("ATTACH ? AS source", (str(source),))
        database.execute(
            f"INSERT INTO events ({', '.join(columns)}) SELECT {', '.join(named)} FROM source.events, ({copies})"  # noqa: S608 (our own names)
        )
        database.execute("CREATE INDEX ix_events_time ON events (time)")
        database.commit()


def measure(system: str, database: Path, checkout: Path) -> Row:
    with tempfile.TemporaryDirectory(dir=database.parent) as home:
        home_of = {"ZHIYIN_HOME": home, "ZHIYIN_DATABASE_URL": f"sqlite:///{database}", "PYTHONPATH": str(checkout)}
        told = run([sys.executable, "-c", BUILD, str(database)], checkout, **home_of)
        rows = sum(1 for _ in Path(home).glob("offline/*/*/*.parquet"))
    figures: Row = orjson.loads(told.splitlines()[-1])
    print(system, figures)
    return {"system": system, **figures, "partitions": rows}


def run(command: Sequence[str], folder: Path, **variables: str) -> str:
    done = subprocess.run(
        command, env={**os.environ, **variables}, cwd=folder, check=False, stdout=subprocess.PIPE, text=True
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command[:4])} ended with {done.returncode}")
    return done.stdout


def goals(rows: Sequence[Row]) -> list[Row]:
    """Against the other checkout, where there is one; the larger shop and a day against this one's own."""
    ours = {row["system"].removesuffix(f", {OURS}"): row for row in rows if row["system"].endswith(OURS)}
    found = []
    for shop, target in FASTER.items():
        for other in (row for row in rows if row["system"].startswith(f"{shop}, against")):
            found.append(_goal(f"{shop}: times as fast", _of(other, ours[shop], "build_seconds"), target, least=True))
            found.append(_goal(f"{shop}: peak memory", _of(ours[shop], other, "peak_mb"), MEMORY))
    found.append(_goal(f"{LARGE}: times the demo's time", _of(ours[LARGE], ours[DEMO], "build_seconds"), GROWTH))
    return found + [
        _goal(f"{shop}: the last day alone, of all days' time", row["day_seconds"] / row["build_seconds"], A_DAY)
        for shop, row in ours.items()
    ]


def _of(one: Row, other: Row, name: str) -> float:
    return float(one[name] / other[name])


def _goal(name: str, value: float, target: float, least: bool = False) -> Row:
    return {"name": name, "value": value, "target": target, "met": value >= target if least else value <= target}


if __name__ == "__main__":
    typer.run(main)
