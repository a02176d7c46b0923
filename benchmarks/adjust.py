"""How fast a profile follows new behaviour, h: `python -m benchmarks.adjust [--events 50] [--shoppers 200] [--json F]`.

It takes the model in service and histories made of its best sellers; one core, no database, no store. After each new
event the profile is built again by the function that built it first, and no weight of the model may have changed.
"""

import hashlib
import json
import platform
import time
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from rich.console import Console

from recommender.data.event_weights import DAY, PURCHASE
from recommender.data.history import MAX_HISTORY, History
from recommender.db.engine import session_scope
from recommender.models.bundle import BundleError, ModelBundle
from recommender.profiles.profile import build_profile
from recommender.ranking.pipeline import RankingQuery, recommend
from recommender.settings import get_settings
from recommender.store.queries import promoted_model

GOAL_MS = 5.0
AMONG = 2_000  # best sellers that histories are made of
REPEATS = 5  # of each measurement; the least counts, since other processes only add to it
console = Console()


def main(
    events: Annotated[int, typer.Option(min=1, max=MAX_HISTORY, help="Events of a history.")] = 50,
    shoppers: Annotated[int, typer.Option(min=1)] = 200,
    json_out: Annotated[Path | None, typer.Option("--json", help="Write the figures here.")] = None,
) -> None:
    torch.set_num_threads(1)
    with session_scope() as session:
        model = promoted_model(session)
    if model is None:
        console.print("no model is in service; run `make demo` or `zhiyin run` first")
        raise typer.Exit(2)
    try:
        bundle = ModelBundle.load(get_settings().models_dir / model.model_version)
    except BundleError as error:
        console.print(str(error), markup=False)
        raise typer.Exit(2) from error
    report = run(bundle, events, shoppers)
    for row in report["rows"]:
        console.print(f"{row['system']}: {row['ms']:.2f} ms, 95 of 100 within {row['ms_p95']:.2f} ms", highlight=False)
    for goal in report["goals"]:
        console.print(f"{'met' if goal['met'] else 'not met'}: {goal['name']}: {goal['value']:.2f} of {goal['target']}")
    if json_out:
        json_out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


def run(bundle: ModelBundle, events: int, shoppers: int) -> dict[str, Any]:
    """CPU milliseconds of an update and of the answer that follows it."""
    histories = [history_of(bundle, events, seed) for seed in range(shoppers)]
    before, now = _weights(bundle), bundle.manifest.until
    profiles = [build_profile(bundle, "x", history, now, 1) for history in histories]
    updates = [_ms(lambda h=history: build_profile(bundle, "x", h, now, 2)) for history in histories]
    answers = [_ms(lambda p=profile: recommend(bundle, p, RankingQuery(n=10), now)) for profile in profiles]
    rows = [_row(f"profile update, {events} events", updates), _row(f"answer, {events} events", answers)]
    goals = [
        {"name": row["system"], "value": row["ms"], "target": GOAL_MS, "met": row["ms"] <= GOAL_MS} for row in rows
    ]
    changed = float(_weights(bundle) != before)
    goals.append({"name": "weights changed", "value": changed, "target": 0.0, "met": not changed})
    machine = {"python": platform.python_version(), "processor": platform.machine(), "threads": 1}
    return {"title": f"{len(bundle.catalogue):,} items", "machine": machine, "rows": rows, "goals": goals}


def history_of(bundle: ModelBundle, events: int, seed: int) -> History:
    """A shopper who buys best sellers, some again and again, over the last quarter of a year."""
    rng = np.random.default_rng(seed)
    favourites = rng.choice(
        bundle.sellers[:AMONG], min(max(events // 2, 1), len(bundle.sellers[:AMONG])), replace=False
    )
    end = int((bundle.manifest.until - timedelta(seconds=1)).timestamp())
    return History(
        np.array([f"e{place}" for place in range(events)], dtype=object),
        bundle.catalogue.ids[rng.choice(favourites, events)],
        np.full(events, PURCHASE, dtype=np.int8),
        np.full(events, np.nan, dtype=np.float32),
        np.sort(end - rng.integers(0, 90 * DAY, events)),
    )


def _ms(work: Any) -> float:
    spent = []
    for _ in range(REPEATS):
        started = time.process_time()
        work()
        spent.append(time.process_time() - started)
    return min(spent) * 1e3


def _row(system: str, spent: list[float]) -> dict[str, Any]:
    return {"system": system, "ms": float(np.mean(spent)), "ms_p95": float(np.quantile(spent, 0.95)), "n": len(spent)}


def _weights(bundle: ModelBundle) -> str:
    digest = hashlib.sha256()
    learned = (*bundle.ranker.tensors().values(), *bundle.sequence.tensors.values())
    for array in (bundle.item_VD, bundle.text_MT, *learned):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


if __name__ == "__main__":
    typer.run(main)
