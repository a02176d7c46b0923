"""The metrics agree with torchmetrics where it has them, and with what is computed by hand where not."""

import numpy as np
import pytest
import torch
from torchmetrics.functional.retrieval import retrieval_hit_rate, retrieval_normalized_dcg, retrieval_recall

from recommender.ranking.metrics import (
    Ground,
    all_metrics,
    catalogue_coverage,
    diversity,
    find_hits,
    hit_rate_at,
    measure_groups,
    measure_rankings,
    ndcg_at,
    new_item_share,
    new_to_shopper_share,
    popularity_lift,
    popularity_percentile,
    recall_at,
    shopper_groups,
)


@pytest.mark.parametrize("k", [1, 5, 10])
def test_they_agree_with_torchmetrics(k: int) -> None:
    rng = np.random.default_rng(k)
    shoppers, items = 40, 30
    scores, wanted = rng.random((shoppers, items)), rng.random((shoppers, items)) < 0.15
    order = np.argsort(-scores, axis=1)
    hits, relevant = np.take_along_axis(wanted, order, axis=1), wanted.sum(axis=1)
    pairs = [(torch.tensor(s), torch.tensor(w)) for s, w in zip(scores, wanted, strict=True) if w.any()]
    for ours, theirs in (
        (ndcg_at, retrieval_normalized_dcg),
        (recall_at, retrieval_recall),
        (hit_rate_at, retrieval_hit_rate),
    ):
        expected = np.mean([float(theirs(s, w, top_k=k)) for s, w in pairs])
        assert ours(hits, relevant, k) == pytest.approx(expected, abs=1e-6)


def test_short_rankings_and_shoppers_who_wanted_nothing() -> None:
    hits = np.array([[True, False], [False, False], [False, False]])
    measured = all_metrics(hits, np.array([1, 2, 0]))
    assert measured["NDCG@10"] == measured["Recall@10"] == measured["HitRate@20"] == 0.5
    assert set(all_metrics(np.zeros((1, 2), dtype=bool), np.array([0])).values()) == {0.0}


def rows(*lists: list[int]) -> list[np.ndarray]:
    return [np.array(one, dtype=np.int64) for one in lists]


# five items; 0 and 1 point one way, 2 and 3 at right angles to that, 4 between
VECTORS = np.array([[1, 0], [1, 0], [0, 1], [0, 1], [0.6, 0.8]], dtype=np.float32)
POPULARITY = np.array([8.0, 4.0, 4.0, 0.0, 0.0])
RANKINGS = rows([0, 1, 2], [2, 4], [], [3])
HAD = rows([0], [], [1], [1, 2])


@pytest.mark.parametrize("k", [1, 3, 20])
def test_rankings_of_rows_agree_with_torchmetrics(k: int) -> None:
    rng = np.random.default_rng(k)
    rankings = [rng.permutation(25)[: rng.integers(1, 25)] for _ in range(60)]
    wanted = [rng.permutation(25)[: rng.integers(1, 9)] for _ in rankings]
    hits, relevant = find_hits(rankings, wanted, k)
    recalls = []
    for ranking, right in zip(rankings, wanted, strict=True):
        scores, target = torch.zeros(25), torch.zeros(25, dtype=torch.bool)
        scores[ranking.tolist()] = torch.linspace(1, 0.1, len(ranking))  # positive: their recall counts no other hit
        target[right.tolist()] = True
        recalls.append(float(retrieval_recall(scores, target, top_k=k)))
        if k <= len(ranking) or len(ranking) == 25:  # theirs fill a short list up with what has no score
            own = find_hits([ranking], [right], k)
            assert ndcg_at(*own, k) == pytest.approx(float(retrieval_normalized_dcg(scores, target, top_k=k)), abs=1e-6)
            assert hit_rate_at(*own, k) == float(retrieval_hit_rate(scores, target, top_k=k))
    assert recall_at(hits, relevant, k) == pytest.approx(np.mean(recalls), abs=1e-6)


