"""Columns of repeat buying, counted by hand; and what is offered as new follows what sells more than it did."""

import numpy as np

from recommender.ranker.batch import Batch
from recommender.ranker.cycles import Cycles
from recommender.ranker.habits import Purchases, habits
from recommender.ranker.items import ItemFacts, item_facts
from recommender.ranker.log import Floats, Log, Queries, at_moment
from recommender.ranker.sources import fit_sources

ITEMS = 12


def facts() -> ItemFacts:
    return item_facts(np.zeros((ITEMS, 4), dtype=np.float32), [""] * ITEMS, [""] * ITEMS, [["shop"]] * ITEMS)


def shop() -> Log:
    """Shopper 0 buys item 1 weekly and item 2 once; others buy about."""
    rng = np.random.default_rng(3)
    first = (np.array([1, 1, 2, 1, 1]), np.array([0.5, 7.5, 7.6, 14.5, 21.5]))
    items = np.concatenate([first[0], rng.integers(0, ITEMS, 20 * 30)])
    times = np.concatenate([first[1], np.sort(rng.random((20, 30)) * 60, axis=1).ravel()])
    return Log.of(np.concatenate([np.zeros(5, dtype=np.int64), np.repeat(np.arange(1, 21), 30)]), items, times, 21)


def asked(log: Log, moment: float = 25.0) -> tuple[Batch, dict[str, Floats]]:
    sources = fit_sources(facts(), log, True, moment=60.0)
    queries = Queries(log, np.array([0]), log.bounds_U[[0]] + 5, np.array([moment]))
    batch = Batch(sources, queries)
    rows = np.array([[1, 2, 5]])
    assert sources.cycles is not None
    return batch, {name: np.asarray(values[0]) for name, values in habits(batch, rows, sources.cycles)}


def test_purchases_are_counted_by_days_and_by_trips() -> None:
    batch, found = asked(shop())
    assert found["own of 0 to 7 days"].tolist() == [1, 0, 0]
    assert found["own of 14 to 21 days"].tolist() == [1, 1, 0]
    assert (found["own of 3 trips"] * 3).round().tolist() == [3, 1, 0]  # days 21, 14 and 7
    assert np.exp(found["own trips since"])[:2].round().tolist() == [1, 3]
    assert Purchases(batch, np.array([[1, 2]])).trip_H.tolist() == [1, 2, 3, 3, 4]


def test_regular_buying_is_due_when_its_gap_is_over() -> None:
    _, early = asked(shop(), 22.0)
    _, late = asked(shop(), 40.0)
    assert early["due by gap"][0] < late["due by gap"][0]
    assert early["gap spread"][0] == 0
    assert early["gap spread"][1] == -1
    assert early["due by gap"][2] == -4
    assert early["back"][2] == 0


def test_every_column_is_finite_for_who_never_came() -> None:
    log = shop()
    sources = fit_sources(facts(), log, True, moment=60.0)
    queries = Queries(log, np.array([0]), log.bounds_U[[0]], np.array([25.0]))
    rows = np.array([[1, 2, 5]])
    cycles = Cycles.fit(log, facts(), 60.0)
    assert all(np.isfinite(values).all() for _, values in habits(Batch(sources, queries), rows, cycles))


def test_what_sells_more_than_it_did_comes_earlier_among_new_products() -> None:
    """Two products with the same buyers; one of them sells again lately, to somebody else."""
    users, items, times = [], [], []
    for user in range(30):
        users += [user] * 5
        items += [0, 1, 2, 3, 0]
        times += [1.0, 2.0, 3.0, 4.0, 150.0]
    users += [30] * 7
    items += [0] + [2] * 6
    times += [1.0] + [190.0 + step for step in range(6)]
    users += [31]
    items += [0]
    times += [150.0]
    log = Log.of(np.array(users), np.array(items), np.array(times), 32)
    batch = Batch(fit_sources(facts(), log, True, moment=200.0), at_moment(log, np.array([31]), 200.0))
    rising = batch.rising[0]
    assert rising[2] > 2 * rising[3]
    assert batch.untried[0, 2] > batch.untried[0, 3] > 0


def test_own_items_keep_to_their_part_of_the_candidates() -> None:
    log = shop()
    batch = Batch(fit_sources(facts(), log, True, moment=60.0), at_moment(log, np.arange(1, 21), 60.0))
    rows = batch.candidates(5)
    own = np.take_along_axis(batch.own.toarray(), rows, axis=1) > 0
    assert (own[:, :2]).all()
    most_own_there = ITEMS - (batch.own.toarray() > 0).sum(axis=1)  # who has tried all gets own ones only
    assert (own.sum(axis=1) == np.maximum(2, 5 - most_own_there)).all()
