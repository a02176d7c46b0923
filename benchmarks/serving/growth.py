"""`python -m benchmarks.growth [--items N] [--json OUT]`: nearest vectors in catalogues from ten thousand to N items.

The vectors are made from those of the home's own items, as a catalogue grows: each lies between an item and one like
it, a little aside. Every size is measured by a process that does nothing else, from the mapped files; queries are made
the same way and are in no index.
"""

import json
import platform
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import numpy as np
import orjson
import psutil
import typer
from numpy.typing import NDArray
from sqlalchemy import select

from recommender.db.engine import session_scope
from recommender.db.tables import Embedding
from recommender.models.ann import VectorIndex, build_index, exact_search, recall
from recommender.settings import PROJECT_ROOT

Floats = NDArray[np.float32]
SIZES = (10_000, 100_000, 300_000, 1_000_000)
QUERIES, COUNT, LIKE, ASIDE = 200, 100, 8, 0.25
TARGETS = {"p50_ms": 10.0, "recall": 0.98, "memory": 0.6, "start_seconds": 2.0}


def main(
    items: Annotated[int, typer.Option(min=1_000, help="The largest catalogue.")] = 1_000_000,
    out: Annotated[Path | None, typer.Option("--json", help="Write the figures there, too.")] = None,
) -> None:
    """Measures and prints a table."""
    report = table(items)
    show(report)
    if out is not None:
        out.write_bytes(orjson.dumps(report, option=orjson.OPT_INDENT_2))


def table(items: int) -> dict[str, Any]:
    before, seeds = psutil.getloadavg()[0], known_vectors()
    sizes = sorted({size for size in SIZES if size < items} | {items})
    rows = [measured(seeds, size) for size in sizes]
    machine = {"cpus": psutil.cpu_count(), "python": platform.python_version(), "load_before": before}
    return {"machine": machine, "rows": rows, "goals": goals(rows[-1])}


def known_vectors() -> Floats:
    """The encoder's vectors of the shop's texts, of length 1."""
    with session_scope() as session:
        found = [np.frombuffer(one, "<f4") for one in session.scalars(select(Embedding.vector))]
    if len(found) <= LIKE:
        raise SystemExit("there are no vectors here to start from: run `make demo` first, or set ZHIYIN_HOME")
    return _unit(np.stack(found))


def _unit(vectors: Floats) -> Floats:
    unit: Floats = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    return unit


def grown(seeds: Floats, like: NDArray[np.int64], count: int, random: np.random.Generator) -> Floats:
    """So many vectors more of the seeds' kind."""
    one = random.integers(0, len(seeds), count)
    other = like[one, random.integers(0, LIKE, count)]
    share = random.random((count, 1), dtype=np.float32)
    noise = random.standard_normal((count, seeds.shape[1]), dtype=np.float32) * (ASIDE / np.sqrt(seeds.shape[1]))
    return _unit(seeds[one] * share + seeds[other] * (1 - share) + noise.astype(np.float32))


def measured(seeds: Floats, size: int) -> dict[str, Any]:
    random = np.random.default_rng(size)
    like = np.argsort(-(seeds @ seeds.T), axis=1)[:, 1 : LIKE + 1]
    with TemporaryDirectory(prefix="zhiyin-growth-") as name:
        folder = Path(name)
        vectors = np.memmap(folder / "all.f32", np.float32, "w+", shape=(size, seeds.shape[1]))
        for start in range(0, size, 50_000):
            vectors[start : start + 50_000] = grown(seeds, like, min(50_000, size - start), random)
        queries = grown(seeds, like, QUERIES, random)
        began = time.monotonic()
        build_index(vectors, folder / "index")
        built = time.monotonic() - began
        np.save(folder / "queries.npy", queries)
        np.save(folder / "right.npy", exact_search(vectors, queries, COUNT))
        del vectors
        (folder / "all.f32").unlink()
        found = subprocess.run(
            [sys.executable, "-m", "benchmarks.growth_search", str(folder)],
            cwd=PROJECT_ROOT,
            check=True,
            capture_output=True,
        )
    return {"system": f"{size:,} items", "items": size, "build_seconds": built, **json.loads(found.stdout)}


def search_all(folder: Path) -> dict[str, float]:
    """What a process sees that opens an index and searches it."""
    queries, right = np.load(folder / "queries.npy"), np.load(folder / "right.npy")
    began = time.perf_counter()
    index = VectorIndex.open(folder / "index")
    index.search(queries[0], COUNT)
    started = time.perf_counter() - began
    found = recall(index, queries, right)
    cpu, times = time.process_time(), []
    for query in queries:
        began = time.perf_counter()
        index.search(query, COUNT)
        times.append((time.perf_counter() - began) * 1000)
    cpu = time.process_time() - cpu
    alone = psutil.Process().memory_full_info().uss / 2**20
    width = index.vectors_ND.shape[1]
    return {
        "start_seconds": started,
        "recall": found,
        "p50_ms": float(np.median(times)),
        "p99_ms": float(np.quantile(times, 0.99)),
        "cpu_seconds_per_1000": 1000 * cpu / len(queries),
        "memory": index.nbytes / (len(index.rows_N) * width * 4),
        "memory_mb": index.nbytes / 2**20,
        "memory_alone_mb": alone,
        "groups": len(index.centres_GD),
        "probes": index.probes,
    }


def goals(largest: dict[str, Any]) -> list[dict[str, Any]]:
    found = []
    for name, target in TARGETS.items():
        value = largest[name]
        met = value >= target if name == "recall" else value <= target
        found.append({"name": f"{largest['items']:,} items: {name}", "value": value, "target": target, "met": met})
    return found


def show(report: dict[str, Any]) -> None:
    print(f"{report['machine']['cpus']} CPUs, load {report['machine']['load_before']:.1f} when it began\n")
    names = (
        "items",
        "build s",
        "start s",
        "recall@100",
        "p50 ms",
        "p99 ms",
        "CPU s/1000",
        "MiB",
        "of float32",
        "looked at",
    )
    print("".join(f"{name:>12}" for name in names))
    for one in report["rows"]:
        print(
            f"{one['items']:>12,}{one['build_seconds']:>12.1f}{one['start_seconds']:>12.3f}{one['recall']:>12.4f}"
            f"{one['p50_ms']:>12.2f}{one['p99_ms']:>12.2f}{one['cpu_seconds_per_1000']:>12.2f}{one['memory_mb']:>12.0f}"
            f"{one['memory']:>12.3f}{one['probes'] / one['groups']:>12.1%}"
        )
    for goal in report["goals"]:
        print(f"{'met  ' if goal['met'] else 'short'} {goal['name']}: {goal['value']:.3f} (goal {goal['target']})")


if __name__ == "__main__":
    typer.run(main)
