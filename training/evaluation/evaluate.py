"""Measuring a model beside plain methods, on what shoppers did after the moment it had seen.

It knows a bundle and a window of held-out behaviour. The ranking measured is the one the service gives.

Shape suffixes: U shoppers, P positions, N items.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from recommender.data.event_weights import DAY, decay
from recommender.models.bundle import ModelBundle
from recommender.profiles.profile import profile_vectors
from recommender.profiles.user_state import Shopper
from recommender.ranking.metrics import Ground, all_metrics, measure_groups, measure_rankings, ndcg_at
from recommender.ranking.pipeline import rank
from recommender.retrieval.sources.plain_methods import PLAIN, rank_plainly
from training.data.interactions import Window

PLACES = 20
NEW_DAYS = 30  # an item is new in the shop for so long
HALF_LIFE_DAYS = 90.0  # of personal frequency: the best of 15 to 120 days on the demo's shop
Rankings = list[NDArray[np.int64]]


@dataclass(frozen=True)
class Measured:
    """Metrics by name; those that end in " new" count only items new to the shopper."""

    shoppers: int
    model: dict[str, float]
    baselines: dict[str, dict[str, float]]
    segments: dict[str, dict[str, float]] = field(default_factory=dict)


def evaluate(
    bundle: ModelBundle,
    shoppers: list[Shopper],
    test: Window,
    pool_N: NDArray[np.bool_] | None = None,
    activity_U: NDArray[np.float64] | None = None,
) -> Measured:
    """Measures the model and plain methods on what shoppers did afterwards.

    Args:
        bundle: the model.
        shoppers: the shoppers of the test, as they were before it.
        test: what each of them came for afterwards, in the same order.
        pool_N: the items that may be ranked, (N,); all of them without it.
        activity_U: a number for each shopper, (U,), that cuts them into segments; none without it.
    """
    pool = np.ones(len(bundle.catalogue), dtype=bool) if pool_N is None else pool_N
    rankings, plain = rank_with_baselines(bundle, shoppers, pool)
    hits_UP, relevant_U = judge(rankings, shoppers, test, pool)
    model = all_metrics(hits_UP, relevant_U) | _new(_without_own(rankings, shoppers), shoppers, test, pool)
    sellers = [bundle.sellers[pool[bundle.sellers]]] * len(shoppers)
    popular = all_metrics(*judge(sellers, shoppers, test, pool))
    popular |= _new(_without_own(sellers, shoppers), shoppers, test, pool)
    frequent = all_metrics(*judge(_frequent(bundle, shoppers, pool), shoppers, test, pool))
    baselines = {"popularity": popular, "personal frequency": frequent}
    for name, ranked in plain.items():
        measured = all_metrics(*judge(ranked, shoppers, test, pool))
        baselines[name] = measured | _new(_without_own(ranked, shoppers), shoppers, test, pool)
    ground = ground_of(bundle, shoppers, test, pool)
    beyond = measure_rankings(rankings, ground, (PLACES,))
    model |= {name: value for name, value in beyond.items() if name not in model}
    segments = measure_groups(rankings, ground, (PLACES,))
    segments |= {} if activity_U is None else _segments(hits_UP, relevant_U, activity_U)
    return Measured(len(shoppers), model, baselines, segments)


def ground_of(bundle: ModelBundle, shoppers: list[Shopper], test: Window, pool_N: NDArray[np.bool_]) -> Ground:
    """What rankings are measured against beside accuracy; new is what came within `NEW_DAYS` before the moment."""
    stats = bundle.statistics
    return Ground(
        wanted=test.wanted,
        had=[shopper.rows_K for shopper in shoppers],
        popularity_N=stats.total_N.astype(np.float64),
        new_N=bundle.borrowed_N | (stats.first_seen_N >= test.moment - NEW_DAYS * DAY),
        pool_N=pool_N,
        vectors=lambda rows: bundle.text_MT[bundle.text_row_N[rows]],
    )


def judge(
    rankings: Rankings, shoppers: list[Shopper], test: Window, pool_N: NDArray[np.bool_], new: bool = False
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Which places of the rankings were right, (U, P), and how many items would have been, (U,).

    `pool_N`, (N,), marks the items that could be ranked; with `new`, only items new to the shopper count.
    """
    hits_UP = np.zeros((len(rankings), PLACES), dtype=bool)
    relevant_U = np.zeros(len(rankings), dtype=np.int64)
    for place, (ranking, shopper, wanted) in enumerate(zip(rankings, shoppers, test.wanted, strict=True)):
        counted = wanted[pool_N[wanted]]
        if new:
            counted = np.setdiff1d(counted, shopper.rows_K)
        relevant_U[place] = len(counted)
        top = ranking[:PLACES]
        hits_UP[place, : len(top)] = np.isin(top, counted)
    return hits_UP, relevant_U


