"""Graphs and factors against what a loop over the events would give."""

import numpy as np
import pytest
import scipy.sparse as sp

from benchmarks.baselines import graphs
from benchmarks.baselines.graphs import factors, owned_matrix, prune_rows, scaled, shared, transitions
from benchmarks.baselines.log import Log
from benchmarks.baselines.neighbours import AlikeShoppers, Ease


def random_log(seed: int, shoppers: int = 30, items: int = 12) -> Log:
    rng = np.random.default_rng(seed)
    lengths = rng.integers(0, 8, shoppers)
    users = np.repeat(np.arange(shoppers), lengths)
    return Log.of(users, rng.integers(0, items, len(users)), np.arange(len(users), dtype=np.float64), shoppers)


def test_transitions_are_what_a_loop_counts() -> None:
    log, decay, window = random_log(1), 0.8, 3
    expected = np.zeros((12, 12))
    for user in range(log.shoppers):
        own = log.items_L[log.bounds_U[user] : log.bounds_U[user + 1]]
        for place, item in enumerate(own):
            for step, later in enumerate(own[place + 1 : place + 1 + window]):
                expected[item, later] += decay**step
    np.testing.assert_allclose(transitions(log, 12, window, decay).toarray(), expected, rtol=1e-5)


def test_tied_events_lead_to_each_other_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graphs, "ORDERS", 400)
    log = Log.of(np.zeros(3, dtype=np.int64), np.arange(3), np.array([1.0, 2.0, 2.0]), 1)
    expected = [[0, 0.9, 0.9], [0, 0, 0.5], [0, 0.5, 0]]
    np.testing.assert_allclose(transitions(log, 3, 2, 0.8).toarray(), expected, atol=0.1)


def test_nobody_leads_to_another_shoppers_items() -> None:
    log = Log.of(np.array([0, 1]), np.array([0, 1]), np.array([0.0, 1.0]), 2)
    assert transitions(log, 2, 10, 0.8).nnz == 0
    assert transitions(Log.of(*(np.empty(0, dtype=np.int64),) * 2, np.empty(0), 2), 3, 4, 0.5).nnz == 0


def test_shared_items_are_symmetric_and_never_their_own_neighbours() -> None:
    graph = shared(random_log(2), 12).toarray()
    np.testing.assert_allclose(graph, graph.T, rtol=1e-6)
    assert (np.diag(graph) == 0).all()


def test_pruning_keeps_the_heaviest_of_each_row() -> None:
    graph = sp.csr_matrix(np.array([[1.0, 3, 2], [0, 0, 5], [0, 0, 0]], dtype=np.float32))
    assert prune_rows(graph, 2).toarray().tolist() == [[0, 3, 2], [0, 0, 5], [0, 0, 0]]


def test_factors_rebuild_a_matrix_of_their_rank() -> None:
    rng = np.random.default_rng(0)
    matrix = (rng.random((40, 3)) @ rng.random((3, 25))).astype(np.float32)
    left, values, right = factors(sp.csr_matrix(matrix), 3, seed=0)
    np.testing.assert_allclose((left * values) @ right.T, matrix, atol=1e-4)


def test_scaling_multiplies_rows_and_columns() -> None:
    graph = sp.csr_matrix(np.ones((2, 2), dtype=np.float32))
    assert scaled(graph, np.array([1, 2]), np.array([3, 4])).toarray().tolist() == [[3, 4], [6, 8]]


def test_ease_is_the_same_from_either_side() -> None:
    """Solved over shoppers, and over items: one model."""
    owned = owned_matrix(random_log(3, shoppers=9, items=12), 12)
    by_shoppers = Ease.fit(owned, 5.0)
    gram = (owned.T @ owned).toarray() + 5.0 * np.eye(12)
    inverse = np.linalg.inv(gram)
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0)
    np.testing.assert_allclose(by_shoppers.scores(owned), owned @ weights, atol=1e-4)
    more = sp.vstack([owned, owned]).tocsr()
    gram = (more.T @ more).toarray() + 5.0 * np.eye(12)
    inverse = np.linalg.inv(gram)
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0)
    np.testing.assert_allclose(Ease.fit(more, 5.0).scores(owned), owned @ weights, atol=1e-4)


def test_a_shopper_is_not_their_own_neighbour() -> None:
    rows = [[1, 1, 0, 0], [1, 1, 1, 0], [0, 0, 0, 1], [0, 0, 0, 0], [0, 0, 0, 0]]
    owned = sp.csr_matrix(np.array(rows, dtype=np.float32))
    scores = AlikeShoppers.fit(owned, owned).scores(owned, np.arange(5), [1])[0]
    assert scores[0, 2] > 0
    assert scores[2].sum() == 0
