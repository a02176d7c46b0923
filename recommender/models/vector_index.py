"""Nearest vectors among very many: faiss's inverted file of float16, mapped from disk, shared by processes.

Vectors of length 1 are grouped around centres; a search looks at the groups whose centres are nearest, as many as
reached the wanted recall when the index was built. It knows rows and vectors, nothing of items. faiss is imported
where an index is built or opened, so that a process without one doesn't hold it.

Shape suffixes: N items (vectors), D width, Q queries, C candidates (rows that are asked for).
"""

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from recommender.utils.vectors import normalise_rows

if TYPE_CHECKING:
    import faiss

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
FROM = 50_000  # vectors: to compare all costs eleven searches and an eighth of an answer; fewer are compared exactly
GROUPS_A_ROOT = 4  # groups for each root of the number of vectors, as faiss's guidelines say
SAMPLE_A_GROUP = 64  # vectors that a centre is learned from
TRIED = 400  # queries whose neighbours decide how many groups a search looks at
NEIGHBOURS = 100
RECALL = 0.99  # of these neighbours, wanted when the index is built


@dataclass(frozen=True)
class VectorIndex:
    """Safe to search from several threads: each search works in the thread that asks, and changes nothing."""

    inverted: "faiss.IndexIVF"
    source: Path | None = None  # the file that it is mapped from

    def __len__(self) -> int:
        return int(self.inverted.ntotal)

    @property
    def shape(self) -> tuple[int, int]:
        """(N, D)"""
        return len(self), int(self.inverted.d)

    @classmethod
    def open(cls, path: Path, mapped: bool = True) -> "VectorIndex":
        """Reads the centres alone where it is mapped, else all; ValueError for a file that holds no such index."""
        import faiss

        flags = faiss.IO_FLAG_MMAP | faiss.IO_FLAG_READ_ONLY if mapped else 0
        try:
            index = faiss.read_index(str(path), flags)
        except RuntimeError as error:
            raise ValueError(f"{path.name} holds no index: {str(error).partition(chr(10))[0]}") from error
        if not isinstance(index, faiss.IndexIVFScalarQuantizer):
            raise ValueError(f"{path.name} holds a {type(index).__name__}")
        if mapped:
            faiss.downcast_InvertedLists(index.invlists).prefetch_nthread = 0  # else 32 threads are started a search
        return cls(index, path if mapped else None)

    def save(self, path: Path) -> None:
        """One that is mapped is copied: faiss would write where its vectors lie, and not the vectors."""
        import faiss

        if self.source is not None:
            shutil.copyfile(self.source, path)
        else:
            faiss.write_index(self.inverted, str(path))

    def search(self, query_D: Floats, count: int, allowed_N: NDArray[np.bool_] | None = None) -> Ints | None:
        """The rows of the `count` vectors with the greatest inner product among the allowed ones, the best first.

        Where more are asked for than the index was tried with, or few are allowed, they lie further apart, and as many
        times more groups are looked at. None where that would be all groups or finds too few: then the allowed ones
        are better compared one by one.
        """
        import faiss

        probes, selector = self.inverted.nprobe * max(count, NEIGHBOURS) // NEIGHBOURS, None
        if allowed_N is not None:
            probes = probes * len(self) // max(int(np.count_nonzero(allowed_N)), 1)
            selector = faiss.IDSelectorBitmap(np.packbits(allowed_N, bitorder="little"))
        if probes >= self.inverted.nlist:
            return None
        parameters = faiss.SearchParametersIVF(nprobe=probes, sel=selector)
        _, (rows,) = self.inverted.search(query_D[None, :], count, params=parameters)
        return np.asarray(rows, dtype=np.int64) if rows[-1] >= 0 else None


