"""The metrics agree with torchmetrics, shopper by shopper and on the whole."""

import numpy as np
import pytest
import torch
from torchmetrics.functional.retrieval import retrieval_hit_rate, retrieval_normalized_dcg, retrieval_recall

from recommender.metrics import all_metrics, hit_rate_at, ndcg_at, recall_at


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
