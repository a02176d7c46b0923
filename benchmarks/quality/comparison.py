"""How good is it? `python -m benchmarks.quality DATA_DIR`: our system, its ablations and the baselines on one table.

Every system learns from the same log, answers the same queries and is counted by the same code. `demo` stands for The
Complete Journey. Ties within a day can be taken in file order or shuffled (`--ties`), and the validation item can be
fitted on or not (`--fit`); a row says which.
"""

import time
from pathlib import Path
from typing import Annotated

import torch
import typer

from benchmarks.baselines.baskets import tifu_knn
from benchmarks.baselines.click_models import RANKERS
from benchmarks.baselines.fusion import rank_fusion, score_fusion
from benchmarks.baselines.items import ItemFacts
from benchmarks.baselines.neural import sasrec, two_tower
from benchmarks.baselines.plain import BASELINES, Fit
from benchmarks.common.result_tables import Row, console, print_report, rows_of, summed, write_report
from benchmarks.quality.goals import goals_of
from benchmarks.quality.measure import measure
from benchmarks.quality.protocols import (
    FILE,
    LEAVE_ONE_OUT,
    SHUFFLED,
    TEMPORAL,
    TRAIN,
    TRAIN_AND_VALIDATION,
    Task,
    leave_one_out,
    ordered_log,
    sampled,
    temporal_of,
)
from benchmarks.quality.shop_data import DEMO, ShopData, facts_of, load_shop
from benchmarks.quality.zhiyin_model import SYSTEMS
from recommender.settings import get_settings

ALL: dict[str, Fit] = {
    **BASELINES, "TIFU-KNN": tifu_knn, "rank fusion": rank_fusion, "score fusion": score_fusion,
    "SASRec with cross-entropy": sasrec, "two-tower": two_tower, **RANKERS,
    **SYSTEMS,
}  # fmt: skip
app = typer.Typer(add_completion=False)


@app.command()
def quality(
    data_dir: Annotated[str, typer.Argument(help="a folder with interactions.csv[.gz] and items.csv[.gz], or 'demo'")],
    protocol: Annotated[str, typer.Option(help=f"{LEAVE_ONE_OUT} or {TEMPORAL}; the demo's is temporal")] = "",
    ties: Annotated[str, typer.Option(help=f"events of one time in {FILE} order, or {SHUFFLED}")] = SHUFFLED,
    fit: Annotated[str, typer.Option(help=f"{TRAIN} or {TRAIN_AND_VALIDATION}")] = TRAIN,
    seeds: Annotated[int, typer.Option(min=1)] = 3,
    only: Annotated[str, typer.Option(help="names of rows, joined by commas; 'zhiyin' alone is the full system")] = "",
    shoppers: Annotated[int, typer.Option(help="measure on so many at most, drawn by chance")] = 30_000,
    validation: Annotated[bool, typer.Option(help="measure on validation items, to choose settings by")] = False,
    novelty: Annotated[
        float | None, typer.Option(min=0, max=1, help="also with this share of the first 20 kept for what is new")
    ] = None,
    json_out: Annotated[Path | None, typer.Option("--json", help="also write the rows and goals here")] = None,
    add: Annotated[bool, typer.Option(help="to the rows of other systems that the JSON holds of the same run")] = False,
) -> None:
    """Measure and print one table."""
    protocol = protocol or (TEMPORAL if data_dir == DEMO else LEAVE_ONE_OUT)
    _one_of("protocol", protocol, (LEAVE_ONE_OUT, TEMPORAL))
    _one_of("ties", ties, (FILE, SHUFFLED))
    _one_of("fit", fit, (TRAIN, TRAIN_AND_VALIDATION))
    names = _names(only) or list(ALL)
    for name in names:
        _one_of("only", name, tuple(ALL))
    settings = get_settings()
    torch.set_num_threads(settings.threads)
    try:
        shop = load_shop(data_dir)
        title = f"{shop.name}, {protocol}, ties {ties}, fitted on {fit}" + (", validation items" if validation else "")
        title += f", at most {shoppers} shoppers asked" if shop.shoppers > shoppers else ""
        if add:
            rows_of(json_out, title, seeds)  # refused now rather than after hours
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    facts = facts_of(shop, settings)
    rows = measure_all(shop, facts, names, protocol, ties, fit, seeds, validation, shoppers, novelty)
    if add:
        try:
            rows += [row for row in rows_of(json_out, title, seeds) if row["system"] not in names]
        except ValueError as error:  # it became another one meanwhile; what took hours is not to be lost
            json_out = json_out and json_out.with_suffix(".alone.json")
            console.print(f"[red]{error}; these rows go to {json_out}", highlight=False)
    rows.sort(key=lambda row: list(ALL).index(row["system"]))
    goals = goals_of(shop.name, ties, fit, rows)
    print_report(title, rows, goals)
    write_report(json_out, title, rows, goals)


def measure_all(
    shop: ShopData,
    facts: ItemFacts,
    names: list[str],
    protocol: str,
    ties: str,
    fit: str,
    seeds: int,
    validation: bool,
    shoppers: int = 30_000,
    novelty: float | None = None,
) -> list[Row]:
    found: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    for seed in range(seeds):
        task = sampled(_task(shop, facts, protocol, ties, fit, seed, validation), shoppers, seed)
        for name in names:
            with console.status(f"seed {seed}: {name}"):
                try:
                    found[name].append(_run(ALL[name], task, seed, novelty))
                except (ValueError, MemoryError) as error:
                    console.print(f"seed {seed}, {name}: left out, {error}", highlight=False)
                    continue
            console.print(f"seed {seed}, {name}: " + _brief(found[name][-1]), highlight=False)
    return [{"system": name, **summed(runs)} for name, runs in found.items() if runs]


def _task(shop: ShopData, facts: ItemFacts, protocol: str, ties: str, fit: str, seed: int, validation: bool) -> Task:
    log = ordered_log(shop, ties, seed)
    if protocol == TEMPORAL:
        return temporal_of(shop, facts, log, validation)
    return leave_one_out(facts, log, fit, validation)


def _run(fit: Fit, task: Task, seed: int, novelty: float | None = None) -> dict[str, float]:
    started = time.perf_counter()
    fitted = fit(task, seed)
    seconds = time.perf_counter() - started
    measured = measure(fitted, task, novelty)
    extra = {"train_seconds": seconds, "ms_per_user": measured.ms_per_user, "parameters": float(fitted.parameters)}
    return {**measured.metrics, **extra}


def _brief(run: dict[str, float]) -> str:
    shown = [name for name in run if name.startswith(("NDCG@10", "NDCG@20", "HR@10", "coverage"))]
    return ", ".join(f"{name} {run[name]:.4f}" for name in shown) + f", {run['train_seconds']:.0f} s"


def _names(only: str) -> list[str]:
    return list(filter(None, map(str.strip, only.split(","))))


def _one_of(option: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise typer.BadParameter(f"{option}: {value!r} is not one of {', '.join(choices)}")
