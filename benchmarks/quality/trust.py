"""Does trust help? `python -m benchmarks.trust`: ratings with a network of who trusts whom, with and without its edges.

It reads pairs (user, item) of a given split, and pairs of users; there are no times and no texts, so histories are
sets: their events are tied. All items are ranked, those that only the test has too; the shopper's own are left out.

Shape suffixes: U shoppers, Q queries, N items.
"""

import time
from pathlib import Path
from typing import Annotated

import numpy as np
import polars as pl
import scipy.sparse as sp
import torch
import typer

from benchmarks.baselines.items import item_facts
from benchmarks.baselines.lightgcn import lightgcn
from benchmarks.baselines.log import Log, at_end
from benchmarks.baselines.plain import BASELINES, Fit
from benchmarks.common.result_tables import Row, console, goal, print_report, summed, write_report
from benchmarks.quality.goals import OURS
from benchmarks.quality.measure import measure
from benchmarks.quality.protocols import Task
from benchmarks.quality.zhiyin_model import zhiyin
from recommender.settings import PROJECT_ROOT, get_settings
from training.data.side_info import SideInfo

CIAO = PROJECT_ROOT.parent / "shared" / "data" / "ciao"
METRICS = ("Recall@20", "NDCG@20")
WITHOUT = "zhiyin without trust edges"
app = typer.Typer(add_completion=False)


@app.command()
def trust(
    data_dir: Annotated[Path, typer.Argument(help="ratings_train, ratings_test and trusts, .txt.gz")] = CIAO,
    seeds: Annotated[int, typer.Option(min=1)] = 1,
    only: Annotated[str, typer.Option(help="names of rows, joined by commas")] = "",
    most_users: Annotated[int, typer.Option(help="measure on a chance sample of so many users; 0: on all")] = 0,
    json_out: Annotated[Path | None, typer.Option("--json", help="also write the rows and goals here")] = None,
) -> None:
    """Measure and print one table."""
    torch.set_num_threads(get_settings().threads)
    names = [name.strip() for name in only.split(",") if name.strip()]
    found: dict[str, list[dict[str, float]]] = {}
    for seed in range(seeds):
        task, trust_UU = trust_task(data_dir, seed, most_users)
        for name, fit in _systems(trust_UU).items():
            if names and name not in names:
                continue
            started = time.perf_counter()
            fitted = fit(task, seed)
            seconds = time.perf_counter() - started
            measured = measure(fitted, task)
            run = {**measured.metrics, "train_seconds": seconds, "ms_per_user": measured.ms_per_user}
            found.setdefault(name, []).append(run)
            console.print(f"seed {seed}, {name}: Recall@20 {run['Recall@20']:.4f}, {seconds:.0f} s", highlight=False)
    rows = [{"system": name, **summed(runs)} for name, runs in found.items()]
    title = f"{data_dir.name}, the given split" + (f", {most_users} users asked" if most_users else "")
    goals = goals_of(rows)
    print_report(title, rows, goals)
    write_report(json_out, title, rows, goals)


def _systems(trust_UU: sp.csr_matrix) -> dict[str, Fit]:
    names = ("popularity", "ItemKNN with recency decay", "implicit ALS")
    return {
        **{name: BASELINES[name] for name in names},
        "LightGCN": lightgcn,
        WITHOUT: zhiyin(),
        OURS: zhiyin(side_info=read_side_info(trust_UU)),
    }


def read_side_info(trust_UU: sp.csr_matrix) -> SideInfo:
    """Whom shoppers trust, as the database gives it."""
    links: dict[str, dict[str, float]] = {}
    for user, other in zip(*trust_UU.nonzero(), strict=True):
        links.setdefault(str(user), {})[str(other)] = 1.0
    return SideInfo(links=links)


def trust_task(folder: Path, seed: int, most_users: int = 0) -> tuple[Task, sp.csr_matrix]:
    """Item ids came in the order of their first raters: they are shuffled away, as the order of each history is."""
    train, test, trusts = (_pairs(folder / f"{name}.txt.gz") for name in ("ratings_train", "ratings_test", "trusts"))
    rng = np.random.default_rng(seed)
    known = rng.permutation(np.union1d(train[:, 1], test[:, 1]))
    row_of = np.full(known.max() + 1, -1)
    row_of[known] = np.arange(len(known))
    users = int(max(train[:, 0].max(), test[:, 0].max(), trusts.max())) + 1
    order = np.lexsort((rng.random(len(train)), train[:, 0]))
    log = Log.of(train[order, 0], row_of[train[order, 1]], np.zeros(len(train)), users)
    asked = np.intersect1d(test[:, 0], train[:, 0])
    if most_users and most_users < len(asked):
        asked = np.sort(rng.permutation(asked)[:most_users])
    queries = at_end(log, asked)
    right_UN = _matrix(test[:, 0], row_of[test[:, 1]], (users, len(known)))
    own = queries.by_age(len(known), 1e9)
    own.data[:] = 1
    nothing = [""] * len(known)
    facts = item_facts(np.zeros((len(known), 1), dtype=np.float32), nothing, nothing, [[]] * len(known))
    trust_UU = _matrix(trusts[:, 0], trusts[:, 1], (users, users))
    return Task(facts, log, queries, {"": (right_UN[asked], own)}, False, None), trust_UU


def _pairs(file: Path) -> np.ndarray:
    if not file.exists():
        raise typer.BadParameter(f"DATA_DIR: {file} isn't there")
    return pl.read_csv(file, separator="\t", has_header=False).to_numpy()[:, :2].astype(np.int64)


def _matrix(rows: np.ndarray, columns: np.ndarray, shape: tuple[int, int]) -> sp.csr_matrix:
    matrix = sp.csr_matrix((np.ones(len(rows), dtype=np.float32), (rows, columns)), shape=shape)
    matrix.data[:] = 1
    return matrix


def goals_of(rows: list[Row]) -> list[Row]:
    ours = next((row for row in rows if row["system"] == OURS), None)
    if ours is None:
        return []
    others = [row for row in rows if row["system"] in (WITHOUT, "LightGCN", "implicit ALS")]
    return [
        goal(f"{metric} against {other['system']}", ours[metric]["mean"], other[metric]["mean"])
        for other in others
        for metric in METRICS
    ]


if __name__ == "__main__":
    app()
