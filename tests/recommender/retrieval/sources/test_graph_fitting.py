"""Graphs that sources follow, against dense products and loops over pairs of texts."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from recommender.data.event_weights import DAY, PURCHASE, RATING
from recommender.models.counting.event_arrays import Events
from recommender.retrieval.sources import graph_fitting
from recommender.retrieval.sources.graph_fitting import (
    fit_companions,
    fit_onward,
    fit_step_then_text,
    fit_text_then_step,
    owned_matrix,
    text_steps,
    word_graph,
    word_vectors,
)
from tests.support.shops.counted import MOMENT, dense, past_of, unit_rows


def log_of(rows: list[tuple[int, int]], kind: int = PURCHASE, value: float = np.nan) -> Events:
    """(shopper, item), one a day."""
    users, items = np.array(rows).T
    count = len(rows)
    return Events(
        users.astype(np.int32), items.astype(np.int32), np.full(count, kind, dtype=np.int8),
        np.full(count, value, dtype=np.float32), MOMENT - DAY * np.arange(count, 0, -1),
    )  # fmt: skip


def steps_by_loop(vectors: NDArray[np.float32], count: int) -> NDArray[np.float64]:
    found = np.zeros((len(vectors), len(vectors)))
    for row in range(len(vectors)):
        cosines = {other: float(vectors[row] @ vectors[other]) for other in range(len(vectors)) if other != row}
        for other in sorted(cosines, key=lambda one: -cosines[one])[:count]:
            found[row, other] = max(cosines[other], 0) ** 4
    return np.asarray(found / np.maximum(found.sum(axis=1, keepdims=True), 1e-9))


@pytest.mark.parametrize(("texts", "count"), [(30, 5), (30, 40), (2, 20)])
def test_steps_go_to_the_nearest_texts_by_their_cosines(
    texts: int, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graph_fitting, "ROWS_AT_ONCE", 7)
    vectors = unit_rows(texts, texts)
    found = text_steps(vectors, count).toarray()
    np.testing.assert_allclose(found, steps_by_loop(vectors, count), atol=1e-4)
    assert not np.diag(found).any()


def test_one_text_or_texts_that_say_nothing_lead_nowhere() -> None:
    assert text_steps(unit_rows(0, 1)).nnz == 0
    assert text_steps(np.zeros((5, 3), dtype=np.float32)).nnz == 0
    assert text_steps(np.zeros((0, 3), dtype=np.float32)).shape == (0, 0)


def test_words_of_titles_weigh_by_how_rare_they_are() -> None:
    titles = ["Green tea, tea!", "black TEA", "green apple", "", "unique"]
    vectors = word_vectors(titles).toarray()
    counts = Counter(word for words in ({"green", "tea"}, {"black", "tea"}, {"green", "apple"}) for word in words)
    assert vectors.shape == (5, 2), "a word of one title alone says nothing"
    assert counts["green"] == counts["tea"] == 2
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), [1, 1, 1, 0, 0], atol=1e-6)
    np.testing.assert_allclose(vectors @ vectors.T, [
        [1, 0.5**0.5, 0.5**0.5, 0, 0], [0.5**0.5, 1, 0, 0, 0], [0.5**0.5, 0, 1, 0, 0], [0] * 5, [0] * 5,
    ], atol=1e-6)  # fmt: skip
    assert word_vectors([]).shape == (0, 0)


def test_titles_are_linked_to_the_nearest_by_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graph_fitting, "ROWS_AT_ONCE", 3)
    rng = np.random.default_rng(0)
    titles = [" ".join(rng.choice(list("abcdefgh"), 3)) for _ in range(20)]
    words = word_vectors(titles)
    cosines = (words @ words.T).toarray()
    np.fill_diagonal(cosines, 0)
    whole = dense(word_graph(words, 99), 20)
    np.testing.assert_allclose(whole, cosines, atol=1e-5)
    cut = dense(word_graph(words, 2), 20)
    assert ((cut > 0).sum(axis=1) <= 2).all()
    np.testing.assert_allclose(cut.max(axis=1), cosines.max(axis=1), atol=1e-5)


def test_a_shopper_has_an_item_once_and_not_what_they_rated_badly() -> None:
    owned = owned_matrix(past_of(False, log_of([(0, 1), (0, 1), (0, 2), (2, 5)]))).toarray()
    assert owned.shape == (3, 60)
    assert sorted(zip(*np.nonzero(owned), strict=True)) == [(0, 1), (0, 2), (2, 5)]
    assert owned.max() == 1
    assert not owned_matrix(past_of(False, log_of([(0, 1)], RATING, 1.0))).nnz


def test_only_a_shoppers_latest_items_belong_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graph_fitting, "MOST_SHARED", 2)
    owned = owned_matrix(past_of(False, log_of([(0, 1), (0, 2), (0, 3), (1, 4)]))).toarray()
    assert sorted(zip(*np.nonzero(owned), strict=True)) == [(0, 2), (0, 3), (1, 4)]


def test_companions_are_items_of_one_shopper_shared_by_their_number() -> None:
    past = past_of(False, log_of([(0, 1), (0, 2), (0, 3), (1, 1), (1, 2), (2, 7)]))
    graph = fit_companions(past)
    assert graph is not None
    owned = owned_matrix(past).toarray()
    rare = 1 / np.sqrt(owned.sum(axis=0) + 1)
    expected = np.outer(rare, rare) * (owned.T @ np.diag(1 / owned.sum(axis=1)) @ owned)
    np.fill_diagonal(expected, 0)
    np.testing.assert_allclose(dense(graph, 60), expected, atol=1e-6)


def test_second_steps_are_products_of_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graph_fitting, "ROWS_AT_ONCE", 11)
    past = past_of(repeats=False)
    steps = dense(past.statistics.transitions, 60)
    texts = text_steps(past.text_MT[past.text_row_N]).toarray()
    for fit, product in (
        (fit_onward, steps @ steps), (fit_step_then_text, steps @ texts), (fit_text_then_step, texts @ steps),
    ):  # fmt: skip
        graph = fit(past)
        assert graph is not None
        expected = product.copy()
        np.fill_diagonal(expected, 0)
        np.testing.assert_allclose(dense(graph, 60), expected, atol=1e-5)


def test_where_products_repeat_or_are_too_many_these_graphs_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    fits = (fit_companions, fit_onward, fit_step_then_text, fit_text_then_step)
    assert [fit(past_of(repeats=True)) for fit in fits] == [None] * 4
    monkeypatch.setattr(graph_fitting, "MOST_ITEMS", 59)
    past = past_of(repeats=False)
    assert [fit(past) is None for fit in fits] == [False, False, True, True]


def test_without_events_the_graphs_are_empty() -> None:
    past = past_of(repeats=False)
    nothing = past_of(False, past.events.before(0))
    for fit in (fit_companions, fit_onward, fit_text_then_step):
        graph = fit(replace(nothing))
        assert graph is not None
        assert (len(graph), graph.weights_E.size) == (60, 0)