def rank_all(bundle: ModelBundle, shoppers: list[Shopper], pool_N: NDArray[np.bool_]) -> Rankings:
    """The model's ranking of all candidates of each shopper."""
    return rank_with_baselines(bundle, shoppers, pool_N, ())[0]


def rank_with_baselines(
    bundle: ModelBundle, shoppers: list[Shopper], pool_N: NDArray[np.bool_], methods: Sequence[str] = tuple(PLAIN)
) -> tuple[Rankings, dict[str, Rankings]]:
    """The model's ranking of all candidates of each shopper, and those of plain methods, by method."""
    rankings: Rankings = []
    plain: dict[str, Rankings] = {name: [] for name in methods}
    with threadpool_limits(limits=1, user_api="blas"):  # many small products: a second thread only waits
        for start in range(0, len(shoppers), 256):
            batch = shoppers[start : start + 256]
            for shopper, vector in zip(batch, profile_vectors(bundle, batch), strict=True):
                candidates, rows, _ = rank(bundle, shopper, vector, pool_N)
                rankings.append(rows)
                ranked = rank_plainly(candidates.query, PLACES + len(shopper.rows_K)) if methods else {}
                for name, first in ranked.items():
                    plain[name].append(first)
    return rankings, plain


def _without_own(rankings: Rankings, shoppers: list[Shopper]) -> Rankings:
    """The same rankings without what the shopper had before."""
    enough = [rows[: PLACES + len(one.rows_K)] for rows, one in zip(rankings, shoppers, strict=True)]
    return [rows[~np.isin(rows, one.rows_K)] for rows, one in zip(enough, shoppers, strict=True)]


def _new(rankings: Rankings, shoppers: list[Shopper], test: Window, pool_N: NDArray[np.bool_]) -> dict[str, float]:
    found = all_metrics(*judge(rankings, shoppers, test, pool_N, new=True))
    return {f"{name} new": value for name, value in found.items()}


def _frequent(bundle: ModelBundle, shoppers: list[Shopper], pool_N: NDArray[np.bool_]) -> Rankings:
    """How often, lately counting more; filled up with what is popular."""
    fill = bundle.sellers[pool_N[bundle.sellers]]
    rankings = []
    for shopper in shoppers:
        worth_L = shopper.strengths_L * decay(shopper.times_L, shopper.moment, HALF_LIFE_DAYS)
        worth_P = np.bincount(shopper.place_L, worth_L, minlength=len(shopper.rows_K))
        order = shopper.rows_K[np.argsort(-worth_P, kind="stable")]
        order = order[pool_N[order]][:PLACES]
        others = fill[: 2 * PLACES]
        rankings.append(np.concatenate([order, others[~np.isin(others, order)]])[:PLACES])
    return rankings


def _segments(
    hits_UP: NDArray[np.bool_], relevant_U: NDArray[np.int64], activity_U: NDArray[np.float64]
) -> dict[str, dict[str, float]]:
    """NDCG for shoppers by how much they had bought in the month before: in thirds, and those who hadn't at all."""
    active = np.nan_to_num(activity_U)
    cuts = np.quantile(active[active > 0], [1 / 3, 2 / 3]) if (active > 0).any() else np.zeros(2)
    groups = np.where(active > 0, 1 + np.digitize(active, cuts), 0)
    names = ("no purchase in 30 days", "few purchases", "some purchases", "many purchases")
    return {
        name: {"NDCG@20": round(ndcg_at(hits_UP[groups == code], relevant_U[groups == code], 20), 6)}
        | {"shoppers": float((groups == code).sum())}
        for code, name in enumerate(names)
        if (groups == code).any()
    }
