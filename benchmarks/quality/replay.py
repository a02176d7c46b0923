"""What keeping the model fresh costs and gains: `python -m benchmarks.replay [--weeks 12] [--json OUT]`.

The Complete Journey is gone through week by week. Each week is answered by four ways of keeping up, all of which know
only what had happened before it: a model and profiles that stay as they were, profiles that follow, a model that goes
on from last week's, and one trained anew. `compute` is CPU seconds of training, of all processors together.
"""

import json
import os
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from rich.console import Console
from rich.table import Table

from benchmarks.common.logged_behaviours import logged_behaviours
from benchmarks.quality.protocols import FILE, ordered_log
from benchmarks.quality.shop_data import DEMO, facts_of, load_shop
from benchmarks.quality.zhiyin_model import OPENED, catalogue_of, events_of
from recommender.data.catalog import Catalogue
from recommender.models.bundle import ModelBundle
from recommender.settings import get_settings
from training.config import TrainParams
from training.data.interactions import Log, window
from training.data.side_info import SideInfo
from training.evaluation.evaluate import evaluate
from training.fit.model_parts import Origin, Texts
from training.fit.trainer import learn

WEEK = 7
STATIC, PROFILES, INCREMENTAL, FULL = "static model", "profile update only", "incremental", "full retrain"
KEPT, COST = 0.98, 0.10
METRICS = ("NDCG@20", "NDCG@20 new")
console = Console()


@dataclass(frozen=True)
class Shop:
    """`measured`: shoppers of each week who are asked, at most; `settings` go to every training."""

    catalogue: Catalogue
    texts: Texts
    log: Log
    first_day: datetime
    measured: int = 600
    settings: dict[str, Any] | None = None

    @cached_property
    def side_info(self) -> SideInfo:
        return SideInfo(behaviour=logged_behaviours(self.log, self.catalogue))

    def params(self, moment: datetime, warm_start: str = "") -> TrainParams:
        """A model that has learned until this moment, its ranker from the week before it."""
        days = (moment - self.first_day).days + WEEK
        settings = {"test_days": WEEK, "test_shoppers": self.measured, **(self.settings or {})}
        return TrainParams(until=moment + timedelta(days=WEEK), days=days, warm_start=warm_start, **settings)

    def learned(self, moment: datetime, earlier: ModelBundle | None = None) -> tuple[ModelBundle, float]:
        """The model, and the CPU seconds it took."""
        params = self.params(moment, earlier.model_version if earlier else "")
        origin = Origin(f"{moment:%Y-%m-%d}", moment, "", "")
        started = time.process_time()
        model = learn(self.catalogue, self.texts, self.log, params, origin, {}, earlier, self.side_info)
        return model, time.process_time() - started

    def measure(self, model: ModelBundle, week: datetime, known_until: datetime) -> dict[str, float]:
        """The week's purchases, asked of a model and of profiles that know the time before `known_until`."""
        start = int(week.timestamp())
        test = window(self.log, start, start + WEEK * 86_400, self.measured, seed=0)
        shoppers = self.side_info.shoppers_at(self.log, test.users_U, self.catalogue, int(known_until.timestamp()))
        found = evaluate(model, shoppers, test).model
        return {name: found[name] for name in METRICS}


def main(
    weeks: Annotated[int, typer.Option(min=1, max=40)] = 12,
    json_out: Annotated[Path | None, typer.Option("--json", help="Write the figures here.")] = None,
) -> None:
    torch.set_num_threads(min(get_settings().threads, os.cpu_count() or 1))
    report = run(demo_shop(), weeks, lambda line: console.print(line, highlight=False))
    show(report)
    if json_out:
        json_out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


def demo_shop() -> Shop:
    shop = load_shop(DEMO)
    facts = facts_of(shop, get_settings())
    texts = Texts("", facts.vectors_NE, np.arange(len(facts), dtype=np.int32))
    return Shop(catalogue_of(facts), texts, events_of(ordered_log(shop, FILE, 0)), OPENED)


def run(shop: Shop, weeks: int, tell: Callable[[str], None] = lambda _: None) -> dict[str, Any]:
    """The last whole weeks of the log."""
    last = int(shop.log.events.times.max()) // 86_400 * 86_400
    days = (datetime.fromtimestamp(last, OPENED.tzinfo) - OPENED).days
    first = OPENED + timedelta(days=days - WEEK * weeks)
    static, spent = shop.learned(first)
    went_on, fresh, fresh_spent, went_on_spent = static, static, spent, spent
    curve: dict[str, list[dict[str, float]]] = {name: [] for name in (STATIC, PROFILES, INCREMENTAL, FULL)}
    for number in range(weeks):
        moment = first + timedelta(days=WEEK * number)
        if number:
            went_on, went_on_spent = shop.learned(moment, went_on)
            fresh, fresh_spent = shop.learned(moment)
        for name, model, known, cost in (
            (STATIC, static, first, 0.0),
            (PROFILES, static, moment, 0.0),
            (INCREMENTAL, went_on, moment, went_on_spent if number else 0.0),
            (FULL, fresh, moment, fresh_spent if number else 0.0),
        ):
            curve[name].append({**shop.measure(model, moment, known), "compute": cost})
        tell(f"week {number + 1}: " + ", ".join(f"{name} {curve[name][-1]['NDCG@20']:.4f}" for name in curve))
    machine = {"python": platform.python_version(), "processor": platform.machine(), "cores": os.cpu_count()}
    rows = [_row(name, points) for name, points in curve.items()]
    return {"title": f"{weeks} weeks", "machine": machine, "rows": rows, "goals": goals(rows)}


def _row(name: str, points: list[dict[str, float]]) -> dict[str, Any]:
    """Means over the weeks after the first, in which all four are the same."""
    later = points[1:] or points
    row: dict[str, Any] = {"system": name, "weeks": points}
    for metric in (*METRICS, "compute"):
        values = [point[metric] for point in later]
        row[metric] = {"mean": float(np.mean(values)), "spread": float(np.std(values)), "n": len(values)}
    return row


def goals(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    incremental, full = (next(row for row in rows if row["system"] == name) for name in (INCREMENTAL, FULL))
    kept = incremental["NDCG@20"]["mean"] / max(full["NDCG@20"]["mean"], 1e-9)
    cost = incremental["compute"]["mean"] / max(full["compute"]["mean"], 1e-9)
    return [
        {"name": "NDCG@20 that incremental keeps", "value": kept, "target": KEPT, "met": kept >= KEPT},
        {"name": "compute of incremental", "value": cost, "target": COST, "met": cost <= COST},
    ]


def show(report: dict[str, Any]) -> None:
    table = Table("way", *METRICS, "CPU seconds a week", title=report["title"])
    for row in report["rows"]:
        table.add_row(row["system"], *(f"{row[name]['mean']:.4f}" for name in METRICS), f"{row['compute']['mean']:.1f}")
    console.print(table)
    for goal in report["goals"]:
        met = "met" if goal["met"] else "not met"
        console.print(f"{met}: {goal['name']}: {goal['value']:.3f} of {goal['target']}", highlight=False)


if __name__ == "__main__":
    typer.run(main)
