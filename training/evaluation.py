"""Measuring a model beside popularity and personal frequency, on what shoppers did after the moment it had seen.

It knows a bundle and a window of held-out behaviour. The ranking measured is the one the service gives.

Shape suffixes: U shoppers, K places, N items.
"""

import numpy as np
from numpy.typing import NDArray

from recommender.artifacts import ModelBundle
from recommender.candidates import popularity
from recommender.metrics import all_metrics
from recommender.profiles import profile_vectors
from recommender.ranking import rank
from recommender.shoppers import Shopper
from training.dataset import Window

PLACES = 20
NEW = "new to the shopper"


def evaluate(
    bundle: ModelBundle, shoppers: list[Shopper], test: Window, pool_N: NDArray[np.bool_] | None = None
) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
    """The model's metrics, and those of each baseline; keys ending in " new" count only items new to the shopper."""
    pool = np.ones(len(bundle.catalogue), dtype=bool) if pool_N is None else pool_N
    systems = {"model": _model, "popularity": _popular, "personal frequency": _frequent}
    measured = {
        name: _measure(system(bundle, shoppers, pool, False), shoppers, test, pool, False)
        for name, system in systems.items()
    }
    for name, system in systems.items():
        if name != "personal frequency":  # which knows nothing new
            found = _measure(system(bundle, shoppers, pool, True), shoppers, test, pool, True)
            measured[name] |= {f"{metric} new": value for metric, value in found.items()}
    return measured.pop("model"), measured


def _measure(
    rankings: list[NDArray[np.int64]], shoppers: list[Shopper], test: Window, pool_N: NDArray[np.bool_], new: bool
) -> dict[str, float]:
    hits_UK = np.zeros((len(rankings), PLACES), dtype=bool)
    relevant_U = np.zeros(len(rankings), dtype=np.int64)
    for place, (ranking, shopper, wanted) in enumerate(zip(rankings, shoppers, test.wanted, strict=True)):
        counted = wanted[pool_N[wanted]]
        if new:
            counted = np.setdiff1d(counted, shopper.rows_K)
        relevant_U[place] = len(counted)
        hits_UK[place, : len(ranking)] = np.isin(ranking, counted)
    return all_metrics(hits_UK, relevant_U)


def _model(
    bundle: ModelBundle, shoppers: list[Shopper], pool_N: NDArray[np.bool_], new: bool
) -> list[NDArray[np.int64]]:
    rankings = []
    for start in range(0, len(shoppers), 256):
        batch = shoppers[start : start + 256]
        for shopper, vector in zip(batch, profile_vectors(bundle, batch), strict=True):
            rankings.append(rank(bundle, shopper, vector, _allowed(shopper, pool_N, new), PLACES)[1])
    return rankings


def _popular(
    bundle: ModelBundle, shoppers: list[Shopper], pool_N: NDArray[np.bool_], new: bool
) -> list[NDArray[np.int64]]:
    order = np.argsort(-popularity(bundle), kind="stable")
    order = order[pool_N[order]]
    if not new:
        return [order[:PLACES]] * len(shoppers)
    longest = max(len(shopper.rows_K) for shopper in shoppers) + PLACES
    return [order[:longest][~np.isin(order[:longest], shopper.rows_K)][:PLACES] for shopper in shoppers]


def _frequent(
    bundle: ModelBundle, shoppers: list[Shopper], pool_N: NDArray[np.bool_], new: bool
) -> list[NDArray[np.int64]]:
    """How often, lately counting more; filled up with what is popular."""
    fill = np.argsort(-popularity(bundle), kind="stable")
    fill = fill[pool_N[fill]][: PLACES * 50]
    rankings = []
    for shopper in shoppers:
        order = shopper.rows_K[np.argsort(-shopper.frequency_KH[:, 1], kind="stable")]
        order = order[pool_N[order]][:PLACES]
        others = fill[~np.isin(fill, order)][: PLACES - len(order)]
        rankings.append(np.concatenate([order, others]))
    return rankings


def _allowed(shopper: Shopper, pool_N: NDArray[np.bool_], new: bool) -> NDArray[np.bool_]:
    if not new:
        return pool_N
    allowed = pool_N.copy()
    allowed[shopper.rows_K] = False
    return allowed
