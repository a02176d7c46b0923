"""`python -m benchmarks.vector_index [--items N] [--json OUT]`: the index of many texts alone, from five thousand to N.

Vectors are grown from those of the demo's texts (`grown_shop`), in the width that a model keeps. A search by the index
is held against one without, in one process and one thread: recall, and the share of its CPU time.
"""

import os
import platform
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any
from unittest.mock import patch

import numpy as np
import orjson
import psutil
import typer
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from benchmarks.serving.grown_shop import demo_products, distinct_texts, grow_vectors, like_texts, plain_encoder
from recommender.models import vector_index
from recommender.models.vector_index import VectorIndex, Vectors, build_index, recall
from training.config import TrainParams
from training.fit.model_parts import principal_directions

Floats = NDArray[np.float32]
SIZES = (5_000, 10_000, 20_000, 50_000, 100_000, 300_000, 1_000_000)
QUERIES, COUNT = 300, 30
TARGETS = {"recall": 0.98, "of exact": 0.1, "memory": 0.6}


def main(
    items: Annotated[int, typer.Option(min=5_000, help="The largest number of texts.")] = 1_000_000,
    out: Annotated[Path | None, typer.Option("--json", help="Write the figures there, too.")] = None,
) -> None:
    """Measures and prints a table."""
    before = psutil.getloadavg()[0]
    seeds = plain_encoder().encode(distinct_texts(demo_products())[1])
    rows = [measured(seeds, size) for size in sorted({size for size in SIZES if size < items} | {items})]
    machine = {"cpus": psutil.cpu_count(), "python": platform.python_version(), "load_before": before}
    report = {"machine": machine, "rows": rows, "goals": goals_of(rows)}
    show(report)
    if out is not None:
        out.write_bytes(orjson.dumps(report, option=orjson.OPT_INDENT_2))


def measured(seeds: Floats, size: int) -> dict[str, Any]:
    """So many texts, with an index whatever their number."""
    random = np.random.default_rng(size)
    width = TrainParams.model_fields["text_width"].default
    like, projection = like_texts(seeds), principal_directions(seeds, width)
    parts = [
        grow_vectors(seeds, like, random.integers(0, len(seeds), min(20_000, size - start)), random) @ projection
        for start in range(0, size, 20_000)
    ]
    vectors = _unit(np.concatenate(parts))
    queries = vectors[random.integers(0, size, QUERIES)]
    queries[::2] = _unit(queries[::2] + queries[1::2])
    with TemporaryDirectory(prefix="zhiyin-index-") as name, patch.object(vector_index, "FROM", 0):
        began, file = time.process_time(), Path(name) / "index"
        built = build_index(vectors)
        seconds = time.process_time() - began
        if built is None:
            raise RuntimeError("no index was built")
        built.save(file)
        nbytes, index = os.path.getsize(file), VectorIndex.open(file)
        with threadpool_limits(limits=1):
            found, cpu = _timed(Vectors(vectors, index), queries)
            right, exact_cpu = _timed(Vectors(vectors), queries)
    return {
        "system": f"{size:,} texts",
        "items": size,
        "build_cpu_seconds": seconds,
        "groups": index.inverted.nlist,
        "probes": index.inverted.nprobe,
        "recall": recall(found, right),
        "of exact": cpu / exact_cpu,
        "memory": nbytes / vectors.nbytes,
    }


def _unit(vectors: Floats) -> Floats:
    unit: Floats = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    return unit


def _timed(texts: Vectors, queries: Floats) -> tuple[Sequence[NDArray[np.int64]], float]:
    """What is found, and the CPU time of it."""
    texts.nearest(queries[0], COUNT)
    began = time.process_time()
    found = [texts.nearest(query, COUNT) for query in queries]
    return found, time.process_time() - began


def goals_of(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of the first size that a model has an index from, and of the largest."""
    goals = []
    for row in {row["items"]: row for row in rows if row["items"] in (vector_index.FROM, rows[-1]["items"])}.values():
        for name, target in TARGETS.items():
            met = row[name] >= target if name == "recall" else row[name] <= target
            goals.append({"name": f"{row['system']}: {name}", "value": row[name], "target": target, "met": met})
    return goals


def show(report: dict[str, Any]) -> None:
    print(f"{report['machine']['cpus']} CPUs, load {report['machine']['load_before']:.1f} when it began\n")
    names = [name for name in report["rows"][0] if name != "items"]
    print("".join(f"{name:>18}" for name in names))
    for row in report["rows"]:
        print("".join(f"{row[name] if isinstance(row[name], str) else f'{row[name]:,.3f}':>18}" for name in names))
    for goal in report["goals"]:
        print(f"{'met  ' if goal['met'] else 'short'} {goal['name']}: {goal['value']:.3f} (goal {goal['target']})")


if __name__ == "__main__":
    typer.run(main)
