"""`python -m benchmarks.growth [--items N] [--json OUT]`: shops of ten thousand items up to N, trained, served, asked.

Each shop is grown from the demo's (`grown_shop`), in a home of its own that goes when it was measured. Over HTTP, one
question at a time and with no list ready: `/recommend`, `/similar` and `/search`. Beside it how far answers agree with
those of the same model without its index, the service's start and the memory of its workers.
"""

import platform
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import httpx
import numpy as np
import orjson
import psutil
import typer

from benchmarks.common.http_load import put_under_load, request
from benchmarks.common.running_services import Running, start_system, zhiyin
from benchmarks.common.shop_copies import keep_profiles, with_environment
from benchmarks.serving.grown_shop import UNTIL, WORDS, GrownShop, grow_shop, plain_encoder
from recommender.db.engine import migrate, session_scope
from recommender.models.bundle import ModelBundle
from recommender.profiles.profile import build_profiles
from recommender.ranking.pipeline import RankingQuery, recommend, similar
from recommender.settings import get_settings
from recommender.store.queries import load_histories

SIZES = (10_000, 100_000, 1_000_000)
SHOPPERS, QUERIES, CUT = 100, 400, 10
SEARCH_WITHIN = 600  # seconds from the service's start
P50_MS = {"/recommend": 15.0, "/similar": 10.0, "/search": 40.0}
TAIL, AGREEMENT, START_SECONDS, OWN_MB = 4.0, 0.98, 20.0, 2_560.0
Row = dict[str, Any]


def main(
    items: Annotated[int, typer.Option(min=1_000, help="Items of the largest shop.")] = 1_000_000,
    seconds: Annotated[float, typer.Option(min=1, help="Seconds of load for each endpoint.")] = 10,
    workers: Annotated[int, typer.Option(min=1, help="Worker processes of the service.")] = 2,
    out: Annotated[Path | None, typer.Option("--json", help="Write the figures there, too.")] = None,
) -> None:
    """Measures and prints a table."""
    before = psutil.getloadavg()[0]
    rows = [
        row
        for size in sorted({size for size in SIZES if size < items} | {items})
        for row in of_shop(size, seconds, workers)
    ]
    machine = {"cpus": psutil.cpu_count(), "python": platform.python_version(), "load_before": before}
    report = {"machine": machine, "rows": rows, "goals": goals_of([row for row in rows if row["items"] == items])}
    show(report)
    if out is not None:
        out.write_bytes(orjson.dumps(report, option=orjson.OPT_INDENT_2))


def of_shop(items: int, seconds: float, workers: int) -> list[Row]:
    """Grows, trains and serves one shop; its rows of the report."""
    with own_home():
        shop, began = grow_shop(items), time.monotonic()
        bundle = shop.train()
        trained, users = time.monotonic() - began, shop.shoppers(SHOPPERS)
        shop.install(bundle, users)
        keep_profiles(users)
        agreement = agreement_with_exact(bundle, users)
        asked = questions(shop, users)
        built = {"system": f"{items:,} items", "task": "shops", "items": items, "train_seconds": trained}
        probes = {"groups": 0, "probes": 0}
        if (index := bundle.text_index) is not None:
            probes = {"groups": index.inverted.nlist, "probes": index.inverted.nprobe}
        del shop, bundle
        with start_system(zhiyin(workers=workers, ZHIYIN_LISTS_MB="0")) as running:
            searching = wait_for_search(running)
            rows = [
                {**ask(running, path, bodies, seconds), "items": items, "agreement": agreement[path]}
                for path, bodies in asked.items()
            ]
            return [{**built, **probes, **usage(running), "seconds_to_search": searching}, *rows]


@contextmanager
def own_home() -> Iterator[None]:
    """The settings' home is a new one, with all tables, until the block ends."""
    encoders = get_settings().encoders_dir
    with TemporaryDirectory(prefix="zhiyin-growth-") as name, with_environment({"ZHIYIN_HOME": name}):
        if encoders.is_dir():
            get_settings().encoders_dir.symlink_to(encoders)
        migrate()
        yield


