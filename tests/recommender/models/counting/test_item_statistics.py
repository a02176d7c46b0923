"""What is counted of a log, against counting it plainly: visits, shared visits, shoppers alike."""

import numpy as np
from numpy.typing import NDArray

from recommender.data.event_weights import DAY, PURCHASE
from recommender.models.counting.event_arrays import Events
from recommender.models.counting.item_statistics import Statistics, fit_statistics
from recommender.models.counting.sparse_graph import Graph

ITEMS = 8


def _events(rows: list[tuple[int, int, int]]) -> Events:
    """(shopper, day, item), in order of shopper and day."""
    users, days, items = np.array(rows).T
    count = len(rows)
    return Events(
        users.astype(np.int32),
        items.astype(np.int32),
        np.full(count, PURCHASE, dtype=np.int8),
        np.full(count, np.nan, dtype=np.float32),
        days.astype(np.int64) * DAY,
    )


def _fitted(rows: list[tuple[int, int, int]]) -> Statistics:
    return fit_statistics(_events(rows), ITEMS, 30 * DAY)


def _dense(graph: Graph, columns: int) -> NDArray[np.float64]:
    dense = np.zeros((len(graph), columns))
    for row in range(len(graph)):
        span = slice(graph.indptr[row], graph.indptr[row + 1])
        dense[row, graph.indices_E[span]] = graph.weights_E[span]
    return dense


def test_items_of_one_visit_belong_together_and_others_dont() -> None:
    stats = _fitted([(0, 1, 0), (0, 1, 1), (0, 9, 2), (1, 1, 3), (1, 1, 4), (1, 1, 5)])
    together = _dense(stats.occasions, ITEMS) > 0
    expected = np.zeros((ITEMS, ITEMS), dtype=bool)
    for one, other in ((0, 1), (3, 4), (3, 5), (4, 5)):
        expected[one, other] = expected[other, one] = True
    np.testing.assert_array_equal(together, expected)


def test_a_later_visit_and_a_smaller_one_say_more() -> None:
    stats = _fitted([(0, 1, 0), (0, 1, 1), (0, 29, 0), (0, 29, 2), (1, 29, 0), (1, 29, 4), (1, 29, 5), (1, 29, 6)])
    weights = _dense(stats.occasions, ITEMS)[0]
    assert weights[2] > weights[1] > 0
    assert weights[2] > weights[4] > 0


def test_the_usual_size_of_a_visit() -> None:
    assert _fitted([(0, 1, 0), (0, 1, 1), (0, 1, 2), (0, 5, 0), (1, 1, 1), (1, 1, 2), (1, 1, 3)]).visit_size == 3
    assert fit_statistics(_events([(0, 1, 0)]).before(0), ITEMS, DAY).visit_size == 1


def test_only_what_was_bought_lately_is_told() -> None:
    rows = [(0, 1, 0), (0, 29, 1), (1, 1, 0), (1, 29, 1)]
    events = _events(rows)
    stats = fit_statistics(events, ITEMS, 70 * DAY)  # day 1 lies more than 56 days back
    for flow in stats.user_knn.flows(np.array([0, 1]), np.ones(2, dtype=np.float32)):
        assert flow.everywhere(ITEMS)[0] == 0


def test_what_came_after_counts_for_more_than_what_came_before() -> None:
    follows = _dense(_fitted([(user, day, day) for user in range(20) for day in (1, 2, 3)]).transitions, ITEMS)
    assert follows[2, 3] > 2 * follows[2, 1] > 0


def test_the_order_of_a_basket_tells_nothing() -> None:
    """All baskets name 1 before 2, as a file sorted by product does; 0 comes a day earlier, 3 a day later."""
    rows = [(user, day, item) for user in range(400) for day, item in ((1, 0), (2, 1), (2, 2), (3, 3))]
    follows = _dense(_fitted(rows).transitions, ITEMS)
    np.testing.assert_allclose(follows[1, 2], follows[2, 1], rtol=0.1)
    np.testing.assert_allclose(follows[1, 3], follows[2, 3], rtol=0.1)
    assert follows[1, 3] > 2 * follows[1, 0] > 0
