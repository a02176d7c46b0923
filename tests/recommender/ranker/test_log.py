"""Behaviour as arrays: what a query sees of it, and how much of it counts."""

import numpy as np
import pytest

from recommender.ranker.log import Log, Queries, at_end, at_moment

LOG = Log.of(np.array([0, 0, 0, 2, 2]), np.array([4, 1, 4, 0, 2]), np.array([1.0, 2.0, 5.0, 3.0, 9.0]), shoppers=3)


def test_a_shopper_without_events_has_none() -> None:
    assert LOG.lengths_U.tolist() == [3, 0, 2]
    assert LOG.users_L.tolist() == [0, 0, 0, 2, 2]


def test_parts_of_a_log_keep_its_shoppers() -> None:
    assert LOG.without_last(2).items_L.tolist() == [4]
    assert LOG.before(5.0).items_L.tolist() == [4, 1, 0]
    assert LOG.without_last(np.array([3, 1, 1])).lengths_U.tolist() == [0, 0, 1]


def test_repeats_and_visits_are_measured() -> None:
    assert LOG.repeat_share == pytest.approx(1 / 5)
    baskets = Log.of(np.zeros(6, dtype=np.int64), np.arange(6), np.array([0.1, 0.2, 0.3, 4.1, 4.2, 4.3]), 1)
    assert baskets.visit_size == 3


def test_a_query_sees_its_past_only() -> None:
    queries = Queries(LOG, np.array([0, 2]), np.array([2, 5]), np.array([2.0, 9.0]))
    weights = queries.by_place(5, 0.5).toarray()
    assert weights.tolist() == [[0, 1, 0, 0, 0.5], [0.5, 0, 1, 0, 0]]
    latest, there = queries.latest(3)
    assert latest[there].tolist() == [1, 4, 2, 0]
    assert there.sum(axis=1).tolist() == [2, 2]


def test_the_past_fades_with_time() -> None:
    queries = at_moment(LOG, np.array([0]), 5.0)
    weights = queries.by_age(5, half_life_days=1.0).toarray()
    np.testing.assert_allclose(weights, [[0, 2**-3, 0, 0, 1 + 2**-4]])


def test_at_end_stands_at_the_last_event() -> None:
    queries = at_end(LOG, np.array([0, 2]))
    assert queries.moments_Q.tolist() == [5.0, 9.0]
    assert queries.lengths_Q.tolist() == [3, 2]
