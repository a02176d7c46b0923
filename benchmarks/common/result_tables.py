"""What every measurement ends with: a table for people, and one JSON object of rows and goals.

It knows rows of named figures, not what they measure.
"""

import json
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

Row = dict[str, Any]
_SHORT = ("train_seconds", "ms_per_user", "ms_per_item")
console = Console(width=150)


def number(values: Sequence[float]) -> dict[str, float]:
    """Mean and spread over seeds."""
    return {"mean": float(np.mean(values)), "spread": float(np.std(values)), "n": len(values)}


def summed(runs: Sequence[dict[str, float]]) -> Row:
    return {name: number([run[name] for run in runs]) for name in runs[0]}


def goal(name: str, value: float, target: float) -> Row:
    return {"name": name, "value": float(value), "target": float(target), "met": bool(value >= target)}


def at_most(name: str, value: float, target: float) -> Row:
    """A goal of which less is better."""
    return {"name": f"{name}, at most", "value": value, "target": target, "met": bool(value <= target)}


def print_report(title: str, rows: Sequence[Row], goals: Sequence[Row]) -> None:
    metrics = [name for name in rows[0] if name != "system"]
    table = Table(title=title)
    table.add_column("system")
    for name in metrics:
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(row["system"], *(_cell(name, row[name]) for name in metrics))
    console.print(table)
    for each in goals:
        met = "met" if each["met"] else "not met"
        console.print(f"{met}: {each['name']}: {each['value']:.4f} (goal {each['target']:.4f})", highlight=False)


def write_report(out: Path | None, title: str, rows: Sequence[Row], goals: Sequence[Row]) -> None:
    if out is not None:
        report = {"machine": machine(), "title": title, "rows": list(rows), "goals": list(goals)}
        out.write_text(json.dumps(report, indent=1))


def rows_of(out: Path | None, title: str, seeds: int) -> list[Row]:
    """What an earlier part of the same comparison wrote; ValueError where it was another one."""
    if out is None or not out.exists():
        raise ValueError(f"json: there is no report to add to at {out}")
    report = json.loads(out.read_text())
    rows: list[Row] = report["rows"]
    if (report["title"], report["machine"]) != (title, machine()):
        raise ValueError(f"json: {out} holds {report['title']} on {report['machine']}; name another file")
    if others := [row["system"] for row in rows if _seeds(row) != seeds]:
        raise ValueError(f"json: {out} holds other numbers of seeds than {seeds}: {', '.join(others)}")
    return rows


def _seeds(row: Row) -> int:
    return max((figure["n"] for figure in row.values() if isinstance(figure, dict)), default=1)


def machine() -> dict[str, Any]:
    return {
        "python": platform.python_version(), "processor": platform.machine(), "torch": torch.__version__,
        "threads": torch.get_num_threads(),
    }  # fmt: skip


def _cell(name: str, value: dict[str, float]) -> str:
    if name in _SHORT:
        return f"{value['mean']:.1f}"
    if name == "parameters":
        return f"{value['mean']:,.0f}"
    return f"{value['mean']:.4f} ±{value['spread']:.4f}" if value["n"] > 1 else f"{value['mean']:.4f}"
