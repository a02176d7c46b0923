"""One account is one voice: what is popular, what follows and what goes together counts shoppers, not events."""

from collections.abc import Callable

import numpy as np
import pytest

from recommender.data.account_weights import DailyVisits
from recommender.data.event_weights import DAY, PURCHASE, VIEW
from recommender.models.counting.event_arrays import Events
from recommender.models.counting.item_statistics import Statistics, fit_statistics
from recommender.models.counting.sparse_graph import Graph

BOOK, MUG, VALVE, LAMP = 0, 1, 2, 3
ITEMS, UNTIL = 4, 100 * DAY
Rows = list[tuple[int, int, int]]  # shopper, item, second


def _fitted(rows: Rows, kind: int = PURCHASE) -> Statistics:
    users, items, times = np.array(sorted(rows, key=lambda row: (row[0], row[2]))).T
    nothing = np.full(len(rows), np.nan, dtype=np.float32)
    kinds = np.full(len(rows), kind, dtype=np.int8)
    return fit_statistics(Events(users.astype(np.int32), items.astype(np.int32), kinds, nothing, times), ITEMS, UNTIL)


def _weight(graph: Graph, row: int, column: int) -> float:
    span = slice(graph.indptr[row], graph.indptr[row + 1])
    return float(graph.weights_E[span][graph.indices_E[span] == column].sum())


def _people() -> Rows:
    """Thirty shoppers buy the book, of whom ten buy the mug with it; three the lamp."""
    rows = [(user, BOOK, (70 + user) * DAY) for user in range(30)]
    rows += [(user, MUG, (70 + user) * DAY + 60) for user in range(10)]
    return rows + [(user, LAMP, (70 + user) * DAY + 90) for user in range(10, 13)]


def every_five_minutes(user: int) -> Rows:
    return [(user, VALVE, UNTIL - 330 * (place + 1)) for place in range(5_000)]


def every_day_with_the_book(user: int) -> Rows:
    days = range(70, 100)
    return [(user, item, day * DAY + second) for day in days for second, item in ((0, BOOK), (30, VALVE))]


def all_at_once(user: int) -> Rows:
    return [(user, VALVE, 99 * DAY)] * 2_000


def in_turn_with_the_book(user: int) -> Rows:
    return [(user, (BOOK, VALVE)[place % 2], 99 * DAY + place) for place in range(2_000)]


LOUD = [every_five_minutes, every_day_with_the_book, all_at_once, in_turn_with_the_book]


@pytest.mark.parametrize("kind", [PURCHASE, VIEW])
@pytest.mark.parametrize("loud", LOUD)
def test_one_loud_account_is_heard_as_one(loud: Callable[[int], Rows], kind: int) -> None:
    stats = _fitted(_people() + loud(99), kind)
    quiet = _fitted(_people(), kind)
    for window in range(stats.popularity_NW.shape[1]):
        shoppers = stats.popularity_NW[:, window]
        assert shoppers[VALVE] < 5  # of the days, not of the events
    assert stats.popularity_NW[BOOK, 1] > stats.popularity_NW[MUG, 1] > stats.popularity_NW[VALVE, 1]
    assert stats.total_N[MUG] > stats.total_N[VALVE]
    assert stats.total_N[BOOK] <= quiet.total_N[BOOK] + 5
    for graph in (stats.occasions, stats.transitions):
        assert _weight(graph, BOOK, MUG) > _weight(graph, BOOK, VALVE)


def test_a_shopper_who_buys_once_counts_one_and_one_who_comes_back_a_little_more() -> None:
    once = _fitted([(0, MUG, 95 * DAY)])
    twice_a_day = _fitted([(0, MUG, 95 * DAY), (0, MUG, 95 * DAY + 9)])
    weekly = _fitted([(0, MUG, day * DAY) for day in (73, 80, 87, 94)])
    assert once.popularity_NW[MUG, 1] == twice_a_day.popularity_NW[MUG, 1] == 1
    assert weekly.popularity_NW[MUG, 1] == pytest.approx(1 + np.log(4))


def test_the_order_of_the_events_tells_nothing() -> None:
    rng = np.random.default_rng(3)
    users, items, times = rng.integers(0, 5, 200), rng.integers(0, ITEMS, 200), rng.integers(0, UNTIL, 200)
    weights = rng.random(200).astype(np.float32)
    order = rng.permutation(200)
    plain = DailyVisits.of(users, items, times).once_a_day(weights)
    shuffled = DailyVisits.of(users[order], items[order], times[order]).once_a_day(weights[order])
    np.testing.assert_allclose(shuffled, plain[order], rtol=1e-6)
    for user, item, day in {(u, i, t // DAY) for u, i, t in zip(users, items, times, strict=True)}:
        assert plain[(users == user) & (items == item) & (times // DAY == day)].sum() <= 1 + 1e-6
