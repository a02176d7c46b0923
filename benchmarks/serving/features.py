"""`python -m benchmarks.features [--shop NAME]... [--against PATH] [--json OUT]`: what building features costs.

Real shops, each imported into a database of this run: the demo's year, the same with ten times its shoppers, and
Amazon Beauty's twelve years. A build of all days, one of the last day alone, and the way into the online store, in a
fresh process and home each. `--against` names another checkout of this project, which builds the same databases in
turn; of the ten times larger shop only this checkout's cost is asked. A run of some shops adds to what OUT holds.
"""

import os
import platform
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from benchmarks.serving.online_store import show
from recommender.settings import PROJECT_ROOT

DATA = PROJECT_ROOT.parent / "shared" / "data" / "amazon-beauty"
OURS, TIMES = "zhiyin", 10
SHOPS = ("demo", "large", "beauty")
BEAUTY, DEMO, LARGE = "Beauty", "demo", f"demo, {TIMES} times the shoppers"
FASTER = {BEAUTY: 15.0, DEMO: 2.5}
MEMORY, GROWTH, A_DAY = 0.5, 11.0, 0.1
IMPORTS = {DEMO: ("import", "demo"), BEAUTY: ("import", "csv", "--default-type", "purchase")}
# what a checkout of any age understands; the peak is read before Feast, which is heavy itself, is imported
BUILD = """
import json, sqlite3, sys, time
from datetime import UTC, datetime, timedelta
try:
    from features.building.pipeline import build_features
except ImportError:
    from features.build import build_features  # an earlier checkout's

def seconds(name, work, *arguments):
    wall, cpu = time.perf_counter(), time.process_time()
    work(*arguments)
    return {f"{name}_seconds": time.perf_counter() - wall, f"{name}_cpu_seconds": time.process_time() - cpu}

span = sqlite3.connect(sys.argv[1]).execute("SELECT min(time), max(time) FROM events").fetchone()
first, last = (datetime.fromisoformat(moment).replace(tzinfo=UTC) for moment in span)
day, after = (datetime(last.year, last.month, last.day, tzinfo=UTC) + timedelta(days=n) for n in (0, 1))
figures = seconds("build", build_features, first, after) | seconds("day", build_features, day, after)
(peak,) = (int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
from features.store import materialize
figures |= {"peak_mb": peak / 1024} | seconds("online", materialize, first, after)
print(json.dumps(figures))
"""
Row = dict[str, Any]


def main(
    data: Annotated[Path, typer.Option(help="Folder of Amazon Beauty's files.")] = DATA,
    chosen: Annotated[list[str] | None, typer.Option("--shop", help="beauty, demo or large; all without.")] = None,
    against: Annotated[Path | None, typer.Option(help="Another checkout of this project.")] = None,
    out: Annotated[Path | None, typer.Option("--json", help="Write the figures there, too.")] = None,
) -> None:
    """Measures and prints a table."""
    checkouts = {OURS: PROJECT_ROOT} | ({f"against {against.name}": against.resolve()} if against else {})
    rows: dict[str, Row] = {}
    with tempfile.TemporaryDirectory(prefix="zhiyin-features-") as folder:
        for shop, database in databases(Path(folder), data, set(chosen or SHOPS)):
            asked = {OURS: PROJECT_ROOT} if shop == LARGE else checkouts
            rows |= {f"{shop}, {name}": measure(database, checkout) for name, checkout in asked.items()}
    known = orjson.loads(out.read_bytes())["rows"] if out is not None and out.exists() else []
    kept = {row["system"]: row for row in known} | {name: {"system": name, **row} for name, row in rows.items()}
    machine = f"{platform.machine()}, {os.cpu_count()} CPUs, load {os.getloadavg()[2]:.1f}"
    report = {"machine": machine, "rows": list(kept.values()), "goals": goals(list(kept.values()))}
    show(report)
    if out is not None:
        out.write_bytes(orjson.dumps(report, option=orjson.OPT_INDENT_2))


def databases(folder: Path, data: Path, chosen: set[str]) -> Iterator[tuple[str, Path]]:
    """The shops that are asked for, each with its database."""
    if {"demo", "large"} & chosen:
        demo, large = import_shop(folder, DEMO), folder / "large.db"
        if "demo" in chosen:
            yield DEMO, demo
        if "large" in chosen:
            multiply(demo, large)
            yield LARGE, large
    if "beauty" in chosen:
        yield BEAUTY, import_shop(folder, BEAUTY, str(data.resolve()))


def import_shop(folder: Path, shop: str, *files: str) -> Path:
    """A database with the shop's data, imported as a shop's owner would."""
    home = folder / shop
    for command in (("migrate",), (*IMPORTS[shop], *files)):
        run([sys.executable, "-m", "recommender", *command], PROJECT_ROOT, ZHIYIN_HOME=str(home))
    return home / "zhiyin.db"


def multiply(source: Path, target: Path) -> None:
    """The same shop with each shopper several times over, under names of their own."""
    shutil.copyfile(source, target)
    with closing(sqlite3.connect(target)) as database:
        database.execute("PRAGMA journal_mode = OFF")
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


def measure(database: Path, checkout: Path) -> Row:
    with tempfile.TemporaryDirectory(dir=database.parent) as home:
        home_of = {"ZHIYIN_HOME": home, "ZHIYIN_DATABASE_URL": f"sqlite:///{database}", "PYTHONPATH": str(checkout)}
        output = run([sys.executable, "-c", BUILD, str(database)], checkout, **home_of)
        partitions = sum(1 for _ in Path(home).glob("offline/*/*/*.parquet"))
    figures: Row = orjson.loads(output.splitlines()[-1])
    print(checkout.name, database.parent.name, figures)
    return {**figures, "partitions": partitions}


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
    if {LARGE, DEMO} <= ours.keys():
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
