"""The ranker: all candidates in, one score each out, read against each other. Numpy on the request path.

It knows columns of numbers, not what they mean; which they are the manifest names. Several networks of other chance
learned the same: the mean of their scores is better than any of them.

Shape suffixes: C candidates, F columns, H hidden units of all networks, M networks, J hidden units of a second layer.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.models.tensors import Tensors

Floats = NDArray[np.float32]
FARTHEST = 5.0  # standard deviations
CONSTANT = 1e-5  # a column that varies less in training says nothing, whatever it is in service


@dataclass(frozen=True, slots=True)
class Scaler:
    """Columns brought to like sizes: those of long tails by their logarithm, then to mean 0 and spread 1.

    A column that was the same for everybody in training becomes 0.
    """

    long_tailed_F: NDArray[np.bool_]
    unit_F: Floats
    mean_F: Floats
    spread_F: Floats

    @classmethod
    def fit(cls, rows_CF: Floats) -> "Scaler":
        """Learns each column's size from `rows_CF`, (C, F)."""
        mean_F = rows_CF.mean(axis=0)
        long_tailed_F = (rows_CF.min(axis=0) >= 0) & (np.median(rows_CF, axis=0) < 0.8 * mean_F)
        unit_F = (1 / (np.abs(mean_F) + 1e-9)).astype(np.float32)
        bent = np.where(long_tailed_F, np.log1p(rows_CF.clip(min=0) * unit_F), rows_CF)
        spread_F = bent.std(axis=0)
        spread_F = np.where(spread_F < CONSTANT, np.inf, spread_F).astype(np.float32)
        return cls(long_tailed_F, unit_F, bent.mean(axis=0).astype(np.float32), spread_F)

    def apply(self, values_CF: Floats) -> Floats:
        """The values, (C, F), brought to the sizes that were learned and cut where they are far off."""
        scaled = values_CF.copy()
        long = self.long_tailed_F
        scaled[:, long] = np.log1p(values_CF[:, long].clip(min=0) * self.unit_F[long])
        scaled -= self.mean_F
        scaled /= self.spread_F
        return np.clip(scaled, -FARTHEST, FARTHEST, out=scaled)


@dataclass(frozen=True, slots=True)
class Ranker:
    """Two layers over each candidate and, as context, the list's greatest and mean values; plus a straight line.

    The first layers of all networks stand side by side, so that one product asks them all.
    """

    scaler: Scaler
    candidate_FH: Floats
    context_2FH: Floats
    bias_H: Floats
    second_MHJ: Floats
    bias_MJ: Floats
    last_MJ: Floats
    line_F: Floats
    bias: Floats

    @property
    def columns(self) -> int:
        """F, how many columns it reads."""
        return len(self.line_F)

    @property
    def networks(self) -> int:
        """M, how many networks it is made of."""
        return len(self.second_MHJ)

    def score(self, features_CF: Floats) -> Floats:
        """How likely each candidate is what the shopper wants next: log-odds, (C,), of columns, (C, F)."""
        if not len(features_CF):
            return np.zeros(0, dtype=np.float32)
        x_CF = self.scaler.apply(features_CF)
        return self.score_scaled(x_CF, np.concatenate([x_CF.max(axis=0), x_CF.mean(axis=0)]))

    def score_scaled(self, x_CF: Floats, context_2F: Floats) -> Floats:
        """The same of scaled columns, of a part of a list whose greatest and mean values are `context_2F`."""
        context_H = context_2F @ self.context_2FH
        hidden_CH = _silu(x_CF @ self.candidate_FH + (context_H + self.bias_H))
        hidden_MCH = hidden_CH.reshape(len(x_CF), self.networks, -1).transpose(1, 0, 2)
        hidden_MCJ = _silu(hidden_MCH @ self.second_MHJ + self.bias_MJ[:, None])
        judged_C = (hidden_MCJ @ self.last_MJ[:, :, None])[..., 0].mean(axis=0)
        scores: Floats = judged_C + x_CF @ self.line_F + self.bias[0]
        return scores

    def tensors(self) -> Tensors:
        """Its arrays, from which `of` makes the same again; those of the scaler begin with "scaler."."""
        named: Tensors = {name: getattr(self, name) for name in self.__slots__ if name != "scaler"}
        return named | {f"scaler.{name}": getattr(self.scaler, name) for name in Scaler.__slots__}

    @classmethod
    def of(cls, tensors: Tensors) -> "Ranker":
        """The ranker that `tensors` gave; KeyError names an array that isn't there."""
        scaler = Scaler(*(tensors[f"scaler.{name}"] for name in Scaler.__slots__))
        return cls(scaler, *(tensors[name] for name in cls.__slots__ if name != "scaler"))

    @classmethod
    def joined(cls, rankers: "list[Ranker]") -> "Ranker":
        """One that gives the mean of their scores; they have one scale."""

        def side_by_side(name: str) -> Floats:
            return np.concatenate([getattr(one, name) for one in rankers], axis=-1)

        def stacked(name: str) -> Floats:
            return np.concatenate([getattr(one, name) for one in rankers])

        def mean(name: str) -> Floats:
            return np.asarray(np.mean([getattr(one, name) for one in rankers], axis=0), dtype=np.float32)

        return cls(
            scaler=rankers[0].scaler,
            candidate_FH=side_by_side("candidate_FH"),
            context_2FH=side_by_side("context_2FH"),
            bias_H=side_by_side("bias_H"),
            second_MHJ=stacked("second_MHJ"),
            bias_MJ=stacked("bias_MJ"),
            last_MJ=stacked("last_MJ"),
            line_F=mean("line_F"),
            bias=mean("bias"),
        )

    @classmethod
    def empty(cls, columns: int) -> "Ranker":
        """One that has learned nothing yet and scores everything alike."""
        flat, none = np.zeros(columns, dtype=np.float32), np.zeros(1, dtype=np.float32)
        scaler = Scaler(flat > 0, flat + 1, flat, flat + 1)
        wide = np.zeros((2 * columns, 1), dtype=np.float32)
        return cls(scaler, flat[:, None], wide, none, none[:, None, None], none[:, None], none[:, None], flat, none)


def _silu(x: Floats) -> Floats:
    with np.errstate(over="ignore"):  # far below 0 it is 0: x over infinity
        active: Floats = x / (1 + np.exp(-x))
    return active
