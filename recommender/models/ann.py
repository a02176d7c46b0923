"""Nearest vectors among very many, in milliseconds: half the memory of float32, mapped from disk, shared by processes.

Vectors of length 1 are grouped around centres and kept in that order as float16. A search looks at the groups whose
centres are nearest, as many as reached the wanted recall when the index was made. Below a few thousand vectors it looks
at all of them. It knows rows and vectors, nothing of items.

Shape suffixes: N items (vectors), D width, G groups.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numkong
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Vectors = NDArray[np.float32] | NDArray[np.float16]
BLOCK = 50_000  # vectors in hand at once while the index is made
SAMPLE_A_GROUP = 40  # vectors that a centre is learned from
ROUNDS = 6  # of k-means
ALL_BELOW = 5_000  # vectors; fewer are all looked at
TRIED = 64  # vectors whose neighbours decide how many groups a search looks at
NEIGHBOURS = 100
RECALL = 0.99  # of the neighbours, wanted when the index is made
MANIFEST, VECTORS, CENTRES, STARTS, ROWS = "index.json", "vectors.f16", "centres.npy", "starts.npy", "rows.npy"


@dataclass(frozen=True, slots=True)
class VectorIndex:
    """Opened by mapping its files; safe to search from several threads."""

    vectors_ND: NDArray[np.float16]  # group by group
    rows_N: NDArray[np.int32]  # which row each of them was
    centres_GD: NDArray[np.float16]
    starts: NDArray[np.int64]  # of each group, and the end
    probes: int

    @property
    def nbytes(self) -> int:
        return int(self.vectors_ND.nbytes + self.rows_N.nbytes + self.centres_GD.nbytes + self.starts.nbytes)

    @classmethod
    def open(cls, folder: Path) -> "VectorIndex":
        """Reads nothing but the centres until it is searched."""
        manifest = json.loads((folder / MANIFEST).read_text())
        shape = (manifest["count"], manifest["width"])
        return cls(
            np.memmap(folder / VECTORS, np.float16, "r", shape=shape).view(np.ndarray),
            np.load(folder / ROWS, mmap_mode="r").view(np.ndarray),
            np.load(folder / CENTRES),
            np.load(folder / STARTS),
            manifest["probes"],
        )

    def search(self, query_D: Floats, count: int, probes: int | None = None) -> tuple[NDArray[np.int64], Floats]:
        """The rows of the `count` vectors with the greatest inner product, the best first, and those products."""
        query = np.ascontiguousarray(query_D, dtype=np.float16)[None, :]
        probes = min(probes or self.probes, len(self.centres_GD))
        groups = _best(_products(query, self.centres_GD), probes)
        scores = np.concatenate([self._scores(query, group) for group in groups])
        places = np.concatenate([np.arange(self.starts[group], self.starts[group + 1]) for group in groups])
        best = _best(scores, count)
        rows = self.rows_N[places[best]].astype(np.int64)
        order = np.lexsort((rows, -scores[best]))
        return rows[order], scores[best][order]

    def _scores(self, query: NDArray[np.float16], group: int) -> Floats:
        return _products(query, self.vectors_ND[self.starts[group] : self.starts[group + 1]])


def build_index(vectors_ND: Vectors, folder: Path, seed: int = 0) -> VectorIndex:
    """Makes the index of these vectors (each of length 1; a mapped array may be larger than memory) in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    count, width = vectors_ND.shape
    random = np.random.default_rng(seed)
    centres_GD = _centres(vectors_ND, max(1, round(np.sqrt(count))) if count >= ALL_BELOW else 1, random)
    group_N = np.concatenate([_nearest(block, centres_GD) for _, block in _blocks(vectors_ND)])
    order = np.argsort(group_N, kind="stable").astype(np.int32)
    starts = np.searchsorted(group_N[order], np.arange(len(centres_GD) + 1)).astype(np.int64)
    _write_in_order(vectors_ND, order, folder / VECTORS)
    np.save(folder / ROWS, order)
    np.save(folder / CENTRES, centres_GD.astype(np.float16))
    np.save(folder / STARTS, starts)
    manifest = {"count": count, "width": width, "probes": len(centres_GD)}
    (folder / MANIFEST).write_text(json.dumps(manifest))
    probes = _probes_needed(VectorIndex.open(folder), vectors_ND, random)
    (folder / MANIFEST).write_text(json.dumps(manifest | {"probes": probes}))
    return VectorIndex.open(folder)


