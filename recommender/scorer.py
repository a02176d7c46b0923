"""The ranker: all candidates of a shopper in, one score each out, read against each other. Numpy on the request path.

It knows columns of numbers, not what they mean; the bundle checks that it was trained on the columns it is given.
Anything with `score` can take its place.

Shape suffixes: C candidates, F columns, H hidden units, J hidden units of the second layer.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.tensors import Tensors

Floats = NDArray[np.float32]
FARTHEST = 5.0  # standard deviations


@dataclass(frozen=True, slots=True)
class Scaler:
    """Columns brought to like sizes: those of long tails by their logarithm, then to mean 0 and spread 1."""

    long_tailed_F: NDArray[np.bool_]
    unit_F: Floats
    mean_F: Floats
    spread_F: Floats

    @classmethod
    def fit(cls, rows_CF: Floats) -> "Scaler":
        mean_F = rows_CF.mean(axis=0)
        long_tailed_F = (rows_CF.min(axis=0) >= 0) & (np.median(rows_CF, axis=0) < 0.8 * mean_F)
        unit_F = (1 / (np.abs(mean_F) + 1e-9)).astype(np.float32)
        bent = np.where(long_tailed_F, np.log1p(rows_CF.clip(min=0) * unit_F), rows_CF)
        spread_F = (bent.std(axis=0) + 1e-6).astype(np.float32)
        return cls(long_tailed_F, unit_F, bent.mean(axis=0).astype(np.float32), spread_F)

    def apply(self, values_CF: Floats) -> Floats:
        scaled = values_CF.copy()
        long = self.long_tailed_F
        scaled[:, long] = np.log1p(values_CF[:, long].clip(min=0) * self.unit_F[long])
        scaled -= self.mean_F
        scaled /= self.spread_F
        return np.clip(scaled, -FARTHEST, FARTHEST, out=scaled)


@dataclass(frozen=True, slots=True)
class Ranker:
    """Two layers over each candidate and, as context, the list's greatest and mean values; plus a straight line."""

    scaler: Scaler
    candidate_FH: Floats
    context_2FH: Floats
    bias_H: Floats
    second_HJ: Floats
    bias_J: Floats
    last_J: Floats
    line_F: Floats
    bias: Floats

    def score(self, features_CF: Floats) -> Floats:
        """How likely each candidate is what the shopper wants next, as log-odds."""
        if not len(features_CF):
            return np.zeros(0, dtype=np.float32)
        x_CF = self.scaler.apply(features_CF)
        context_H = np.concatenate([x_CF.max(axis=0), x_CF.mean(axis=0)]) @ self.context_2FH
        hidden_CJ = _silu(_silu(x_CF @ self.candidate_FH + (context_H + self.bias_H)) @ self.second_HJ + self.bias_J)
        scores: Floats = hidden_CJ @ self.last_J + x_CF @ self.line_F + self.bias[0]
        return scores

    def tensors(self) -> Tensors:
        named: Tensors = {name: getattr(self, name) for name in self.__slots__ if name != "scaler"}
        return named | {f"scaler.{name}": getattr(self.scaler, name) for name in Scaler.__slots__}

    @classmethod
    def of(cls, tensors: Tensors) -> "Ranker":
        scaler = Scaler(*(tensors[f"scaler.{name}"] for name in Scaler.__slots__))
        return cls(scaler, *(tensors[name] for name in cls.__slots__ if name != "scaler"))

    @classmethod
    def empty(cls, columns: int) -> "Ranker":
        """One that has learned nothing yet and scores everything alike."""
        flat, none = np.zeros(columns, dtype=np.float32), np.zeros(1, dtype=np.float32)
        scaler = Scaler(flat > 0, flat + 1, flat, flat + 1)
        wide = np.zeros((2 * columns, 1), dtype=np.float32)
        return cls(scaler, flat[:, None], wide, none, none[:, None], none, none, flat, none)


def _silu(x: Floats) -> Floats:
    active: Floats = x / (1 + np.exp(-x))
    return active
