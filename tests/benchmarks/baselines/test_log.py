"""Behaviour as arrays: what a query sees of it, and how much of it counts."""

from itertools import permutations

import numpy as np
import pytest

from benchmarks.baselines.log import Log, Queries, at_end, at_moment

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


def tied(items: list[int]) -> Log:
    """A shopper of three visits: of one item, of two, and of three; and one of a single visit."""
    times = np.array([1.0, 2.0, 2.0, 3.0, 3.0, 3.0, 3.0, 3.0])
    return Log.of(np.array([0, 0, 0, 0, 0, 0, 1, 1]), np.array(items), times, shoppers=2)


def test_another_order_moves_tied_events_only() -> None:
    log = tied([0, 1, 2, 3, 4, 5, 6, 7])
    assert log.has_ties
    assert not LOG.has_ties
    assert log.firsts_L.tolist() == [0, 1, 1, 3, 3, 3, 6, 6]
    orders = [log.reordered(seed) for seed in range(20)]
    assert {tuple(order.items_L[3:6]) for order in orders} > {(3, 4, 5), (5, 4, 3)}
    for order in orders:
        assert order.items_L[0] == 0
        assert [set(order.items_L[part]) for part in (slice(1, 3), slice(3, 6), slice(6, 8))] == [
            {1, 2}, {3, 4, 5}, {6, 7}
        ]  # fmt: skip


@pytest.mark.parametrize("last", [1, 2, 4, 50])
def test_histories_are_what_all_orders_of_ties_come_to(last: int) -> None:
    users = np.array([0, 1])
    weights = at_end(tied([0, 1, 2, 3, 4, 5, 6, 7]), users).by_place(8, 0.5, last).toarray()
    orders = [[0, *two, *three, *other] for two in permutations([1, 2]) for three in permutations([3, 4, 5])
              for other in permutations([6, 7])]  # fmt: skip
    expected = np.zeros((2, 8))
    for items in orders:
        for user, own in enumerate((items[:6], items[6:])):
            for back, item in enumerate(own[::-1][:last]):
                expected[user, item] += 0.5**back / len(orders)
    np.testing.assert_allclose(weights, expected, rtol=1e-6)


def test_a_query_knows_only_the_tied_events_before_it() -> None:
    queries = Queries(tied([0, 1, 2, 3, 4, 5, 6, 7]), np.array([0, 1]), np.array([4, 6]), np.array([3.0, 3.0]))
    known = [0.125, 0.375, 0.375, 1.0, 0.0, 0.0, 0.0, 0.0]
    assert queries.by_place(8, 0.5).toarray().tolist() == [known, [0.0] * 8]


def test_a_log_without_events_has_no_ties() -> None:
    nobody = Log.of(*(np.empty(0, dtype=np.int64),) * 2, np.empty(0), 2)
    assert not nobody.has_ties
    assert Queries(nobody, np.array([1]), np.array([0]), np.array([1.0])).by_place(3, 0.5).nnz == 0
