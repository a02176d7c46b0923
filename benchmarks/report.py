"""Tables of the docs from what benchmarks wrote: `python -m benchmarks.report docs/quality.md RUN.json ...`.

It knows the JSON every benchmark writes and pages with markers; no figure in the docs is typed by hand. A page says
where a run's table goes by `<!-- table: RUN -->` and `<!-- end -->`, RUN being the JSON's file name.
"""

import json
import re
from pathlib import Path
from typing import Annotated, Any

import typer

_MEASURES = (
    "agreement@10", "NDCG@10", "HR@10", "Recall@10", "NDCG@20", "Recall@20", "NDCG@20 new", "Recall@20 new",
)  # fmt: skip
_DIGITS = {
    "train_seconds": 1, "ms_per_user": 1, "ms_per_item": 1, "connections": 0, "requests_per_second": 0, "p50_ms": 1,
    "p99_ms": 1, "cpu_seconds_per_1000": 2, "failures": 0, "minutes": 0, "own_mb_first": 0, "own_mb_last": 0,
    "own_mb_an_hour": 1, "recall": 4, "build_seconds": 1, "start_seconds": 3, "memory_mb": 0, "memory": 3,
}  # fmt: skip
_SHOWN = (*_MEASURES, *_DIGITS)
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
    rows = run["rows"]
    columns = [name for name in _SHOWN if name in rows[0]]
    if "HR@10" in columns and "Recall@10" in columns:  # the same where one item is right
        columns.remove("Recall@10")
    lines = [
        f"{run['title']}; seeds: {rows[0][columns[0]]['n']}" if "title" in run else _machine(run["machine"]),
        "",
        "| system | " + " | ".join(columns) + " |",
        "|---|" + "---|" * len(columns),
    ]
    lines += ["| " + " | ".join([row["system"], *(_cell(name, row[name]) for name in columns)]) + " |" for row in rows]
    goals = [
        f"- {'met' if goal['met'] else 'not met'}: {goal['name']}: {goal['value']:.4f}, goal {goal['target']:.4f}"
        for goal in run["goals"]
    ]
    return "\n".join([*lines, "", *goals, ""]) + "\n"


def _machine(machine: dict[str, Any]) -> str:
    told = f"{machine['cpus']} CPUs, Python {machine['python']}"
    return f"{told}, load {machine['load_before']:.1f} when it began" if "load_before" in machine else told


def _cell(name: str, value: dict[str, float] | float) -> str:
    mean = value["mean"] if isinstance(value, dict) else value
    if name in _DIGITS:
        return f"{mean:.{_DIGITS[name]}f}"
    spread = f" ±{value['spread']:.4f}" if isinstance(value, dict) and value["n"] > 1 else ""
    return f"{mean:.4f}{spread}".replace("0.", ".", 1)


if __name__ == "__main__":
    app()
