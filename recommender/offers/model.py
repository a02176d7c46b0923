"""The offers' model: two logistic regressions, one of a coupon's being redeemed, one of any coupon of a campaign's.

It knows columns as numbers. Its weights are few enough to stand in its manifest, which says where they come from.
"""

from collections.abc import Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

PENALTY = 10.0  # of the squared weights of standardised columns
TOLERANCE = 1e-8  # of the loss's slope where the fit ends
Floats = NDArray[np.float32]


class Regression(BaseModel, frozen=True):
    """Weights of standardised columns; `weights`, `means` and `scales` are in the order of `columns`."""

    columns: tuple[str, ...]
    means: tuple[float, ...]
    scales: tuple[float, ...]
    weights: tuple[float, ...]
    bias: float

    def probability(self, rows: Floats) -> Floats:
        """Between 0 and 1, a row each."""
        return _sigmoid(self.contributions(rows).sum(axis=1) + self.bias)

    def contributions(self, rows: Floats) -> NDArray[np.float64]:
        """What each column adds to a row's log-odds, against an average row."""
        standard = (rows - np.array(self.means)) / np.array(self.scales)
        added: NDArray[np.float64] = standard * np.array(self.weights)
        return added


class OfferModel(BaseModel, frozen=True):
    """What was learned, from which campaigns, and how well it told redemptions on later ones."""

    model_version: str
    created_at: datetime
    until: datetime  # nothing of this moment or later was seen
    code_version: str
    kinds: tuple[str, ...]
    coupon: Regression
    shopper: Regression
    trained_on: tuple[str, ...]  # campaigns
    tested_on: tuple[str, ...]
    metrics: dict[str, float] = {}
    baselines: dict[str, dict[str, float]] = {}


def _sigmoid(odds: NDArray[np.float64]) -> Floats:
    return (1 / (1 + np.exp(-np.clip(odds, -30, 30)))).astype(np.float32)


def fit(columns: Sequence[str], rows: Floats, redeemed: NDArray[np.bool_], counts: Floats | None = None) -> Regression:
    """The weights that tell redeemed rows from others, by penalised logistic regression.

    Args:
        columns: names, in the order of the columns of `rows`.
        rows: (Q, F), as they are; they are standardised here.
        redeemed: (Q,).
        counts: (Q,), how many rows each stands for; 1 without it.

    Raises:
        ValueError: all rows are redeemed, or none is.
    """
    if not redeemed.any() or redeemed.all():
        raise ValueError("redemptions: the campaigns need some rows that were redeemed and some that were not")
    from sklearn.linear_model import LogisticRegression  # a service that only asks the model loads none of it
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(rows.astype(np.float64), sample_weight=counts)
    fitted = LogisticRegression(C=1 / PENALTY, solver="newton-cholesky", tol=TOLERANCE)
    fitted.fit(scaler.transform(rows.astype(np.float64)), redeemed, sample_weight=counts)
    return Regression(
        columns=tuple(columns),
        means=tuple(scaler.mean_.tolist()),
        scales=tuple(scaler.scale_.tolist()),
        weights=tuple(fitted.coef_[0].tolist()),
        bias=float(fitted.intercept_[0]),
    )


def auc(redeemed: NDArray[np.bool_], scores: NDArray[np.floating]) -> float:
    """How often one who redeemed stands above one who did not; equal scores count half."""
    _, place, count = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(count) - (count - 1) / 2)[place]
    yes = int(redeemed.sum())
    no = len(redeemed) - yes
    if not yes or not no:
        return float("nan")
    return float((ranks[redeemed].sum() - yes * (yes + 1) / 2) / (yes * no))


def lift(redeemed: NDArray[np.bool_], scores: NDArray[np.floating], share: float = 0.1) -> float:
    """How many times more often the best-scored share redeemed than all did; equal scores share their places."""
    size = max(1, round(len(scores) * share))
    edge = np.sort(scores)[::-1][size - 1]
    above, level = scores > edge, scores == edge
    hits = redeemed[above].sum() + (size - above.sum()) * redeemed[level].mean()
    return float(hits / size / redeemed.mean()) if redeemed.any() else float("nan")
