"""The metric code against torchmetrics, on random rankings."""

import numpy as np
import pytest
import scipy.sparse as sp
import torch
from torchmetrics.functional.retrieval import retrieval_hit_rate, retrieval_normalized_dcg, retrieval_recall

from benchmarks.baselines.items import item_facts
from benchmarks.baselines.log import Log, at_end
from benchmarks.baselines.plain import Fitted
from benchmarks.quality.goals import goals_of
from benchmarks.quality.measure import measure
from benchmarks.quality.protocols import Task

QUERIES, ITEMS = 40, 60


@pytest.mark.parametrize("masked", [False, True])
def test_metrics_agree_with_torchmetrics(masked: bool) -> None:
    rng = np.random.default_rng(4)
    scores = rng.random((QUERIES, ITEMS)).astype(np.float32)
    right = rng.random((QUERIES, ITEMS)) < 0.08
    left_out = (rng.random((QUERIES, ITEMS)) < 0.2) & ~right if masked else np.zeros_like(right)
    log = Log.of(np.arange(QUERIES), np.zeros(QUERIES, dtype=np.int64), np.zeros(QUERIES), QUERIES)
    facts = item_facts(np.zeros((ITEMS, 2), dtype=np.float32), [""] * ITEMS, [""] * ITEMS, [[]] * ITEMS)
    views = {"": (sp.csr_matrix(right.astype(np.float32)), sp.csr_matrix(left_out.astype(np.float32)))}
    task = Task(facts, log, at_end(log, np.arange(QUERIES)), views, False, None)
    measured = measure(Fitted(lambda queries: scores[queries.users_Q]), task).metrics
    counted = [row for row in range(QUERIES) if right[row].any()]
    for k in (5, 10, 20):
        for name, metric in (("NDCG", retrieval_normalized_dcg), ("Recall", retrieval_recall)):
            expected = np.mean([_of(metric, scores[row], right[row], left_out[row], k) for row in counted])
            assert measured[f"{name}@{k}"] == pytest.approx(expected, abs=1e-6)
    expected = np.mean([_of(retrieval_hit_rate, scores[row], right[row], left_out[row], 10) for row in counted])
    assert measured["HR@10"] == pytest.approx(expected, abs=1e-6)


def _of(metric: object, scores: np.ndarray, right: np.ndarray, left_out: np.ndarray, k: int) -> float:
    assert callable(metric)
    kept = torch.from_numpy(~left_out)
    return float(metric(torch.from_numpy(scores)[kept], torch.from_numpy(right)[kept], top_k=k))


def test_goals_are_computed_from_the_rows() -> None:
    rows = [{"system": name, "NDCG@10": {"mean": value}} for name, value in (("popularity", 0.05), ("zhiyin", 0.06))]
    goals = goals_of("some-shop", "file", "train", rows)
    assert [goal["met"] for goal in goals] == [True]
    assert goals[0]["value"] == pytest.approx(1.2)
    assert goals_of("some-shop", "file", "train", rows[:1]) == []
