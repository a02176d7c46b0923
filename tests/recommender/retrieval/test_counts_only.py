"""A model of counts alone: its ranker is a plain sum, bought again is counted by hand, and nothing later is read."""

from datetime import datetime, timedelta

import numpy as np
import pytest
from numpy.typing import NDArray

from recommender.data.event_weights import DAY, PURCHASE, VIEW
from recommender.models.bundle import ModelBundle
from recommender.models.counting.event_arrays import Events
from recommender.retrieval import retrieve
from recommender.retrieval.columns import check_columns, feature_matrix
from recommender.retrieval.counts_only import (
    COUNTS_ONLY,
    LOWEST,
    MOST_OF_BOUGHT,
    WEIGHTS,
    counts_only,
    plain_sum,
    worth_of_bought,
)
from recommender.search.model_free_vectors import FirstTexts
from tests.support.shops.counted import query_of, shop_log, unit_rows
from tests.support.shops.shop import SHOP_UNTIL, shop_catalogue


def log_of(rows: list[tuple[int, int, int]], kind: int = PURCHASE) -> Events:
    """(shopper, item, day), in order of shopper and day."""
    users, items, days = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    count = len(rows)
    return Events(
        users.astype(np.int32), items.astype(np.int32), np.full(count, kind, dtype=np.int8),
        np.full(count, np.nan, dtype=np.float32), days * DAY,
    )  # fmt: skip


def counted(events: Events, until: datetime = SHOP_UNTIL) -> ModelBundle:
    texts = FirstTexts("drawn", unit_rows(1, 60), np.arange(60, dtype=np.int32), 2)
    return counts_only(shop_catalogue(), texts, events, until)


def scores_of(bundle: ModelBundle, user: str | None) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    query = query_of(user, bundle)
    candidates = retrieve(bundle, query.shopper, np.zeros(bundle.width, dtype=np.float32), np.ones(60, dtype=bool))
    return candidates.rows_C, feature_matrix(bundle, candidates)


def test_a_plain_sum_is_the_weighted_sum_of_columns() -> None:
    ranker = plain_sum(("a", "b", "c"), {"c": -2.0, "a": 0.5})
    rows_CF = np.random.default_rng(0).normal(0, 3, (20, 3)).astype(np.float32)
    np.testing.assert_allclose(ranker.score(rows_CF), LOWEST + rows_CF @ [0.5, 0, -2.0], atol=1e-4)
    assert len(ranker.score(rows_CF[:0])) == 0
    with pytest.raises(KeyError, match="no column d"):
        plain_sum(("a",), {"d": 1.0})


def test_what_was_bought_is_worth_what_repeat_purchases_say() -> None:
    rows = [(0, 1, 1), (0, 1, 2), (0, 1, 2), (0, 2, 2), (1, 1, 1)]  # of 4 days with a purchase one is a repeat
    assert worth_of_bought(log_of(rows)) == pytest.approx(np.log(1.5 / 3.5))
    assert worth_of_bought(log_of(rows, VIEW)) == worth_of_bought(log_of([])) == pytest.approx(0)
    daily = [(0, 1, day) for day in range(400)]
    assert worth_of_bought(log_of(daily)) == MOST_OF_BOUGHT
    assert worth_of_bought(log_of([(user, 1, 1) for user in range(400)])) == -MOST_OF_BOUGHT


def test_its_ranker_adds_the_named_columns_of_real_candidates() -> None:
    bundle = counted(shop_log())
    check_columns(bundle)
    weights = WEIGHTS | {"bought": worth_of_bought(shop_log())}
    _, matrix_CF = scores_of(bundle, "u1")
    columns = bundle.manifest.ranker_columns
    expected = LOWEST + sum(weight * matrix_CF[:, columns.index(name)] for name, weight in weights.items())
    np.testing.assert_allclose(bundle.ranker.score(matrix_CF), expected, atol=1e-3)


def test_items_are_not_found_by_vectors_that_say_nothing() -> None:
    bundle = counted(shop_log())
    assert len(bundle.front[0]) == 0
    rows, texts_FT = bundle.text_front
    assert rows.tolist() == list(range(60))
    np.testing.assert_array_equal(texts_FT, bundle.text_MT)


def test_nothing_that_comes_later_changes_it() -> None:
    until = SHOP_UNTIL - timedelta(days=60)
    early, cut = counted(shop_log(), until), counted(shop_log().before(int(until.timestamp())), until)
    assert early.manifest == cut.manifest
    np.testing.assert_array_equal(early.statistics.total_N, cut.statistics.total_N)
    np.testing.assert_array_equal(early.statistics.transitions.indices_E, cut.statistics.transitions.indices_E)
    np.testing.assert_array_equal(early.ranker.line_F, cut.ranker.line_F)


def test_a_shop_without_events_has_one_too() -> None:
    bundle = counted(shop_log().before(0))
    assert bundle.model_version == COUNTS_ONLY
    assert bundle.manifest.counts == {"items": 60, "events": 0, "unread_texts": 2}
    rows_C, matrix_CF = scores_of(bundle, "u1")
    assert len(rows_C)
    assert np.isfinite(bundle.ranker.score(matrix_CF)).all()
