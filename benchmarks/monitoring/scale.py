"""`python -m benchmarks.scale [--shoppers 250,500,1000] [--train] [--json OUT]`: costs of shops by size, and slopes.

Synthetic shops, each in a home of its own that goes when it was measured: their import, the building of features and,
with `--train`, the steps from embedding to refreshed profiles. Of each: CPU seconds of the process and its children,
the most memory one of them took, bytes in the home. The slope of a cost is its exponent: 1 grows as the shop does, 0
not at all.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from itertools import pairwise
from math import log
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from benchmarks.common.result_tables import Row, at_most, console, write_report
from recommender.settings import PROJECT_ROOT, get_settings

ITEMS_A_SHOPPER, DAYS = 37, 90  # items as the demo has them
COSTS = ("cpu_seconds", "peak_mb", "home_mb")
TEN_TIMES = 11.0  # at most, of ten times the shoppers
ENCODERS = "encoders"


def main(
    shoppers: Annotated[str, typer.Option(help="Of the shops, by commas, the smallest first.")] = "250,500,1000",
    items_a_shopper: Annotated[int, typer.Option(min=1, help="Items of the catalogue for each.")] = ITEMS_A_SHOPPER,
    days: Annotated[int, typer.Option(min=14, help="Days of purchases.")] = DAYS,
    train: Annotated[bool, typer.Option("--train", help="Also train, and refresh all profiles.")] = False,
    minutes: Annotated[float, typer.Option(min=0.05, help="Of training.")] = 0.1,
    out: Annotated[Path | None, typer.Option("--json", help="Write the figures here.")] = None,
) -> None:
    """Measures and prints."""
    sizes = [int(one) for one in shoppers.split(",")]
    if len(sizes) < 2 or sizes != sorted(set(sizes)):
        raise typer.BadParameter("--shoppers: name two sizes or more, each larger than the one before")
    learned = ("run", "--minutes", str(minutes))
    rows = [row for size in sizes for row in measure_shop(size, size * items_a_shopper, days, learned if train else ())]
    found = [*rows, *slopes(rows)]
    for row in found:
        console.print(row, highlight=False)
    goals = [
        at_most(f"{row['system']}: CPU of ten times the shop over one", 10 ** row["cpu_seconds"], TEN_TIMES)
        for row in found
        if row["task"] == "slope"
    ]
    write_report(out, "synthetic shops of several sizes", found, goals)


def measure_shop(shoppers: int, items: int, days: int, learned: Sequence[str]) -> list[Row]:
    """A row a step of one shop; `learned` is the command that trains, empty: none."""
    with TemporaryDirectory(prefix="zhiyin-scale-") as name:
        home = Path(name)
        if (encoders := get_settings().encoders_dir).is_dir():
            (home / ENCODERS).symlink_to(encoders)
        sizes = ("--shoppers", str(shoppers), "--items", str(items), "--days", str(days))
        steps = {"import": ("import", "synthetic", *sizes), "features": ("features", "build"), "learn": learned}
        _run(("migrate",), home)
        return [
            {"task": "shops", "system": step, "shoppers": shoppers, "items": items, **_run(arguments, home)}
            for step, arguments in steps.items()
            if arguments
        ]


def slopes(rows: Sequence[Row]) -> list[Row]:
    """Of each step from the smallest shop to the largest, the exponent of each cost."""
    found = list[Row]()
    for step in dict.fromkeys(row["system"] for row in rows):
        of = [row for row in rows if row["system"] == step]
        exponents = {cost: _exponent(of[0], of[-1], cost) for cost in COSTS}
        largest = max(_exponent(one, other, "cpu_seconds") for one, other in pairwise(of))
        found.append({"task": "slope", "system": step, **exponents, "steepest cpu_seconds": largest})
    return found


def _exponent(small: Row, large: Row, cost: str) -> float:
    return log(large[cost] / small[cost]) / log(large["shoppers"] / small["shoppers"])


def _run(arguments: Sequence[str], home: Path) -> Row:
    """What `zhiyin ARGUMENTS` took in this home."""
    command = [sys.executable, "-c", "from console.main import app; app()", *arguments]
    environment = {**os.environ, "ZHIYIN_HOME": str(home), "PYTHONPATH": str(PROJECT_ROOT)}
    with subprocess.Popen(command, env=environment, cwd=home, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as one:
        said = one.stdout.read() if one.stdout else b""
        _, status, usage = os.wait4(one.pid, 0)
        one.returncode = os.waitstatus_to_exitcode(status)
    if one.returncode:
        raise RuntimeError(f"zhiyin {' '.join(arguments)} ended with {one.returncode}: {said.decode()[-2_000:]}")
    held = sum(path.stat().st_size for path in home.rglob("*") if path.is_file() and ENCODERS not in path.parts)
    return {
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "peak_mb": usage.ru_maxrss / 1024,
        "home_mb": held / 2**20,
    }


if __name__ == "__main__":
    typer.run(main)
