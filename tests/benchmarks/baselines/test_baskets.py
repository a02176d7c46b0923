"""TIFU-KNN's weights: a basket counts once, later baskets and later groups count more."""

import numpy as np

from benchmarks.baselines.baskets import BETWEEN, GROUPS, WITHIN, basket_weights
from benchmarks.baselines.log import Floats, Log, at_end


def weights(items: list[int], days: list[float]) -> Floats:
    log = Log.of(np.zeros(len(items), dtype=np.int64), np.array(items), np.array(days), 1)
    found: Floats = basket_weights(at_end(log, np.array([0])), 10).toarray()[0]
    return found


def test_an_item_counts_once_a_basket() -> None:
    np.testing.assert_allclose(weights([3, 3, 4], [1.0, 1.2, 1.5])[[3, 4]], [1, 1])


def test_groups_fade_where_there_are_few_baskets() -> None:
    found = weights([1, 2], [1.0, 5.0])
    np.testing.assert_allclose(found[[2, 1]], [1 / 2, BETWEEN / 2], rtol=1e-6)


def test_baskets_fade_within_a_group() -> None:
    days = np.arange(2.0 * GROUPS)
    found = weights([0] * (2 * GROUPS - 2) + [1, 2], days.tolist())
    np.testing.assert_allclose(found[[2, 1]], [1 / 2 / GROUPS, WITHIN / 2 / GROUPS], rtol=1e-6)
