"""How good is it? `python -m benchmarks.quality DATA_DIR`: our system, its ablations and the baselines on one table.

Every system learns from the same log, answers the same queries and is counted by the same code. `demo` stands for The
Complete Journey. Ties within a day can be taken in file order or shuffled (`--ties`), and the validation item can be
fitted on or not (`--fit`); a row says which.
"""

import json
import platform
import time
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from rich.console import Console
from rich.table import Table

from benchmarks.baselines import BASELINES, Fit
from benchmarks.goals import goals_of
from benchmarks.measure import measure
from benchmarks.neural import sasrec, two_tower
from benchmarks.ours import SYSTEMS, TEMPORAL_ONLY
from benchmarks.protocols import (
    FILE,
    LEAVE_ONE_OUT,
    SHUFFLED,
    TEMPORAL,
    TRAIN,
    TRAIN_AND_VALIDATION,
    Task,
    leave_one_out,
    ordered_log,
    temporal_of,
)  # fmt: skip
from benchmarks.shop_data import DEMO, ShopData, facts_of, load_shop
from recommender.ranker.items import ItemFacts
from recommender.settings import get_settings

ALL: dict[str, Fit] = {**BASELINES, "SASRec with cross-entropy": sasrec, "two-tower": two_tower, **SYSTEMS}
Row = dict[str, Any]
app = typer.Typer(add_completion=False)
console = Console(width=150)


@app.command()
def quality(
    data_dir: Annotated[str, typer.Argument(help="a folder with interactions.csv[.gz] and items.csv[.gz], or 'demo'")],
    protocol: Annotated[str, typer.Option(help=f"{LEAVE_ONE_OUT} or {TEMPORAL}; the demo's is temporal")] = "",
    ties: Annotated[str, typer.Option(help=f"events of one day in {FILE} order, or {SHUFFLED}")] = SHUFFLED,
    fit: Annotated[str, typer.Option(help=f"{TRAIN} or {TRAIN_AND_VALIDATION}")] = TRAIN,
    seeds: Annotated[int, typer.Option(min=1)] = 3,
    only: Annotated[str, typer.Option(help="names of rows, joined by commas; 'zhiyin' alone is the full system")] = "",
    validation: Annotated[bool, typer.Option(help="measure on validation items, to choose settings by")] = False,
    json_out: Annotated[Path | None, typer.Option("--json", help="also write the rows and goals here")] = None,
) -> None:
    """Measure and print one table."""
    protocol = protocol or (TEMPORAL if data_dir == DEMO else LEAVE_ONE_OUT)
    _one_of("protocol", protocol, (LEAVE_ONE_OUT, TEMPORAL))
    _one_of("ties", ties, (FILE, SHUFFLED))
    _one_of("fit", fit, (TRAIN, TRAIN_AND_VALIDATION))
    names = [name.strip() for name in only.split(",") if name.strip()] or [
        name for name in ALL if protocol == TEMPORAL or name not in TEMPORAL_ONLY
    ]
    for name in names:
        _one_of("only", name, tuple(ALL))
    settings = get_settings()
    torch.set_num_threads(settings.threads)
    try:
        shop = load_shop(data_dir)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    facts = facts_of(shop, settings)
    rows = measure_all(shop, facts, names, protocol, ties, fit, seeds, validation)
    title = f"{shop.name}, {protocol}, ties {ties}, fitted on {fit}" + (", validation items" if validation else "")
    goals = goals_of(shop.name, ties, fit, rows)
    _print(title, rows, goals)
    if json_out:
        report = {"machine": _machine(), "title": title, "rows": rows, "goals": goals}
        json_out.write_text(json.dumps(report, indent=1))


def measure_all(
    shop: ShopData, facts: ItemFacts, names: list[str], protocol: str, ties: str, fit: str, seeds: int, validation: bool
) -> list[Row]:
    found: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    for seed in range(seeds):
        task = _task(shop, facts, protocol, ties, fit, seed, validation)
        for name in names:
            with console.status(f"seed {seed}: {name}"):
                found[name].append(_run(ALL[name], task, seed))
            console.print(f"seed {seed}, {name}: " + _brief(found[name][-1]), highlight=False)
    return [{"system": name, **_summed(runs)} for name, runs in found.items()]


def _task(shop: ShopData, facts: ItemFacts, protocol: str, ties: str, fit: str, seed: int, validation: bool) -> Task:
    log = ordered_log(shop, ties, seed)
    if protocol == TEMPORAL:
        return temporal_of(shop, facts, log, validation)
    return leave_one_out(facts, log, fit, validation)


def _run(fit: Fit, task: Task, seed: int) -> dict[str, float]:
    started = time.perf_counter()
    fitted = fit(task, seed)
    seconds = time.perf_counter() - started
    measured = measure(fitted, task)
    extra = {"train_seconds": seconds, "ms_per_user": measured.ms_per_user, "parameters": float(fitted.parameters)}
    return {**measured.metrics, **extra}


def _summed(runs: list[dict[str, float]]) -> Row:
    summed: Row = {}
    for name in runs[0]:
        values = np.array([run[name] for run in runs])
        summed[name] = {"mean": float(values.mean()), "spread": float(values.std()), "n": len(values)}
    return summed


def _brief(run: dict[str, float]) -> str:
    shown = [name for name in run if name.startswith(("NDCG@10", "NDCG@20", "HR@10"))]
    return ", ".join(f"{name} {run[name]:.4f}" for name in shown) + f", {run['train_seconds']:.0f} s"


def _print(title: str, rows: list[Row], goals: list[Row]) -> None:
    metrics = [name for name in rows[0] if name != "system"]
    table = Table(title=title)
    table.add_column("system")
    for name in metrics:
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(row["system"], *(_cell(name, row[name]) for name in metrics))
    console.print(table)
    for goal in goals:
        console.print(
            f"{'met' if goal['met'] else 'not met'}: {goal['name']}: {goal['value']:.4f} (goal {goal['target']:.4f})"
        )


def _cell(name: str, value: dict[str, float]) -> str:
    if name in ("train_seconds", "ms_per_user"):
        return f"{value['mean']:.1f}"
    if name == "parameters":
        return f"{value['mean']:,.0f}"
    return f"{value['mean']:.4f} ±{value['spread']:.4f}" if value["n"] > 1 else f"{value['mean']:.4f}"


def _machine() -> dict[str, Any]:
    return {
        "python": platform.python_version(), "processor": platform.machine(), "torch": torch.__version__,
        "threads": torch.get_num_threads(),
    }  # fmt: skip


def _one_of(option: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise typer.BadParameter(f"{option}: {value!r} is not one of {', '.join(choices)}")


if __name__ == "__main__":
    app()
