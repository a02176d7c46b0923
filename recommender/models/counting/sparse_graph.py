"""Item-to-item graphs as they are asked: which entries lead from some rows, and how much arrives where.

It knows sparse rows, not what they stand for; `item_statistics` fits them.

Shape suffixes: N items (rows), E entries, K distinct items that are asked, C candidates.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from recommender.models.tensors import Tensors


@dataclass(frozen=True, slots=True)
class Graph:
    """Compressed rows: row n's entries are `indptr[n]:indptr[n + 1]`, the heaviest first."""

    indptr: NDArray[np.int64]
    indices_E: NDArray[np.int32]
    weights_E: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.indptr) - 1

    def links_from(self, rows_K: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Where the entries of these rows stand, and which of the rows each belongs to."""
        starts = self.indptr[rows_K]
        lengths = self.indptr[rows_K + 1] - starts
        owners = np.repeat(np.arange(len(rows_K)), lengths)
        skipped = np.cumsum(lengths) - lengths
        return np.arange(len(owners)) + np.repeat(starts - skipped, lengths), owners

    def grown(self, count: int) -> "Graph":
        """With `count` rows more that have no entries."""
        more = np.full(count, self.indptr[-1], dtype=self.indptr.dtype)
        return Graph(np.concatenate([self.indptr, more]), self.indices_E, self.weights_E)

    def tensors(self) -> Tensors:
        """Its three arrays by their names."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def read(cls, tensors: Tensors, prefix: str) -> "Graph":
        """The graph whose arrays stand under this prefix; KeyError names one that isn't there."""
        return cls(*(tensors[prefix + name] for name in cls.__slots__))

    @classmethod
    def of(cls, matrix: sp.csr_matrix) -> "Graph":
        """The rows of a matrix; whoever needs the heaviest entries first brings them in that order, as `prune` does."""
        return cls(matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32), matrix.data.astype(np.float32))


@dataclass(frozen=True, slots=True)
class Links:
    """The part of a graph that starts from some rows, and what flows along it when these rows weigh something."""

    owners_E: NDArray[np.int64]  # which of the rows
    targets_E: NDArray[np.int32]
    weights_E: NDArray[np.float32]

    @classmethod
    def of(cls, graph: Graph, rows_K: NDArray[np.int64]) -> "Links":
        """The links that lead from these rows, (K,)."""
        entries, owners = graph.links_from(rows_K)
        return cls(owners, graph.indices_E[entries], graph.weights_E[entries])

    def carrying(self, weights_K: NDArray[np.float32]) -> "Flow":
        """What arrives along the links where their rows weigh `weights_K`, (K,)."""
        return Flow(self.targets_E, self.weights_E * weights_K[self.owners_E])


@dataclass(frozen=True, slots=True)
class Flow:
    """How much arrives where."""

    targets_E: NDArray[np.int32]
    mass_E: NDArray[np.float32]

    def everywhere(self, rows: int) -> NDArray[np.float64]:
        """The sums of what arrives at each of `rows` rows, float64 of shape (rows,)."""
        return np.asarray(np.bincount(self.targets_E, self.mass_E, minlength=rows), dtype=np.float64)


def arriving(flows: Sequence[Flow], rows_C: NDArray[np.int64], rows: int) -> list[NDArray[np.float64]]:
    """What each flow brings to these of all rows, of shape (C,) each."""
    slot_N = np.full(rows, -1, dtype=np.int32)
    slot_N[rows_C] = np.arange(len(rows_C))
    known: dict[int, tuple[NDArray[np.int64], NDArray[np.int32]]] = {}  # flows of the same links hit the same slots
    found: list[NDArray[np.float64]] = []
    for flow in flows:
        if id(flow.targets_E) not in known:
            slots_E = slot_N[flow.targets_E]
            hits = np.flatnonzero(slots_E >= 0)
            known[id(flow.targets_E)] = hits, slots_E[hits]
        hits, slots = known[id(flow.targets_E)]
        arrived_C = np.bincount(slots, flow.mass_E[hits], minlength=len(rows_C))
        found.append(np.asarray(arrived_C, dtype=np.float64))
    return found


def without_diagonal(graph: sp.csr_matrix) -> sp.csr_matrix:
    """The same without entries from a row to itself; many times faster than setting them to 0."""
    rows = np.repeat(np.arange(graph.shape[0], dtype=graph.indices.dtype), np.diff(graph.indptr))
    away = (rows != graph.indices) & (graph.data != 0)
    kept = np.concatenate([[0], np.cumsum(away)])[graph.indptr]
    return sp.csr_matrix((graph.data[away], graph.indices[away], kept), shape=graph.shape)


def prune(graph: sp.csr_matrix, keep: int) -> sp.csr_matrix:
    """The `keep` heaviest entries of each row, heaviest first, equal ones by column; no weight is negative.

    Row, weight and column go into one number each, which sorts many times faster than their places would; a weight
    keeps as many of its bits as there is room for.
    """
    graph = graph.tocsr()
    rows, columns = (max(int(size - 1).bit_length(), 1) for size in graph.shape)
    room = min(31, 64 - rows - columns)
    weight = graph.data.astype(np.float32).view(np.uint32) >> np.uint32(31 - room)  # floats >= 0 sort as their bits do
    lightness = (np.uint64(2**room - 1) - weight.astype(np.uint64)) << np.uint64(columns)
    row = np.repeat(np.arange(graph.shape[0], dtype=np.uint64), np.diff(graph.indptr))
    keys = np.sort((row << np.uint64(room + columns)) | lightness | graph.indices.astype(np.uint64))
    lengths = np.diff(graph.indptr)
    kept = keys[np.arange(len(keys)) - np.repeat(graph.indptr[:-1], lengths) < keep]
    indices = (kept & np.uint64(2**columns - 1)).astype(np.int32)
    bits = np.uint64(2**room - 1) - ((kept >> np.uint64(columns)) & np.uint64(2**room - 1))
    data = (bits.astype(np.uint32) << np.uint32(31 - room)).view(np.float32)
    indptr = np.concatenate([[0], np.cumsum(np.minimum(lengths, keep))])
    return sp.csr_matrix((data, indices, indptr), shape=graph.shape)
