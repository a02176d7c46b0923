"""How good a ranking is: recall, NDCG and hit rate at k, over all shoppers at once.

It knows which places of a ranking were right and how many right items there were; not what an item is.

Shape suffixes: U shoppers, K places of the ranking.
"""

import numpy as np
from numpy.typing import NDArray


def recall_at(hits_UK: NDArray[np.bool_], relevant_U: NDArray[np.int64], k: int) -> float:
    """The share of a shopper's right items that stand in the first k places; mean over shoppers who have any."""
    return _mean(hits_UK[:, :k].sum(axis=1) / np.maximum(relevant_U, 1), relevant_U)


def ndcg_at(hits_UK: NDArray[np.bool_], relevant_U: NDArray[np.int64], k: int) -> float:
    """The same with a place's worth falling by its logarithm, against the best ranking there could be."""
    worth_K = 1 / np.log2(np.arange(k) + 2)
    gained_U = (hits_UK[:, :k] * worth_K[: hits_UK.shape[1]]).sum(axis=1)
    best_U = np.concatenate([[0.0], np.cumsum(worth_K)])[np.minimum(relevant_U, k)]
    return _mean(gained_U / np.maximum(best_U, 1e-12), relevant_U)


def hit_rate_at(hits_UK: NDArray[np.bool_], relevant_U: NDArray[np.int64], k: int) -> float:
    """The share of shoppers with at least one right item in the first k places."""
    return _mean(hits_UK[:, :k].any(axis=1).astype(np.float64), relevant_U)


def all_metrics(hits_UK: NDArray[np.bool_], relevant_U: NDArray[np.int64]) -> dict[str, float]:
    """Each metric at 10 and 20, by its usual name."""
    measured = {}
    for k in (10, 20):
        measured[f"NDCG@{k}"] = ndcg_at(hits_UK, relevant_U, k)
        measured[f"Recall@{k}"] = recall_at(hits_UK, relevant_U, k)
        measured[f"HitRate@{k}"] = hit_rate_at(hits_UK, relevant_U, k)
    return {name: round(value, 6) for name, value in measured.items()}


def _mean(values_U: NDArray[np.float64] | np.float64, relevant_U: NDArray[np.int64]) -> float:
    counted = relevant_U > 0
    return float(np.asarray(values_U)[counted].mean()) if counted.any() else 0.0