def test_what_is_new_by_hand() -> None:
    new = np.array([False, False, False, True, True])
    assert new_item_share(RANKINGS, new, 3) == pytest.approx(2 / 6)
    assert new_item_share(RANKINGS, new, 1) == pytest.approx(1 / 3)
    assert new_to_shopper_share(RANKINGS, HAD, 3) == pytest.approx(5 / 6)
    assert new_to_shopper_share(RANKINGS, HAD, 1) == pytest.approx(2 / 3)
    assert new_item_share([], new, 3) == new_to_shopper_share(rows([]), rows([]), 3) == 0


def test_coverage_counts_each_item_once_and_only_of_the_pool() -> None:
    everything, few = np.ones(5, dtype=bool), np.array([True, True, False, False, False])
    assert catalogue_coverage(RANKINGS, everything, 3) == 1.0
    assert catalogue_coverage(RANKINGS, everything, 1) == pytest.approx(3 / 5)
    assert catalogue_coverage(RANKINGS, few, 1) == pytest.approx(1 / 2)
    assert catalogue_coverage([], np.zeros(0, dtype=bool), 1) == 0


def test_diversity_by_hand() -> None:
    def vectors(of: np.ndarray) -> np.ndarray:
        return np.asarray(VECTORS[of])

    # pairs of the first list: 0-1 alike, 0-2 and 1-2 at right angles; of the second 2-4: .8
    assert diversity(RANKINGS, vectors, 3) == pytest.approx(1 - (1 / 3 + 0.8) / 2)
    assert diversity(RANKINGS, vectors, 2) == pytest.approx(1 - (1.0 + 0.8) / 2)
    assert diversity(RANKINGS, vectors, 1) == 0


def test_popularity_by_hand() -> None:
    everything = np.ones(5, dtype=bool)
    # percentiles: item 0 .9, items 1 and 2 .6 (the middle of two), items 3 and 4 .2
    assert popularity_percentile(rows([0, 1]), POPULARITY, everything, 2) == pytest.approx(0.75)
    assert popularity_percentile(rows([3], [0]), POPULARITY, everything, 2) == pytest.approx(0.55)
    assert popularity_percentile(rows([0, 1, 2, 3, 4]), POPULARITY, everything, 5) == pytest.approx(0.5)
    # those who had something and got something: (8 + 4 + 4) / 3 and 0 against 8 and 4
    assert popularity_lift(RANKINGS, HAD, POPULARITY, 3) == pytest.approx((16 / 3 + 0) / (8 + 4) - 1)
    assert popularity_lift(rows([0]), rows([1]), POPULARITY, 1) == pytest.approx(1.0)
    assert popularity_lift(rows([0]), rows([]), POPULARITY, 1) == 0


def test_groups_are_measured_apart_and_are_what_they_alone_would_be() -> None:
    rng = np.random.default_rng(3)
    had = [rng.permutation(40)[:count] for count in (0, 0, 1, 4, 5, 30)]
    ground = Ground(
        wanted=[rng.permutation(40)[:3] for _ in had],
        had=had,
        popularity_N=rng.integers(0, 9, 40).astype(np.float64),
        new_N=rng.random(40) < 0.2,
        pool_N=np.ones(40, dtype=bool),
        vectors=lambda of: np.eye(40, dtype=np.float32)[of],
    )
    rankings = [rng.permutation(40) for _ in had]
    assert shopper_groups(np.array([0, 1, 4, 5, 99])).tolist() == [0, 1, 1, 2, 2]
    found = measure_groups(rankings, ground)
    assert {name: one["shoppers"] for name, one in found.items()} == {
        "known shoppers": 2, "sparse shoppers": 2, "new shoppers": 2,
    }  # fmt: skip
    sparse = measure_rankings(rankings[2:4], ground.of(np.array([2, 3])))
    assert {name: value for name, value in found["sparse shoppers"].items() if name != "shoppers"} == sparse
    names = "NDCG Recall HitRate NewItems NewToShopper Coverage Diversity Popularity PopularityLift"
    assert {name.partition("@")[0] for name in sparse} == set(names.split())
    assert sparse["Diversity@20"] == 1.0  # no two of these items are alike
