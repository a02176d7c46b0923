"""The plain methods against their sums in loops, and the lists they make."""

import numpy as np
import pytest
from numpy.typing import NDArray

from recommender.profiles.user_state import LASTING
from recommender.retrieval import SOURCES
from recommender.retrieval.sources.plain_methods import PLAIN, graph_and_text, rank_plainly, score_fusion
from tests.support.shops.counted import counted_bundle, dense, query_of

ROWS = np.arange(60)


def scaled(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """So that the twenty best are 1 in the mean."""
    return np.asarray(scores / np.mean(sorted(scores, reverse=True)[:20]))


@pytest.mark.parametrize("repeats", [True, False])
def test_transitions_and_texts_are_added(repeats: bool) -> None:
    query = query_of("u1", counted_bundle(repeats))
    steps = query.weights["near by flow"] @ dense(query.bundle.graphs["transitions"], 60)[query.shopper.rows_K]
    np.testing.assert_allclose(graph_and_text(query, ROWS), steps + 0.4 * query.text_M, atol=1e-5)


def test_fusion_where_products_repeat_adds_frequency_ease_and_shoppers_alike() -> None:
    query = query_of("u2")
    frequency = np.zeros(60)
    frequency[query.shopper.rows_K] = query.shopper.frequency_KH[:, LASTING].clip(min=0)
    ease = query.weights["liking"] @ dense(query.bundle.graphs["ease"], 60)[query.shopper.rows_K]
    alike = query.neighbour_flows[1].everywhere(60)
    expected = scaled(frequency) + scaled(ease) + scaled(alike)
    np.testing.assert_allclose(score_fusion(query, ROWS), expected, rtol=1e-4, atol=1e-5)


def test_fusion_elsewhere_adds_transitions_companions_and_shoppers_alike() -> None:
    query = query_of("u2", counted_bundle(repeats=False))
    companions = query.weights["far"] @ dense(query.bundle.graphs["companions"], 60)[query.shopper.rows_K]
    alike = query.neighbour_flows[1].everywhere(60)
    expected = scaled(graph_and_text(query, ROWS)) + scaled(companions) + scaled(alike)
    np.testing.assert_allclose(score_fusion(query, ROWS), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("count", [1, 10, 60, 99])
def test_lists_hold_allowed_items_once_the_best_first(count: int) -> None:
    allowed_N = np.random.default_rng(0).random(60) < 0.6
    query = query_of("u3", allowed_N=allowed_N)
    lists = rank_plainly(query, count)
    assert set(lists) == set(PLAIN)
    for name, rows in lists.items():
        assert len(rows) == len(set(rows.tolist())) == min(count, int(allowed_N.sum()))
        assert allowed_N[rows].all()
        ranked = np.isin(rows, np.union1d(query.rows_P, query.shopper.rows_K))
        scores = PLAIN[name](query, np.sort(rows[ranked]))
        by_row = dict(zip(np.sort(rows[ranked]).tolist(), scores.tolist(), strict=True))
        if name == "transition graph + text":  # the other's scale depends on the list
            told = [by_row[row] for row in rows[ranked].tolist()]
            assert told == sorted(told, reverse=True)


def test_what_sells_fills_the_list_of_who_has_done_nothing() -> None:
    query = query_of(None)
    for rows in rank_plainly(query, 5).values():
        assert rows.tolist() == query.bundle.sellers[:5].tolist()


def test_its_columns_are_the_methods_scores() -> None:
    query, rows = query_of("u4"), np.array([3, 9])
    assert SOURCES["plain"].retrieve(query) is None
    for told, method in zip(SOURCES["plain"].values(query, rows), PLAIN.values(), strict=True):
        np.testing.assert_array_equal(told, method(query, rows))
    assert score_fusion(query, rows[:0]).shape == (0,)