def agreement_with_exact(bundle: ModelBundle, users: list[str]) -> dict[str, float]:
    """By endpoint, the share of the first items that the same model without its index finds, too."""
    exact = replace(bundle, text_index=None)
    with session_scope() as session:
        histories = load_histories(session, users)
    profiles = build_profiles(bundle, [(user, history, 1) for user, history in histories.items()], UNTIL)
    lists = [[recommend(one, profile, RankingQuery(n=CUT), UNTIL) for one in (bundle, exact)] for profile in profiles]
    rows = np.random.default_rng(1).choice(bundle.sellers[: len(bundle.sellers) // 2], len(profiles))
    like = [[similar(one, str(bundle.catalogue.ids[row]), CUT, UNTIL) for one in (bundle, exact)] for row in rows]
    texts = bundle.project(plain_encoder().encode_queries(_queries(bundle.catalogue.titles)[:SHOPPERS]))
    near = [[one.texts.nearest(text_T, CUT).tolist() for one in (bundle, exact)] for text_T in texts]
    named = (
        [[[item.item_id for item in one] for one in pair] for pair in lists],
        [[[item.item_id for item in one] for one in pair] for pair in like],
    )
    return {path: _share(pairs) for path, pairs in zip(P50_MS, (*named, near), strict=True)}


def _share(pairs: Sequence[Sequence[Sequence[Any]]]) -> float:
    return float(np.mean([len(set(ours) & set(right)) / max(len(right), 1) for ours, right in pairs]))


def questions(shop: GrownShop, users: list[str]) -> dict[str, list[Row]]:
    """By endpoint, the bodies of what is asked."""
    random = np.random.default_rng(2)
    bought = shop.events["item_id"].sample(QUERIES, seed=2).to_list()
    askers = random.choice(users, QUERIES)
    return {
        "/recommend": [{"user_id": user} for user in users],
        "/similar": [{"item_id": item_id} for item_id in bought],
        "/search": [
            {"query": query, "user_id": user, "record": False}
            for query, user in zip(_queries(shop.frame["title"].to_list()), askers, strict=True)
        ],
    }


def _queries(titles: Sequence[str]) -> list[str]:
    """Two or three words of a title each, most of them without its brand."""
    random = np.random.default_rng(3)
    queries = []
    for place in random.integers(0, len(titles), QUERIES):
        words = [word for word in titles[place].replace(",", " ").split()[1:] if word not in WORDS]
        queries.append(" ".join(words[: int(random.integers(2, 4))]) or titles[place])
    return queries


def wait_for_search(running: Running) -> float:
    """Seconds from the service's start until a search is answered."""
    address, body, began = (
        f"http://127.0.0.1:{running.port}/search",
        {"query": "milk", "record": False},
        time.monotonic(),
    )
    while time.monotonic() - began < SEARCH_WITHIN:
        answer = httpx.post(address, json=body, timeout=SEARCH_WITHIN)
        if answer.status_code == httpx.codes.OK and "encoder" not in answer.json()["degraded"]:
            return running.seconds_to_ready + time.monotonic() - began
        time.sleep(0.5)
    raise RuntimeError(f"no search was answered within {SEARCH_WITHIN} s")


def ask(running: Running, path: str, bodies: list[Row], seconds: float) -> Row:
    """One question at a time; a part of the load before doesn't count."""
    requests = [request(running.port, path, body) for body in bodies]
    put_under_load(running.port, requests, 4, seconds / 2)
    cpu = running.cpu_seconds()
    load = put_under_load(running.port, requests, 1, seconds)
    return {
        "system": path,
        "p50_ms": load.percentile(0.5),
        "p99_ms": load.percentile(0.99),
        "cpu_seconds_per_1000": 1000 * (running.cpu_seconds() - cpu) / load.requests,
        "failures": load.failures,
    }


def usage(running: Running) -> Row:
    """The start, and the memory of the worker that takes most: its own, and what it shares."""
    found = [each.memory_full_info() for each in running.workers()]
    most = max(found, key=lambda one: one.uss)
    return {
        "start_seconds": running.seconds_to_ready,
        "own_mb": most.uss / 2**20,
        "shared_mb": (most.rss - most.uss) / 2**20,
    }


def goals_of(rows: list[Row]) -> list[Row]:
    """Of the largest shop."""
    shop, *endpoints = rows
    asked = [
        ("start, seconds", shop["start_seconds"], START_SECONDS),
        ("a worker's own memory, MiB", shop["own_mb"], OWN_MB),
    ]
    goals = [{"name": name, "value": value, "target": most, "met": value <= most} for name, value, most in asked]
    for row in endpoints:
        path, tail, share = row["system"], row["p99_ms"] / row["p50_ms"], row["agreement"]
        goals += [
            {
                "name": f"{path}: p50 ms",
                "value": row["p50_ms"],
                "target": P50_MS[path],
                "met": row["p50_ms"] <= P50_MS[path],
            },
            {"name": f"{path}: p99 to p50", "value": tail, "target": TAIL, "met": tail <= TAIL},
            {"name": f"{path}: agreement with exact", "value": share, "target": AGREEMENT, "met": share >= AGREEMENT},
        ]
    return [goal | {"name": f"{shop['system']}: {goal['name']}"} for goal in goals]


def show(report: dict[str, Any]) -> None:
    print(f"{report['machine']['cpus']} CPUs, load {report['machine']['load_before']:.1f} when it began")
    for row in report["rows"]:
        print("\n" + row["system"] if "task" in row else f"  {row['system']}")
        for name, value in row.items():
            if name not in ("system", "task", "items"):
                print(f"    {name:<24}{value:>14,.3f}")
    print()
    for goal in report["goals"]:
        print(f"{'met  ' if goal['met'] else 'short'} {goal['name']}: {goal['value']:.3f} (goal {goal['target']})")


if __name__ == "__main__":
    typer.run(main)
