"""Fitting trees beside the networks: LambdaMART (Burges 2010, by LightGBM) among the candidates these put first.

It knows examples and the networks fitted to them. Each query asks twice: in what order all candidates come, and in what
order those come that are new to the shopper. Either way trees see the best and some of the rest by chance, so that they
know what stands far down when they meet it.

Shape suffixes: Q queries, C candidates, K chosen candidates, R rows of all lists, F columns.
"""

from collections.abc import Sequence
from typing import Any

import lightgbm as lgb
import numpy as np
import torch
from numpy.typing import NDArray

from recommender.ranker.log import Floats, Ints
from recommender.ranker.network import STEP, Committee
from recommender.ranker.trees import Trees
from training.ranker_collector import Examples

MOST_QUERIES = 10_000
BEST, OTHERS = 160, 40  # candidates of a query
NEW_BEST, NEW_OTHERS = 80, 20  # of its list of new products
NEW_BEHIND = 1.5  # a place among new products is worth one so many times as far down among all
DEEPEST = 100  # places that take part in swaps
SETTINGS = {
    "objective": "lambdarank", "lambdarank_truncation_level": DEEPEST, "learning_rate": 0.06, "num_leaves": 63,
    "min_data_in_leaf": 200, "feature_fraction": 0.3, "bagging_fraction": 0.5, "bagging_freq": 1, "lambda_l2": 5.0,
    "max_bin": 127, "verbose": -1,
}  # fmt: skip


def fit_trees(examples: Examples, committee: Committee, rounds: int, seed: int) -> Trees:
    """`rounds` trees, on examples drawn by chance where there are more than `MOST_QUERIES`."""
    rng = np.random.default_rng(seed)
    chosen = np.sort(rng.permutation(len(examples.scaled_QCF))[:MOST_QUERIES])
    scores_QC = np.concatenate([
        committee.scores(examples.scaled_QCF[chosen[start : start + STEP]]) for start in range(0, len(chosen), STEP)
    ])  # fmt: skip
    new_QC = examples.new_QC[chosen]
    place_QC, new_place_QC = _places(scores_QC), _places(np.where(new_QC, scores_QC, -np.inf))
    behind_QC = np.where(new_QC, NEW_BEHIND * new_place_QC, np.inf)
    rows_QK = contenders(np.minimum(place_QC, behind_QC), BEST, OTHERS, rng)
    among_new = [
        rows_K[new_C[rows_K]]
        for rows_K, new_C in zip(contenders(new_place_QC, NEW_BEST, NEW_OTHERS, rng), new_QC, strict=True)
    ]
    values_RF, wanted_R, sizes = _lists(examples, [*chosen, *chosen], [*rows_QK, *among_new])
    settings = SETTINGS | {"num_threads": torch.get_num_threads(), "seed": seed}
    booster = lgb.train(settings, lgb.Dataset(values_RF, wanted_R, group=sizes), rounds)
    of_all = values_RF[: rows_QK.size]
    spread = float(np.std(np.asarray(booster.predict(of_all[:: max(len(of_all) // 100_000, 1)], num_threads=1))))
    unit = float(np.take_along_axis(scores_QC, rows_QK, axis=1).std()) / max(spread, 1e-9)
    return Trees(booster.model_to_string(), unit)


def contenders(place_QC: NDArray[Any], best: int, others: int, rng: np.random.Generator) -> Ints:
    """Candidates of shape (Q, K), ascending: the `best` first by their places, and `others` by chance."""
    chosen_QC = np.argsort(place_QC, axis=1, kind="stable")
    drawn_QC = rng.permuted(chosen_QC[:, best:], axis=1)[:, :others]
    return np.sort(np.concatenate([chosen_QC[:, :best], drawn_QC], axis=1), axis=1)


def _lists(examples: Examples, queries: Sequence[int], lists: Sequence[Ints]) -> tuple[Floats, Ints, list[int]]:
    """Values of all lists' candidates, one list after the other, which are wanted, and how many each list has."""
    sizes = [len(rows_K) for rows_K in lists]
    values_RF = np.empty((sum(sizes), len(examples.names)), dtype=np.float32)
    wanted_R = np.empty(len(values_RF), dtype=np.int64)
    for query, rows_K, end in zip(queries, lists, np.cumsum(sizes), strict=True):
        span = slice(end - len(rows_K), end)
        values_RF[span] = examples.scaled_QCF[query, rows_K]
        wanted_R[span] = examples.wanted_QC[query, rows_K] > 0
    return values_RF, wanted_R, [size for size in sizes if size]


def _places(scores_QC: Floats) -> Ints:
    places_QC: Ints = np.argsort(np.argsort(-scores_QC, axis=1, kind="stable"), axis=1, kind="stable")
    return places_QC
