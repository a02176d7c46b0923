"""What a shop is served, measured over HTTP: `python -m benchmarks.served DATA_DIR [--json OUT]`.

The shop's past is written to files, its last moment moved to the midnight that began today, and goes the way a shop's
own data goes, in a home of its own: `zhiyin import csv`, `zhiyin features build`, `zhiyin run`, `zhiyin serve`.
Each shopper of the temporal split is then asked for by `/recommend`. The figures stand beside the row
that `benchmarks.quality` prints for the same split, and beside the plain transition graph's.
"""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import httpx
import numpy as np
import polars as pl
import torch
import typer

from benchmarks.baselines.log import Floats, Queries
from benchmarks.baselines.plain import BASELINES, Fitted
from benchmarks.common.result_tables import Row, console, goal, print_report, summed, write_report
from benchmarks.common.running_services import start_system
from benchmarks.common.running_services import zhiyin as our_service
from benchmarks.quality.measure import measure
from benchmarks.quality.protocols import SHUFFLED, Task, ordered_log, sampled, temporal_of
from benchmarks.quality.shop_data import ShopData, facts_of, load_shop
from benchmarks.quality.zhiyin_model import zhiyin
from recommender.settings import PROJECT_ROOT, Settings, get_settings
from training.config import TrainParams

PLAIN = "transition graph"
AGREES, TIMES = 0.002, 2.0  # with the row of `benchmarks.quality`; the plain graph's figure
LIST = 100  # items of an answer, the most there are in one
AT_ONCE = 2
DAYS = TrainParams.model_fields["days"].default  # that training looks back, and whose features are built
METRICS = ("NDCG@10", "NDCG@20", "Recall@20", "NDCG@20 new", "Recall@20 new")
app = typer.Typer(add_completion=False)


@app.command()
def served(
    data_dir: Annotated[str, typer.Argument(help="as for `benchmarks.quality`; with timestamps")],
    minutes: Annotated[float | None, typer.Option(help="of training; the shop's default without")] = None,
    shoppers: Annotated[int, typer.Option(help="ask for so many at most, drawn by chance")] = 5_000,
    seed: int = 0,
    json_out: Annotated[Path | None, typer.Option("--json", help="also write the rows and goals here")] = None,
) -> None:
    """Import, build, train, serve, ask; and measure the row of `benchmarks.quality` on the same questions."""
    settings = get_settings()
    torch.set_num_threads(settings.threads)
    dial = minutes or settings.train_minutes
    try:
        shop = load_shop(data_dir)
        task = sampled(temporal_of(shop, facts_of(shop, settings), ordered_log(shop, SHUFFLED, seed)), shoppers, seed)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    with TemporaryDirectory(prefix="zhiyin-served-") as name:
        over_http = measure_over_http(Path(name), shop, task, dial)
    row = measure(zhiyin(minutes=dial)(task, seed), task).metrics
    plain = measure(BASELINES[PLAIN](task, seed), task).metrics
    found = {"zhiyin over HTTP": over_http, "zhiyin": row, PLAIN: plain}
    rows: list[Row] = [
        {"system": name, **summed([{metric: figures[metric] for metric in METRICS if metric in figures}])}
        for name, figures in found.items()
    ]
    title = f"{shop.name}, temporal, {len(task.queries)} shoppers asked, {dial:g} minutes of training"
    goals = _goals(over_http, row, plain)
    print_report(title, rows, goals)
    write_report(json_out, title, rows, goals)


def _goals(over_http: dict[str, float], row: dict[str, float], plain: dict[str, float]) -> list[Row]:
    names = [name for name in METRICS if name in row]
    differences = [abs(over_http[name] - row[name]) for name in names]
    return [
        goal("served as measured: .002 less the greatest difference", AGREES - max(differences), 0.0),
        goal(f"over HTTP against the {PLAIN}, NDCG@20 new", over_http["NDCG@20 new"] / plain["NDCG@20 new"], TIMES),
    ]


def measure_over_http(home: Path, shop: ShopData, task: Task, minutes: float) -> dict[str, float]:
    """A shop in `home` goes through the whole way and is asked; NDCG and recall of its answers."""
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    write_files(home / "landing", shop, task, midnight)
    variables = {"ZHIYIN_HOME": str(home), "ZHIYIN_TRAIN_MINUTES": str(minutes), "ZHIYIN_LLM": "none"}
    for command in (
        ("migrate",),
        ("import", "csv", str(home / "landing")),
        ("features", "build", "--from", f"{midnight - timedelta(days=DAYS):%Y-%m-%d}"),
        ("run", "--until", f"{midnight:%Y-%m-%d}"),
    ):
        _run(command, variables)
    service = our_service(Settings(home=home))
    with (
        start_system(replace(service, variables={**service.variables, **variables})) as running,
        httpx.Client(base_url=f"http://127.0.0.1:{running.port}", timeout=60) as client,
        ThreadPoolExecutor(AT_ONCE) as pool,
    ):

        def answers_of(queries: Queries) -> Floats:
            """Rows of an answer score by their places; what is not in it comes last."""
            total = np.full((len(queries), task.items), -np.inf, dtype=np.float32)
            for row, rows in zip(total, pool.map(partial(_ask, client), queries.users_Q.tolist()), strict=True):
                row[rows] = -np.arange(len(rows))
            return total

        return measure(Fitted(answers_of, 0), task).metrics


def _ask(client: httpx.Client, user: int) -> list[int]:
    """The rows of a shopper's answer, the best first."""
    question = {"user_id": f"u{user}", "n": LIST}
    while (response := client.post("/recommend", json=question)).status_code == 503:  # others ask, too
        time.sleep(float(response.headers["Retry-After"]))
    response.raise_for_status()
    answer = response.json()
    if answer["degraded"]:
        raise SystemExit(f"the answer to u{user} does without {', '.join(answer['degraded'])}")
    return [int(item["item_id"][1:]) for item in answer["items"]]


def write_files(folder: Path, shop: ShopData, task: Task, cut: datetime) -> None:
    """The items and what was bought before the task's moment, which becomes `cut`; ids are row numbers."""
    folder.mkdir(parents=True)
    log = task.log
    seconds = cut.timestamp() + np.floor((log.times_L - (task.moment or 0.0)) * 86_400)
    pl.DataFrame({
        "user_id": [f"u{user}" for user in log.users_L],
        "item_id": [f"i{item}" for item in log.items_L],
        "event_type": "purchase",
        "timestamp": seconds.astype(np.int64),
    }).write_csv(folder / "interactions.csv")  # fmt: skip
    pl.DataFrame({
        "item_id": [f"i{row}" for row in range(shop.items)],
        "title": shop.titles,
        "description": shop.descriptions,
        "brand": shop.brands,
        "categories": ["|".join(path) for path in shop.paths],
    }).write_csv(folder / "items.csv")  # fmt: skip


def _run(command: Sequence[str], environment: dict[str, str]) -> None:
    console.print(f"zhiyin {' '.join(command)}", highlight=False)
    zhiyin = str(Path(sys.executable).parent / "zhiyin")
    done = subprocess.run([zhiyin, *command], env={**os.environ, **environment}, cwd=PROJECT_ROOT, check=False)
    if done.returncode:
        raise SystemExit(f"zhiyin {' '.join(command)} ended with {done.returncode}")


if __name__ == "__main__":
    app()
