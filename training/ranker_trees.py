"""Fitting trees beside the networks: LambdaMART (Burges 2010, by LightGBM) among the candidates these put first.

It knows examples and the networks fitted to them. Trees see the best candidates, of all and of those new to the
shopper, and some of the rest by chance, so that they know what stands far down when they meet it.

Shape suffixes: Q queries, C candidates, K chosen candidates, F columns.
"""

import lightgbm as lgb
import numpy as np
import torch

from recommender.ranker.log import Floats, Ints, Mask
from recommender.ranker.network import STEP, Committee
from recommender.ranker.trees import Trees
from training.ranker_collector import Examples

MOST_QUERIES = 10_000
BEST, OTHERS = 160, 40  # candidates of a query
NEW_BEHIND = 1.5  # a place among new products is worth one so many times as far down among all
DEEPEST = 60  # places that take part in swaps
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
    rows_QK = contenders(scores_QC, examples.new_QC[chosen], rng)
    values_QKF = np.empty((*rows_QK.shape, len(examples.names)), dtype=np.float32)
    for values_KF, query, rows_K in zip(values_QKF, chosen, rows_QK, strict=True):
        values_KF[:] = examples.scaled_QCF[query, rows_K]
    wanted_QK = np.take_along_axis(examples.wanted_QC[chosen] > 0, rows_QK, axis=1)
    count, width = rows_QK.shape
    rows = values_QKF.reshape(count * width, -1)
    data = lgb.Dataset(rows, wanted_QK.ravel().astype(np.int32), group=np.full(count, width))
    settings = SETTINGS | {"num_threads": torch.get_num_threads(), "seed": seed}
    booster = lgb.train(settings, data, rounds)
    sample = rows[:: max(len(rows) // 100_000, 1)]
    spread = float(np.std(np.asarray(booster.predict(sample, num_threads=1))))
    unit = float(np.take_along_axis(scores_QC, rows_QK, axis=1).std()) / max(spread, 1e-9)
    return Trees(booster.model_to_string(), unit)


def contenders(scores_QC: Floats, new_QC: Mask, rng: np.random.Generator) -> Ints:
    """Places of shape (Q, K), ascending: the best of all and of those new to the shopper, and others by chance."""
    candidates = scores_QC.shape[1]
    best, others = min(BEST, candidates), min(OTHERS, candidates - min(BEST, candidates))
    place_QC = np.where(new_QC, NEW_BEHIND * _places(np.where(new_QC, scores_QC, -np.inf)), np.inf)
    place_QC = np.minimum(place_QC, _places(scores_QC))
    chosen_QC = np.argsort(place_QC, axis=1, kind="stable")
    drawn_QC = rng.permuted(chosen_QC[:, best:], axis=1)[:, :others]
    return np.sort(np.concatenate([chosen_QC[:, :best], drawn_QC], axis=1), axis=1)


def _places(scores_QC: Floats) -> Ints:
    places_QC: Ints = np.argsort(np.argsort(-scores_QC, axis=1, kind="stable"), axis=1, kind="stable")
    return places_QC
