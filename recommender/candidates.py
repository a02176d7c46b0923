"""Where an answer's items come from: each source scores items, and its best become candidates.

It knows a bundle and a shopper in the model's terms. The ranker decides among what is found here.

Shape suffixes: N items, M distinct texts, T text width, C candidates, K the shopper's distinct items.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.artifacts import ModelBundle
from recommender.shoppers import Shopper

LIMITS = {"sequence": 120, "recent": 100, "lasting": 150, "text": 60, "popular": 100, "new": 20}
REPEATS = 400  # own items, at most
LEADERS = 60  # the shopper's items that transitions start from
_POPULAR_WINDOW = 1  # 30 days


@dataclass(frozen=True, slots=True)
class Candidates:
    """Rows worth ranking, and what each source made of every item (the arrays the features are read from)."""

    rows_C: NDArray[np.int64]
    found: dict[str, NDArray[np.int64]]  # source -> the rows it brought, best first
    sequence_N: NDArray[np.float32]
    recent_N: NDArray[np.float32]
    lasting_N: NDArray[np.float32]
    text_M: NDArray[np.float32]


def retrieve(
    bundle: ModelBundle, shopper: Shopper, vector: NDArray[np.float32] | None, allowed_N: NDArray[np.bool_]
) -> Candidates:
    """The best of each source among the allowed rows; own items first."""
    sequence_N = _sequence_scores(bundle, shopper, vector)
    recent_N = transition_scores(bundle, shopper.rows_K, shopper.recent_weights())
    lasting_N = transition_scores(bundle, shopper.rows_K, shopper.lasting_weights())
    text_M = text_scores(bundle, shopper)
    found = {"repeat": _own(shopper, allowed_N)}
    if len(shopper):
        found["sequence"] = _best(sequence_N, allowed_N, LIMITS["sequence"])
        found["recent"] = _best_sparse(recent_N, allowed_N, LIMITS["recent"])
        found["lasting"] = _best_sparse(lasting_N, allowed_N, LIMITS["lasting"])
        found["text"] = _best(text_M[bundle.text_row_N], allowed_N, LIMITS["text"])
        newcomers_N = bundle.borrowed_N & allowed_N
        found["new"] = _best(text_M[bundle.text_row_N], newcomers_N, LIMITS["new"]) if newcomers_N.any() else _NONE
    found["popular"] = _best(popularity(bundle), allowed_N & ~bundle.borrowed_N, LIMITS["popular"])
    rows_C = np.unique(np.concatenate(list(found.values())))
    return Candidates(rows_C, found, sequence_N, recent_N, lasting_N, text_M)


_NONE = np.empty(0, dtype=np.int64)


def popularity(bundle: ModelBundle) -> NDArray[np.float32]:
    """What sells now; where the last 30 days hold little, what sold before decides."""
    counts_NW = bundle.statistics.popularity_NW
    sold_N: NDArray[np.float32] = counts_NW[:, _POPULAR_WINDOW] + 1e-2 * counts_NW[:, -1]
    return sold_N + np.float32(1e-4) * bundle.statistics.total_N


def transition_scores(
    bundle: ModelBundle, rows_K: NDArray[np.int64], weights_K: NDArray[np.float32]
) -> NDArray[np.float32]:
    """How much leads from these items to each other, the weights made to sum to 1."""
    stats = bundle.statistics
    leaders = np.argsort(-weights_K, kind="stable")[:LEADERS]
    leaders = leaders[weights_K[leaders] > 0]
    if not len(leaders):
        return np.zeros(len(bundle.catalogue), dtype=np.float32)
    starts, ends = stats.indptr[rows_K[leaders]], stats.indptr[rows_K[leaders] + 1]
    lengths = ends - starts
    entries = np.repeat(starts - np.concatenate([[0], np.cumsum(lengths)[:-1]]), lengths) + np.arange(lengths.sum())
    share = weights_K[leaders] / weights_K[leaders].sum()
    mass = stats.weights[entries] * np.repeat(share, lengths)
    return np.bincount(stats.indices[entries], mass, minlength=len(bundle.catalogue)).astype(np.float32)


def text_scores(bundle: ModelBundle, shopper: Shopper) -> NDArray[np.float32]:
    """Cosine of each text with the mean text of what the shopper came for lately."""
    weights_K = shopper.recent_weights() + 0.3 * shopper.lasting_weights()
    if not (weights_K > 0).any():
        return np.zeros(len(bundle.text_MT), dtype=np.float32)
    mean_T = weights_K @ bundle.text_MT[bundle.text_row_N[shopper.rows_K]]
    scores: NDArray[np.float32] = bundle.text_MT @ (mean_T / max(float(np.linalg.norm(mean_T)), 1e-9))
    return scores


def _sequence_scores(bundle: ModelBundle, shopper: Shopper, vector: NDArray[np.float32] | None) -> NDArray[np.float32]:
    if vector is None or not len(shopper):
        return np.zeros(len(bundle.catalogue), dtype=np.float32)
    scores: NDArray[np.float32] = bundle.item_ND @ vector
    return scores


def _own(shopper: Shopper, allowed_N: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The shopper's own items, those they come back to most first; not what they look at right now."""
    mine_K = np.ones(len(shopper.rows_K), dtype=bool)
    mine_K[shopper.place_L[shopper.context_L]] = False
    order = np.argsort(-shopper.frequency_KH[:, 1], kind="stable")
    order = order[(mine_K & (shopper.frequency_KH[:, 1] > 0))[order]]
    rows = shopper.rows_K[order]
    return rows[allowed_N[rows]][:REPEATS]


def _best(scores_N: NDArray[np.float32], allowed_N: NDArray[np.bool_], count: int) -> NDArray[np.int64]:
    masked = np.where(allowed_N, scores_N, -np.inf)
    top = np.argpartition(-masked, count)[:count] if len(masked) > count else np.arange(len(masked))
    top = top[allowed_N[top]]
    return top[np.lexsort((top, -scores_N[top]))]


def _best_sparse(scores_N: NDArray[np.float32], allowed_N: NDArray[np.bool_], count: int) -> NDArray[np.int64]:
    """The same among the few rows that score at all."""
    rows = np.flatnonzero(scores_N)
    rows = rows[allowed_N[rows]]
    return rows[np.lexsort((rows, -scores_N[rows]))][:count]