def exact_search(vectors_ND: Vectors, queries_QD: Floats, count: int) -> NDArray[np.int64]:
    """The rows that an index should find, of shape (Q, count), in no order: every vector is looked at, in float32."""
    best = np.zeros((len(queries_QD), 0), dtype=np.int64)
    scores = np.zeros((len(queries_QD), 0), dtype=np.float32)
    for start, block in _blocks(vectors_ND):
        scores = np.concatenate([scores, queries_QD @ block.T], axis=1)
        rows = np.broadcast_to(np.arange(start, start + len(block)), (len(queries_QD), len(block)))
        best = np.concatenate([best, rows], axis=1)
        kept = np.argpartition(-scores, min(count, scores.shape[1]) - 1, axis=1)[:, :count]
        best, scores = np.take_along_axis(best, kept, axis=1), np.take_along_axis(scores, kept, axis=1)
    return best


def _blocks(vectors_ND: Vectors) -> Iterator[tuple[int, Floats]]:
    for start in range(0, len(vectors_ND), BLOCK):
        yield start, np.asarray(vectors_ND[start : start + BLOCK], dtype=np.float32)


def _centres(vectors_ND: Vectors, groups: int, random: np.random.Generator) -> Floats:
    """k-means by direction, on a sample."""
    sample = np.sort(random.choice(len(vectors_ND), min(len(vectors_ND), groups * SAMPLE_A_GROUP), replace=False))
    points = np.asarray(vectors_ND[sample], dtype=np.float32)
    centres = points[random.choice(len(points), groups, replace=False)]
    for _ in range(ROUNDS):
        nearest = _nearest(points, centres)
        order = np.argsort(nearest, kind="stable")
        filled, firsts = np.unique(nearest[order], return_index=True)
        sums = np.add.reduceat(points[order], firsts, axis=0)
        centres = centres.copy()  # a group that lost all its points keeps its centre
        centres[filled] = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9)
    return centres


def _nearest(points: Floats, centres: Floats) -> NDArray[np.int64]:
    parts = [(points[start : start + 5_000] @ centres.T).argmax(axis=1) for start in range(0, len(points), 5_000)]
    return np.concatenate(parts)


def _write_in_order(vectors_ND: Vectors, order: NDArray[np.int32], path: Path) -> None:
    place_N = np.empty(len(order), dtype=np.int64)
    place_N[order] = np.arange(len(order))
    written = np.memmap(path, np.float16, "w+", shape=vectors_ND.shape)
    for start, block in _blocks(vectors_ND):
        written[place_N[start : start + len(block)]] = block.astype(np.float16)
    written.flush()


def _probes_needed(index: VectorIndex, vectors_ND: Vectors, random: np.random.Generator) -> int:
    """The fewest groups that find the wanted share of the neighbours of some of the vectors."""
    groups = len(index.centres_GD)
    tried = np.sort(random.choice(len(vectors_ND), min(TRIED, len(vectors_ND)), replace=False))
    queries = np.asarray(vectors_ND[tried], dtype=np.float32)
    right = exact_search(vectors_ND, queries, NEIGHBOURS)
    probes = 1
    while probes < groups and recall(index, queries, right, probes) < RECALL:
        probes = min(groups, probes + max(1, probes // 4))
    return probes


def recall(index: VectorIndex, queries_QD: Floats, right: NDArray[np.int64], probes: int | None = None) -> float:
    """The share of the right rows that searches find."""
    count = right.shape[1]
    searches = (index.search(query, count, probes)[0] for query in queries_QD)
    found = [len(np.intersect1d(rows, wanted)) for rows, wanted in zip(searches, right, strict=True)]
    return float(np.mean(found) / count)


def _products(query: NDArray[np.float16], vectors: NDArray[np.float16]) -> Floats:
    if not len(vectors):
        return np.zeros(0, dtype=np.float32)
    products: Floats = np.asarray(numkong.cdist(query, vectors, "dot"), dtype=np.float32)[0]
    return products


def _best(scores: Floats, count: int) -> NDArray[np.int64]:
    if count >= len(scores):
        return np.arange(len(scores))
    return np.argpartition(-scores, count)[:count]