@dataclass(frozen=True)
class Vectors:
    """Vectors of length 1, and the index of the first of them where they are many.

    Without an index every answer is exact. With one, vectors that came after it was built are looked at one by one.
    """

    vectors_ND: Floats
    index: VectorIndex | None = None

    def cosines(self, query_D: Floats, rows_C: NDArray[np.integer]) -> Floats:
        """Of these rows, exactly; all others are left alone where there is an index."""
        if self.index is None:
            return np.asarray((self.vectors_ND @ query_D)[rows_C], dtype=np.float32)
        return np.asarray(self.vectors_ND[rows_C] @ query_D, dtype=np.float32)

    def nearest(self, query_D: Floats, count: int, allowed_N: NDArray[np.bool_] | None = None) -> Ints:
        """The rows of the `count` greatest cosines among the allowed ones, the best first, equal ones by row.

        The index finds a few more, of which the cosines are taken anew, in float32; where it finds too few, all
        allowed ones are compared.
        """
        rows = self._found(query_D, count + count // 4 + 1, allowed_N)
        if rows is None:
            rows = np.arange(len(self.vectors_ND)) if allowed_N is None else np.flatnonzero(allowed_N)
        cosines_C = self.cosines(query_D, rows)
        if len(rows) > count:
            best = np.argpartition(-cosines_C, count)[:count]
            rows, cosines_C = rows[best], cosines_C[best]
        return rows[np.lexsort((rows, -cosines_C))]

    def _found(self, query_D: Floats, count: int, allowed_N: NDArray[np.bool_] | None) -> Ints | None:
        if self.index is None:
            return None
        known = len(self.index)
        later = np.arange(known, len(self.vectors_ND))
        if allowed_N is not None:
            later, allowed_N = later[allowed_N[later]], allowed_N[:known]
        found = self.index.search(query_D, count, allowed_N)
        return None if found is None else np.concatenate([found, later])

    def highest(self, queries_QD: Floats) -> Floats:
        """The greatest cosine of each query, of shape (Q,)."""
        if self.index is None:
            return np.asarray((queries_QD @ self.vectors_ND.T).max(axis=1), dtype=np.float32)
        best = [self.cosines(query_D, self.nearest(query_D, 1))[0] for query_D in queries_QD]
        return np.array(best, dtype=np.float32)


def build_index(vectors_ND: Floats, seed: int = 0) -> VectorIndex | None:
    """The index of these vectors, (N, D), each of length 1; None where there are fewer than `FROM`."""
    if len(vectors_ND) < FROM:
        return None
    import faiss

    random, (count, width) = np.random.default_rng(seed), vectors_ND.shape
    groups = round(GROUPS_A_ROOT * count**0.5)
    inverted = faiss.index_factory(width, f"IVF{groups},SQfp16", faiss.METRIC_INNER_PRODUCT)
    inverted.cp.seed = seed
    sample = np.sort(random.choice(count, min(count, groups * SAMPLE_A_GROUP), replace=False))
    inverted.train(vectors_ND[sample])
    inverted.add(vectors_ND)
    inverted.nprobe = _probes_needed(inverted, vectors_ND, random)
    return VectorIndex(inverted)


def _probes_needed(inverted: "faiss.IndexIVF", vectors_ND: Floats, random: np.random.Generator) -> int:
    """The fewest groups that find the wanted share of the neighbours of some vectors, and of means of two of them."""
    queries_QD = vectors_ND[random.choice(len(vectors_ND), TRIED)]
    queries_QD[::2] += queries_QD[1::2]
    normalise_rows(queries_QD, out=queries_QD)
    right, probes = exact_search(vectors_ND, queries_QD, NEIGHBOURS), 1
    while probes < inverted.nlist:
        inverted.nprobe = probes
        if recall(inverted.search(queries_QD, NEIGHBOURS)[1], right) >= RECALL:
            break
        probes = min(inverted.nlist, probes + max(1, probes // 4))
    return probes


def exact_search(vectors_ND: Floats, queries_QD: Floats, count: int) -> Ints:
    """The rows that an index should find, of shape (Q, count), the best first."""
    import faiss

    _, rows = faiss.knn(queries_QD, vectors_ND, count, metric=faiss.METRIC_INNER_PRODUCT)
    return np.asarray(rows, dtype=np.int64)


def recall(found: Iterable[Ints], right: Iterable[Ints]) -> float:
    """The mean share of each query's right rows that were found."""
    return float(np.mean([np.isin(wanted, rows).mean() for rows, wanted in zip(found, right, strict=True)]))
