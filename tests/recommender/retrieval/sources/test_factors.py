"""Randomised decompositions against numpy's exact ones, and what the factors of a graph keep of it."""

import numpy as np
import pytest
import scipy.sparse as sp

from recommender.models.counting.item_statistics import fit_statistics
from recommender.retrieval.sources.factors import RARE, decompose, factorise, taste_factors
from tests.support.shops.counted import MOMENT, counted_bundle, dense, shop_log


def matrix_of(seed: int, rows: int, columns: int, share: float = 0.3) -> sp.csr_matrix:
    return sp.random(rows, columns, share, format="csr", dtype=np.float32, random_state=seed)


@pytest.mark.parametrize(("rows", "columns", "rank"), [(30, 20, 5), (12, 40, 12), (6, 6, 50)])
def test_the_greatest_values_and_their_product_are_numpys(rows: int, columns: int, rank: int) -> None:
    matrix = matrix_of(rows, rows, columns)
    left, values, right = decompose(matrix, rank)
    exact_left, exact_values, exact_right = np.linalg.svd(matrix.toarray(), full_matrices=False)
    rank = min(rank, rows, columns)
    assert (left.shape, values.shape, right.shape) == ((rows, rank), (rank,), (columns, rank))
    np.testing.assert_allclose(values, exact_values[:rank], rtol=1e-2, atol=1e-4)
    expected = (exact_left[:, :rank] * exact_values[:rank]) @ exact_right[:rank]
    np.testing.assert_allclose((left * values) @ right.T, expected, atol=0.05)


def test_it_is_the_same_every_time() -> None:
    for one, other in zip(decompose(matrix_of(1, 50, 50), 8), decompose(matrix_of(1, 50, 50), 8), strict=True):
        np.testing.assert_array_equal(one, other)


def test_directions_of_histories_are_those_of_the_matrix_scaled_by_rarity() -> None:
    owned = matrix_of(4, 40, 15)
    owned.data[:] = 1
    factors_NR, rarity_N = taste_factors(owned, 15)
    np.testing.assert_allclose(rarity_N, 1 / np.sqrt(owned.toarray().sum(axis=0) + RARE), rtol=1e-5)
    scaled = owned.toarray() * rarity_N
    # all directions kept: the factors are a basis, so that projecting changes nothing
    np.testing.assert_allclose(scaled @ factors_NR @ factors_NR.T, scaled, atol=1e-3)


def test_places_of_items_have_length_one_and_neighbours_in_the_graph_are_near() -> None:
    statistics = counted_bundle().statistics
    places_NR = factorise(statistics, 12)
    assert places_NR.shape == (60, 12)
    np.testing.assert_allclose(np.linalg.norm(places_NR, axis=1), 1, atol=1e-5)
    steps = dense(statistics.transitions, 60)
    cosines = places_NR @ places_NR.T
    linked = steps + steps.T
    off = ~np.eye(60, dtype=bool)
    near, far = linked > np.quantile(linked[off], 0.9), (linked < np.quantile(linked[off], 0.5)) & off
    assert cosines[near].mean() > cosines[far].mean() + 0.1


def test_items_without_a_link_have_no_place() -> None:
    nothing = fit_statistics(shop_log().before(0), 6, MOMENT)
    assert not factorise(nothing, 4).any()
