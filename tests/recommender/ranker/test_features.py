"""Columns of candidates: named, finite, and blind to what follows the query's moment."""

import numpy as np
import pytest

from recommender.ranker.batch import Batch
from recommender.ranker.features import columns
from recommender.ranker.items import ItemFacts, item_facts
from recommender.ranker.log import Floats, Ints, Log, Queries, at_end
from recommender.ranker.sources import Sources, fit_sources

ITEMS = 30


def small_facts() -> ItemFacts:
    vectors = np.random.default_rng(5).standard_normal((ITEMS, 6)).astype(np.float32)
    titles = [f"thing {item % 4} {item}" for item in range(ITEMS)]
    brands = [f"b{item % 3}" if item % 5 else "" for item in range(ITEMS)]
    paths = [["home", f"c{item % 4}"] for item in range(ITEMS)]
    return item_facts(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), titles, brands, paths)


def small_log(repeats: bool) -> Log:
    rng = np.random.default_rng(6)
    users = np.repeat(np.arange(40), 8)
    pool = 6 if repeats else ITEMS
    items = np.concatenate([(rng.choice(pool, 8, replace=repeats) + 3 * user) % ITEMS for user in range(40)])
    return Log.of(users, items, np.tile(np.arange(8) * 9.0, 40) + rng.random(320), 40)


def asked(sources: Sources, log: Log) -> tuple[list[str], Floats, Ints]:
    batch = Batch(sources, at_end(log, np.arange(10)))
    rows = batch.candidates(ITEMS)
    return *columns(batch, rows), rows


@pytest.mark.parametrize("repeats", [False, True])
def test_every_column_has_a_name_and_a_finite_value(repeats: bool) -> None:
    log = small_log(repeats)
    names, values, rows = asked(fit_sources(small_facts(), log, repeats), log)
    assert len(names) == len(set(names)) == values.shape[2]
    assert values.shape[:2] == rows.shape == (10, ITEMS)
    assert np.isfinite(values).all()
    assert ("own since" in names) == repeats


def test_windows_end_at_the_moment() -> None:
    log = small_log(False)
    sources = fit_sources(small_facts(), log, False)
    queries = Queries(log, np.array([0, 1]), log.bounds_U[[0, 1]] + 3, np.array([20.0, 30.0]))
    batch = Batch(sources, queries)
    rows = np.tile(np.arange(ITEMS), (2, 1))
    names, values = columns(batch, rows)
    counted = np.expm1(values[:, :, names.index("popularity of 400 days")])
    for row, moment in enumerate(queries.moments_Q):
        expected = np.bincount(log.items_L[log.times_L <= moment], minlength=ITEMS)
        np.testing.assert_allclose(counted[row], expected, atol=1e-3)


def test_a_later_event_of_the_shopper_changes_nothing() -> None:
    """The same sources, and a log with or without what the shopper did after the query."""
    log = small_log(True)
    sources = fit_sources(small_facts(), log, True, moment=90.0)
    users, rows = np.arange(10), np.tile(np.arange(ITEMS), (10, 1))
    ends, moments = log.bounds_U[users] + 5, np.full(10, 40.0)
    whole = columns(Batch(sources, Queries(log, users, ends, moments)), rows)
    cut = log.kept(np.arange(len(log.items_L)) - log.bounds_U[log.users_L] < 5)
    short = columns(Batch(sources, Queries(cut, users, cut.bounds_U[users] + 5, moments)), rows)
    assert whole[0] == short[0]
    np.testing.assert_array_equal(whole[1], short[1])


def test_own_purchases_are_counted_and_dated() -> None:
    log = Log.of(np.zeros(3, dtype=np.int64), np.array([2, 2, 7]), np.array([0.0, 10.0, 15.0]), 1)
    sources = fit_sources(small_facts(), small_log(True), True, moment=100.0)
    batch = Batch(sources, Queries(log, np.array([0]), np.array([3]), np.array([20.0])))
    names, values = columns(batch, np.array([[2, 7, 9]]))
    of = {name: values[0, :, place].round(2).tolist() for place, name in enumerate(names)}
    assert of["own"] == [2, 1, 0]
    assert of["own since"] == [10, 5, 400]
    assert of["own gap"] == [10, 0, 0]
    assert of["due"] == [1, -1, -1]
    assert of["new to the shopper"] == [0, 0, 1]


def test_what_the_shopper_has_is_no_candidate_unless_products_repeat() -> None:
    log = small_log(False)
    batch = Batch(fit_sources(small_facts(), log, False), at_end(log, np.arange(4)))
    rows = batch.candidates(10)
    for query in range(4):
        own = log.items_L[log.bounds_U[query] : log.bounds_U[query + 1]]
        assert not set(rows[query]) & set(own)
