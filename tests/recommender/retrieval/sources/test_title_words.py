"""Words that titles share, against dense products of titles; items that came after the model have none."""

import numpy as np

from recommender.retrieval import SOURCES
from recommender.retrieval.sources.graph_fitting import word_vectors
from recommender.retrieval.sources.title_words import VIEWS
from tests.support.shops.counted import bundle_with_new_items, counted_bundle, past_of, query_of

SOURCE = SOURCES["words"]


def test_a_candidates_title_is_held_against_the_history_s() -> None:
    query = query_of("u1", counted_bundle(repeats=False))
    words = word_vectors(query.bundle.catalogue.titles).toarray().astype(np.float64)
    for view, told in zip(VIEWS, SOURCE.values(query, np.arange(60)), strict=True):
        expected = words @ (query.weights[view] @ words[query.shopper.rows_K])
        np.testing.assert_allclose(told, expected, atol=1e-5)
        assert np.any(expected > 0)


def test_it_finds_items_whose_titles_share_words_with_the_latest() -> None:
    query = query_of("u1", counted_bundle(repeats=False))
    found = SOURCE.retrieve(query)
    assert found is not None
    words = word_vectors(query.bundle.catalogue.titles).toarray()
    shared = words @ words[query.shopper.rows_K[query.weights["near"] > 0]].T
    assert set(found.tolist()) == {row for row in np.flatnonzero(query.free_N).tolist() if shared[row].any()}


def test_an_item_that_came_later_shares_no_words() -> None:
    query = query_of("u1", bundle_with_new_items(repeats=False), context=("new-0",))
    told = [np.asarray(values) for values in SOURCE.values(query, np.array([60, 0, 62]))]
    assert all(not values[[0, 2]].any() for values in told)
    assert all(len(values) == 3 for values in told)


def test_only_shops_that_are_not_come_back_to_learn_words() -> None:
    repeating = past_of(repeats=True)
    assert SOURCE.fit_graph(repeating) is None
    assert SOURCE.fit_tensors(repeating) == {}
    assert not SOURCE.is_active(counted_bundle())
    assert SOURCE.is_active(counted_bundle(repeats=False))
