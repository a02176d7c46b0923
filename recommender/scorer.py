"""The ranker: features of a candidate in, one score out. A small network, read with numpy on the request path.

It knows columns of numbers, not what they mean; the bundle checks that it was trained on the columns it is given.
Anything with `score` can take its place.

Shape suffixes: C candidates, F features, H hidden units.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.tensors import Tensors


@dataclass(frozen=True, slots=True)
class Ranker:
    mean_F: NDArray[np.float32]
    scale_F: NDArray[np.float32]
    weight_FH: NDArray[np.float32]
    bias_H: NDArray[np.float32]
    weight_HH: NDArray[np.float32]
    bias2_H: NDArray[np.float32]
    weight_H: NDArray[np.float32]
    bias: NDArray[np.float32]

    def score(self, features_CF: NDArray[np.float32]) -> NDArray[np.float32]:
        """How likely each candidate is what the shopper wants next, as log-odds."""
        x_CF = np.clip((features_CF - self.mean_F) / self.scale_F, -8, 8)
        hidden_CH = np.maximum(x_CF @ self.weight_FH + self.bias_H, 0)
        hidden_CH = np.maximum(hidden_CH @ self.weight_HH + self.bias2_H, 0)
        scores: NDArray[np.float32] = hidden_CH @ self.weight_H + self.bias[0]
        return scores

    def tensors(self) -> Tensors:
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def of(cls, tensors: Tensors) -> "Ranker":
        return cls(**{name: tensors[name] for name in cls.__slots__})

    @classmethod
    def empty(cls, columns: int) -> "Ranker":
        """One that has learned nothing yet and scores everything alike."""
        sizes = ((columns,), (columns,), (columns, 1), (1,), (1, 1), (1,), (1,), (1,))
        return cls(
            *(
                np.ones(size, dtype=np.float32) if place == 1 else np.zeros(size, dtype=np.float32)
                for place, size in enumerate(sizes)
            )
        )
