"""EASE against its closed form on the side of items, as Steck wrote it; who takes part, and which shops have it."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.typing import NDArray

from recommender.data.event_weights import DAY, PURCHASE
from recommender.models.counting.event_arrays import Events
from recommender.retrieval.sources.ease import LEAST_BUYERS, RECENT_PENALTY, fit_ease, solve
from tests.support.shops.counted import MOMENT, dense, past_of


def closed_form(bought_US: NDArray[np.float32], penalty: float) -> NDArray[np.float64]:
    """B = I - P / diag(P) of P = (X'X + penalty)^-1, where B[i, j] leads from i to j."""
    gram_SS = bought_US.T.astype(np.float64) @ bought_US
    inverse_SS = np.linalg.inv(gram_SS + penalty * np.eye(len(gram_SS)))
    weights_SS = -inverse_SS / np.diag(inverse_SS)
    np.fill_diagonal(weights_SS, 0)
    return weights_SS


def purchases(days_ago: dict[int, float], items: dict[int, list[int]]) -> Events:
    """Each shopper bought their items so many days before now."""
    rows = [(user, item, MOMENT - int(days_ago[user] * DAY)) for user in sorted(items) for item in items[user]]
    users, rows_of, times = np.array(rows).T
    count = len(rows)
    return Events(
        users.astype(np.int32), rows_of.astype(np.int32), np.full(count, PURCHASE, dtype=np.int8),
        np.full(count, np.nan, dtype=np.float32), times.astype(np.int64),
    )  # fmt: skip


@pytest.mark.parametrize(("seed", "shoppers", "items"), [(0, 12, 8), (1, 5, 9), (2, 40, 3)])
def test_the_side_of_shoppers_gives_what_the_side_of_items_does(seed: int, shoppers: int, items: int) -> None:
    rng = np.random.default_rng(seed)
    bought = ((rng.random((shoppers, items)) < 0.4) * rng.random((shoppers, items))).astype(np.float32)
    found = solve(sp.csr_matrix(bought), 2.0, keep=items).toarray()
    np.testing.assert_allclose(found, closed_form(bought, 2.0).clip(min=0), atol=1e-5)


def test_each_row_keeps_its_greatest_weights() -> None:
    bought = (np.random.default_rng(3).random((30, 10)) < 0.5).astype(np.float32)
    expected = closed_form(bought, 1.0).clip(min=0)
    kept = solve(sp.csr_matrix(bought), 1.0, keep=2)
    for row in range(10):
        best = np.sort(expected[row])[::-1][:2]
        np.testing.assert_allclose(np.sort(kept[row].data)[::-1], best[best > 0], atol=1e-5)


def test_what_is_bought_together_leads_to_each_other_and_rare_items_take_no_part() -> None:
    items = {user: [0, 1] for user in range(8)} | {8: [2, 3], 9: [2, 3], 10: [4], 11: [4], 12: [4]}
    past = past_of(True, purchases(dict.fromkeys(items, 1.0), items))
    graph = fit_ease(past, recent=False)
    assert graph is not None
    links = dense(graph, 60)
    assert links[0, 1] > 0
    assert links[1, 0] > 0
    assert LEAST_BUYERS > 2
    assert not links[2:].any(), "two shoppers are too few; who shares nothing leads nowhere"


def test_what_was_bought_long_ago_counts_less_where_now_is_asked() -> None:
    items = {user: [0, 1] for user in range(6)} | {user: [2, 3] for user in range(6, 12)}
    days = {user: 1.0 if user < 6 else 500.0 for user in items}
    past = past_of(True, purchases(days, items))
    now, ever = (fit_ease(past, recent) for recent in (True, False))
    assert now is not None
    assert ever is not None
    now_NN, ever_NN = dense(now, 60), dense(ever, 60)
    assert now_NN[0, 1] > 10 * now_NN[2, 3]
    assert ever_NN[0, 1] == pytest.approx(ever_NN[2, 3])
    weight = 2.0 ** (-1 / 90)  # of a purchase of yesterday
    expected = closed_form(np.full((6, 2), weight**0.5, dtype=np.float32), RECENT_PENALTY)[0, 1]
    assert now_NN[0, 1] == pytest.approx(expected, rel=1e-3)


def test_a_shop_that_is_not_come_back_to_or_has_no_events_has_none() -> None:
    assert fit_ease(past_of(repeats=False), recent=True) is None
    past = past_of(repeats=True)
    assert fit_ease(replace(past, events=past.events.before(0)), recent=True) is None
    assert fit_ease(past_of(True, purchases({0: 1.0}, {0: [5, 6]})), recent=False) is None
