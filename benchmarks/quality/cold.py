"""New items: `python -m benchmarks.cold`: a tenth of the items is held out of training entirely, then asked for.

Every event of a held-out item is taken away; who touched one gets a question with the history before it, and all items
are ranked, old and new. Ours is trained without the new items, which are added to the model afterwards, as in service.

Shape suffixes: Q queries, N items, L events.
"""

import time
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import scipy.sparse as sp
import torch
import typer

from benchmarks.baselines.items import ItemFacts
from benchmarks.baselines.log import Log, Queries
from benchmarks.baselines.plain import BASELINES, Fit
from benchmarks.common.result_tables import console, goal, print_report, summed, write_report
from benchmarks.quality.measure import measure
from benchmarks.quality.protocols import SHUFFLED, Task, ordered_log
from benchmarks.quality.shop_data import facts_of, load_shop
from benchmarks.quality.zhiyin_model import zhiyin
from recommender.settings import PROJECT_ROOT, get_settings
from training.fit.model_parts import REPEATS

BEAUTY = PROJECT_ROOT.parent / "shared" / "data" / "amazon-beauty"
METRIC = "Recall@10"
TIMES_POPULARITY = 5.0
SYSTEMS: dict[str, Fit] = {
    **{name: BASELINES[name] for name in ("popularity", "text similarity", "transition graph + text")},
    "zhiyin": zhiyin(later_items=True),
}
app = typer.Typer(add_completion=False)


@app.command()
def cold(
    data_dir: Annotated[str, typer.Argument(help="a folder as benchmarks.quality takes it")] = str(BEAUTY),
    share: Annotated[float, typer.Option(min=0.01, max=0.5, help="of the items, held out")] = 0.1,
    seeds: Annotated[int, typer.Option(min=1)] = 1,
    only: Annotated[str, typer.Option(help="names of rows, joined by commas")] = "",
    json_out: Annotated[Path | None, typer.Option("--json", help="also write the rows and goals here")] = None,
) -> None:
    """Measure and print one table."""
    settings = get_settings()
    torch.set_num_threads(settings.threads)
    shop = load_shop(data_dir)
    facts = facts_of(shop, settings)
    names = [name.strip() for name in only.split(",") if name.strip()] or list(SYSTEMS)
    found: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    for seed in range(seeds):
        task = cold_task(facts, ordered_log(shop, SHUFFLED, seed), share, seed)
        for name in names:
            started = time.perf_counter()
            fitted = SYSTEMS[name](task, seed)
            seconds = time.perf_counter() - started
            measured = measure(fitted, task)
            found[name].append({**measured.metrics, "train_seconds": seconds, "ms_per_user": measured.ms_per_user})
            console.print(f"seed {seed}, {name}: {METRIC} {measured.metrics[METRIC]:.4f}", highlight=False)
    rows = [{"system": name, **summed(runs)} for name, runs in found.items()]
    title = f"{shop.name}, {share:.0%} of the items held out of training, asked for among all {shop.items}"
    goals = goals_of(rows)
    print_report(title, rows, goals)
    write_report(json_out, title, rows, goals)


def cold_task(facts: ItemFacts, log: Log, share: float, seed: int) -> Task:
    """Histories end before the shopper's first held-out item; nothing of those or of later events is learned."""
    rng = np.random.default_rng(seed)
    held_N = rng.random(len(facts)) < share
    held_L = held_N[log.items_L]
    place_L = np.arange(len(log.items_L)) - log.bounds_U[log.users_L]
    first_U = np.full(log.shoppers, np.iinfo(np.int64).max)
    np.minimum.at(first_U, log.users_L[held_L], place_L[held_L])
    users = np.flatnonzero((first_U > 0) & (first_U < log.lengths_U))
    asked = np.zeros(log.shoppers, dtype=np.bool_)
    asked[users] = True
    # whoever isn't asked keeps all other events; whoever is, those before the question
    known = log.kept(~held_L & (~asked[log.users_L] | (place_L < first_U[log.users_L])))
    right = log.items_L[log.bounds_U[users] + first_U[users]]
    ends = known.bounds_U[users + 1]
    queries = Queries(known, users, ends, known.times_L[ends - 1])
    shape = (len(users), len(facts))
    answers = sp.csr_matrix((np.ones(len(users), dtype=np.float32), (np.arange(len(users)), right)), shape=shape)
    own = queries.by_age(shape[1], 1e9)
    own.data[:] = 1
    return Task(facts, known, queries, {"": (answers, own)}, known.repeat_share >= REPEATS, None)


def goals_of(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    value = {row["system"]: row[METRIC]["mean"] for row in rows}
    if "zhiyin" not in value:
        return []
    goals = []
    if "popularity" in value:
        goals.append(
            goal(
                f"{METRIC} of new items against {TIMES_POPULARITY:.0f} times popularity's",
                value["zhiyin"],
                TIMES_POPULARITY * value["popularity"],
            )
        )
    if "text similarity" in value:
        goals.append(goal(f"{METRIC} of new items against text similarity", value["zhiyin"], value["text similarity"]))
    return goals


if __name__ == "__main__":
    app()
