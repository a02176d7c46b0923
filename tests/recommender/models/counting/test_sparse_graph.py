"""Graphs against what a loop gives: pruning, links, what flows along them."""

import numpy as np
import pytest
import scipy.sparse as sp

from recommender.models.counting.sparse_graph import Graph, Links, arriving, prune, without_diagonal


def _random(seed: int, rows: int = 40, columns: int = 50) -> sp.csr_matrix:
    return sp.random(rows, columns, 0.3, format="csr", dtype=np.float32, random_state=seed)


@pytest.mark.parametrize("keep", [1, 5, 100])
def test_pruning_keeps_the_heaviest_of_each_row(keep: int) -> None:
    graph = _random(1)
    pruned = prune(graph, keep)
    for row in range(graph.shape[0]):
        weights = graph[row].toarray()[0]
        order = np.argsort(-weights, kind="stable")[: min(keep, np.count_nonzero(weights))]
        assert pruned[row].indices.tolist() == order.tolist()
        np.testing.assert_allclose(pruned[row].data, weights[order], rtol=1e-5)


def test_pruning_nothing_and_equal_weights() -> None:
    assert prune(sp.csr_matrix((3, 3), dtype=np.float32), 5).nnz == 0
    alike = sp.csr_matrix(np.ones((2, 6), dtype=np.float32))
    assert prune(alike, 2).indices.tolist() == [0, 1, 0, 1]


def test_what_arrives_is_the_product_with_the_matrix() -> None:
    matrix = _random(2, 30, 30)
    rows = np.array([4, 9, 17, 28])
    weights = np.array([0.5, 1, 2, 0], dtype=np.float32)
    flow = Links.of(Graph.of(matrix), rows).carrying(weights)
    expected = weights @ matrix[rows].toarray()
    np.testing.assert_allclose(flow.everywhere(30), expected, rtol=1e-5)
    asked = np.array([29, 3, 11])
    for found in arriving([flow, flow], asked, 30):
        np.testing.assert_allclose(found, expected[asked], rtol=1e-5)


def test_rows_that_join_lead_nowhere() -> None:
    graph = Graph.of(_random(3)).grown(2)
    assert len(graph) == 42
    assert not len(Links.of(graph, np.array([40, 41])).targets_E)


def test_without_the_diagonal_nothing_else_is_gone() -> None:
    matrix = (_random(3, 40, 40) + sp.eye(40)).tocsr()
    expected = matrix.toarray()
    np.fill_diagonal(expected, 0)
    left = without_diagonal(matrix)
    np.testing.assert_array_equal(left.toarray(), expected)
    assert left.nnz == np.count_nonzero(expected)
