"""Gradient-boosted trees: they judge candidates one by one, beside the networks that read them against each other.

It knows scaled columns of numbers, not what they mean, nor how the trees were fitted.

Shape suffixes: Q queries, C candidates, F columns.
"""

import re
from dataclasses import dataclass
from functools import cached_property

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

from recommender.ranker.log import Floats


@dataclass(frozen=True)
class Trees:
    """`model` is LightGBM's own text; `unit` brings its scores to the size of the networks'."""

    model: str
    unit: float

    @cached_property
    def _booster(self) -> lgb.Booster:
        return lgb.Booster(model_str=self.model)

    @property
    def parameters(self) -> int:
        """A threshold for each split, a value for each leaf."""
        return sum(2 * int(leaves) - 1 for leaves in re.findall(r"^num_leaves=(\d+)$", self.model, re.MULTILINE))

    def scores(self, scaled_QCF: NDArray[np.floating]) -> Floats:
        """Of shape (Q, C)."""
        rows = scaled_QCF.reshape(-1, scaled_QCF.shape[-1]).astype(np.float32)
        found = np.asarray(self._booster.predict(rows, num_threads=1), dtype=np.float32)
        scores_QC: Floats = np.float32(self.unit) * found.reshape(scaled_QCF.shape[:2])
        return scores_QC
