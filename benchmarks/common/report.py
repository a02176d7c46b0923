"""Tables of the docs from what benchmarks wrote: `python -m benchmarks.report docs/quality.md RUN.json ...`.

It knows the JSON every benchmark writes and pages with markers; no figure in the docs is typed by hand. A page says
where a run's table goes by `<!-- table: RUN -->` and `<!-- end -->`, RUN being the JSON's file name.
"""

import json
import re
from pathlib import Path
from typing import Annotated, Any

import typer

_HIDDEN = re.compile(r"(NDCG|Recall|HR)@5\b|NDCG@10 new|Recall@10 new|HR@10 new|^(system|task|parameters)$")
_MEASURE = re.compile(r"@\d+")
_DIGITS = {
    "train_seconds": 1, "ms_per_user": 1, "ms_per_item": 1, "connections": 0, "requests_per_second": 0, "p50_ms": 1,
    "p99_ms": 1, "cpu_seconds_per_1000": 2, "failures": 0, "minutes": 0, "own_mb_an_hour": 1, "recall": 4,
    "build_seconds": 1, "start_seconds": 3, "memory": 3, "compute": 1,
}  # fmt: skip
Value = dict[str, Any] | float | int | str
app = typer.Typer(add_completion=False)


@app.command()
def report(
    page: Annotated[Path, typer.Argument(help="a Markdown page with markers")],
    runs: Annotated[list[Path], typer.Argument(help="what benchmarks wrote with --json")],
) -> None:
    """Put each run's table between its markers."""
    with_runs(page, runs)


def with_runs(page: Path, runs: list[Path]) -> None:
    text = page.read_text()
    for run in runs:
        text = with_table(text, run.stem, json.loads(run.read_text()))
    page.write_text(text)


def with_table(text: str, name: str, run: dict[str, Any]) -> str:
    marker = re.compile(rf"(<!-- table: {re.escape(name)} -->\n).*?(<!-- end -->)", re.DOTALL)
    if not marker.search(text):
        raise typer.BadParameter(f"the page has no place for {name}: <!-- table: {name} --> ... <!-- end -->")
    return marker.sub(lambda found: found[1] + table(run) + found[2], text)


def table(run: dict[str, Any]) -> str:
    """Rows of one task under each other; a task whose rows have other columns gets a table of its own."""
    tasks = dict.fromkeys(row.get("task", "") for row in run["rows"])
    parts = [_rows(task, [row for row in run["rows"] if row.get("task", "") == task]) for task in tasks]
    goals = [
        f"- {'met' if goal['met'] else 'not met'}: {goal['name']}: {goal['value']:.4f}, goal {goal['target']:.4f}"
        for goal in run["goals"]
    ]
    return "\n\n".join([_heading(run), *parts, "\n".join(goals)]) + "\n\n"


def _rows(task: str, rows: list[dict[str, Any]]) -> str:
    first = "system" if "system" in rows[0] else next(iter(rows[0]))
    columns = [name for name in dict.fromkeys(name for row in rows for name in row) if _shown(name, rows)]
    columns = [name for name in columns if name != first]
    if "HR@10" in columns and "Recall@10" in columns:  # the same where one item is right
        columns.remove("Recall@10")
    lines = [f"| {task or first} | " + " | ".join(columns) + " |", "|---|" + "---|" * len(columns)]
    for row in rows:
        cells = (_cell(name, row[name]) if name in row else "" for name in columns)
        lines.append(f"| {row[first]} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _shown(name: str, rows: list[dict[str, Any]]) -> bool:
    value = next(row[name] for row in rows if name in row)
    plain = isinstance(value, int | float | str) or (isinstance(value, dict) and "mean" in value)
    return plain and _HIDDEN.search(name) is None


def _heading(run: dict[str, Any]) -> str:
    machine = run.get("machine", "")
    description = ", ".join(map(_format_cell, machine, machine.values())) if isinstance(machine, dict) else machine
    seeds = next((value["n"] for value in run["rows"][0].values() if isinstance(value, dict) and "n" in value), None)
    parts = [run.get("title", ""), f"seeds or rounds: {seeds}" if seeds else "", description]
    return "; ".join(str(part) for part in parts if part)


def _format_cell(name: str, value: object) -> str:
    return f"{name} {value:.1f}" if isinstance(value, float) else f"{name} {value}"


def _cell(name: str, value: Value) -> str:
    if isinstance(value, str):
        return value
    mean = value["mean"] if isinstance(value, dict) else value
    if name in _DIGITS:
        return f"{mean:.{_DIGITS[name]}f}"
    if _MEASURE.search(name):
        spread = f" ±{value['spread']:.4f}" if isinstance(value, dict) and value["n"] > 1 else ""
        return f"{mean:.4f}{spread}".replace("0.", ".", 1)
    return f"{mean:,}" if isinstance(mean, int) else f"{mean:,.0f}" if abs(mean) >= 1000 else f"{mean:.3g}"


if __name__ == "__main__":
    app()
