"""Pairs of items, counted by loops over shoppers: which follows which, and which share a visit."""

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from recommender.data.event_weights import DAY, PURCHASE
from recommender.models.counting import item_graphs
from recommender.models.counting.event_arrays import Events
from recommender.models.counting.item_graphs import fit_occasions, fit_transitions, number_visits
from tests.support.shops.counted import dense

ITEMS, UNTIL = 6, 40 * DAY


def drawn(seed: int, tied: bool = False) -> tuple[Events, NDArray[np.float32]]:
    """Five shoppers of ten events each, at different times unless tied, and weights of the events."""
    rng = np.random.default_rng(seed)
    users = np.repeat(np.arange(5), 10)
    steps = rng.integers(0, 2, 50) * DAY if tied else rng.integers(600, DAY, 50)
    times = np.concatenate([np.cumsum(part) for part in np.split(steps, 5)]) + 20 * DAY
    events = Events(
        users.astype(np.int32), rng.integers(0, ITEMS, 50).astype(np.int32), np.full(50, PURCHASE, dtype=np.int8),
        np.full(50, np.nan, dtype=np.float32), times.astype(np.int64),
    )  # fmt: skip
    return events, rng.random(50).astype(np.float32)


def half(times: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.asarray(0.5 ** ((UNTIL - times) / DAY / 120))


def followers_by_loop(events: Events, weights: NDArray[np.float32]) -> NDArray[np.float64]:
    found, aged = np.zeros((ITEMS, ITEMS)), weights * half(events.times)
    for before in range(len(events)):
        for step in range(1, 9):
            after = before + step
            if after < len(events) and events.users[before] == events.users[after]:
                one, other = events.items[before], events.items[after]
                if one != other:
                    found[one, other] += aged[after] * weights[before] ** 0.5 * 0.8 ** (step - 1)
    return found


@pytest.mark.parametrize("seed", range(3))
def test_what_follows_is_counted_as_by_a_loop(seed: int) -> None:
    events, weights = drawn(seed)
    graph, flow_N = fit_transitions(events, weights, ITEMS, UNTIL)
    total = followers_by_loop(events, weights)
    total = total + 0.4 * total.T
    np.testing.assert_allclose(flow_N, total.sum(axis=1) + 1, rtol=1e-4)
    np.testing.assert_allclose(dense(graph, ITEMS), total / flow_N[:, None], rtol=1e-3, atol=1e-6)


def test_events_of_one_moment_lead_both_ways_alike() -> None:
    users = np.repeat(np.arange(300), 2).astype(np.int32)
    items = np.tile([0, 1], 300).astype(np.int32)
    same = Events(
        users, items, np.full(600, PURCHASE, dtype=np.int8), np.full(600, np.nan, np.float32), np.full(600, UNTIL)
    )
    steps = dense(fit_transitions(same, np.ones(600, dtype=np.float32), ITEMS, UNTIL)[0], ITEMS)
    assert steps[0, 1] == pytest.approx(steps[1, 0], rel=0.1)
    assert steps[2:].sum() == 0


def test_visits_are_days_of_a_shopper() -> None:
    events, _ = drawn(4, tied=True)
    visits = number_visits(events)
    expected, number = [0], 0
    for one, other in pairwise(range(len(events))):
        number += (events.users[one], events.times[one] // DAY) != (events.users[other], events.times[other] // DAY)
        expected.append(number)
    assert visits.tolist() == expected


@pytest.mark.parametrize("seed", range(3))
def test_what_shares_a_visit_is_counted_as_by_a_loop(seed: int) -> None:
    events, weights = drawn(seed, tied=True)
    visits, total = number_visits(events), np.zeros((ITEMS, ITEMS))
    for visit in range(int(visits.max()) + 1):
        mine = np.flatnonzero(visits == visit)
        chosen = np.zeros(ITEMS)
        for place in mine:
            chosen[events.items[place]] += weights[place]
        chosen = np.minimum(chosen, 1)
        total += np.outer(chosen, chosen) * half(events.times[mine[-1]]) / max(chosen.sum(), 1) ** 0.5
    np.fill_diagonal(total, 0)
    graph = fit_occasions(events, weights, ITEMS, UNTIL)
    np.testing.assert_allclose(
        dense(graph, ITEMS), total / np.sqrt(total.sum(axis=1) + 1)[:, None], rtol=1e-3, atol=1e-6
    )


def test_of_a_huge_visit_only_the_latest_belong_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(item_graphs, "MOST_OF_A_VISIT", 2)
    events = Events(
        np.zeros(3, dtype=np.int32), np.arange(3, dtype=np.int32), np.full(3, PURCHASE, dtype=np.int8),
        np.full(3, np.nan, dtype=np.float32), np.full(3, UNTIL - DAY),
    )  # fmt: skip
    linked = dense(fit_occasions(events, np.ones(3, dtype=np.float32), ITEMS, UNTIL), ITEMS)
    assert sorted(zip(*(part.tolist() for part in np.nonzero(linked)), strict=True)) == [(1, 2), (2, 1)]


def test_no_events_and_one_event_lead_nowhere() -> None:
    events, weights = drawn(0)
    for count in (0, 1):
        few, light = events.take(np.arange(count)), weights[:count]
        graph, flow_N = fit_transitions(few, light, ITEMS, UNTIL)
        assert graph.weights_E.size == 0
        assert flow_N.tolist() == [1] * ITEMS
        assert fit_occasions(few, light, ITEMS, UNTIL).weights_E.size == 0
