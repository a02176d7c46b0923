"""Product photos as a model keeps them: vectors of few dimensions, and which one each item has.

It knows an image encoder's vectors and items by row. They are seen from the mean photo: what all photos of a shop have
in common (the white ground, the frame) tells no two of them apart.

Shape suffixes: N items, M distinct photos, E width of the encoder, I width kept, C candidates, K the shopper's
distinct items.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from recommender.models.tensors import Tensors
from recommender.utils.vectors import normalise, normalise_rows

WIDTH = 64
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Seen:
    """What an image encoder made of the photos of some items; -1 for an item without one."""

    encoder_id: str
    vectors_ME: Floats
    row_N: NDArray[np.int32]

    def __bool__(self) -> bool:
        return bool(len(self.vectors_ME))


@dataclass(frozen=True, slots=True)
class Photos:
    """Unit vectors, half the width in memory; a cosine of two says how like their photos are."""

    mean_E: Floats
    projection_EI: Floats
    vectors_MI: NDArray[np.float16]
    row_N: NDArray[np.int32]

    @classmethod
    def of(cls, seen: Seen) -> "Photos":
        """In the directions in which the photos differ most."""
        mean_E = seen.vectors_ME.mean(axis=0)
        apart_ME = seen.vectors_ME - mean_E
        _, directions_EE = np.linalg.eigh(apart_ME.T @ apart_ME)
        projection_EI = np.ascontiguousarray(directions_EE[:, ::-1][:, :WIDTH]).astype(np.float32)
        vectors_MI = _halved(apart_ME @ projection_EI)
        return cls(mean_E, projection_EI, vectors_MI, seen.row_N)

    def grown(self, fresh: NDArray[np.bool_], seen: Seen | None) -> "Photos":
        """With the fresh ones of some items more, of which `seen` are the photos."""
        row_N = np.full(int(fresh.sum()), -1, dtype=np.int32)
        if seen is None or not seen:
            return replace(self, row_N=np.concatenate([self.row_N, row_N]))
        if seen.vectors_ME.shape[1] != len(self.mean_E):
            raise ValueError(f"photos: width {seen.vectors_ME.shape[1]}, the model's have {len(self.mean_E)}")
        row_N = np.where(seen.row_N >= 0, seen.row_N + len(self.vectors_MI), -1).astype(np.int32)[fresh]
        vectors_MI = _halved((seen.vectors_ME - self.mean_E) @ self.projection_EI)
        return replace(
            self,
            vectors_MI=np.concatenate([self.vectors_MI, vectors_MI]),
            row_N=np.concatenate([self.row_N, row_N]),
        )

    def has(self, rows_C: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of these items, (C,), have a photo."""
        has_C: NDArray[np.bool_] = self.row_N[rows_C] >= 0
        return has_C

    def at(self, rows_C: NDArray[np.int64]) -> Floats:
        """The vectors of these items' photos, of shape (C, I); zeros without a photo."""
        places_C = self.row_N[rows_C]
        vectors_CI = self.vectors_MI[places_C].astype(np.float32)
        vectors_CI[places_C < 0] = 0
        return vectors_CI

    def like(self, row: int, rows_C: NDArray[np.int64], few: bool) -> Floats:
        """The cosine, (C,), of each of these items' photos with that of `row`; 0 where one of the two has none.

        `few` reads only the photos of these items; else those of all are read at once.
        """
        looks_I = self.at(np.array([row]))[0]
        if few:
            return np.asarray(self.at(rows_C) @ looks_I, dtype=np.float32)
        cosines_M = self.vectors_MI.astype(np.float32) @ looks_I
        return np.where(self.has(rows_C), cosines_M[self.row_N[rows_C]], 0).astype(np.float32)

    def mean(self, rows_K: NDArray[np.int64], weights_K: Floats) -> Floats:
        """The direction of these items' photos together; zeros where none has one."""
        heavy_K = np.flatnonzero(weights_K > 0)
        total_I: Floats = weights_K[heavy_K] @ self.at(rows_K[heavy_K])
        return np.asarray(normalise(total_I), dtype=np.float32)

    def tensors(self) -> Tensors:
        """Its arrays, from which `read` makes the same again."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def read(cls, tensors: Tensors) -> "Photos | None":
        """None from a model without photos."""
        return cls(*(tensors[name] for name in cls.__slots__)) if tensors else None


def _halved(vectors: NDArray[np.floating]) -> NDArray[np.float16]:
    """Of length 1, half the width in memory."""
    return normalise_rows(vectors).astype(np.float16)
