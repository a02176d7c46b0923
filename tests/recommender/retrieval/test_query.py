"""A shopper's question against plain loops and dense products: weights, pools, flows, nearest texts."""

from dataclasses import replace

import numpy as np
import pytest

from recommender.data.event_weights import DAY
from recommender.models.bundle import ModelBundle
from recommender.models.manifest import Manifest
from recommender.retrieval import Query
from recommender.retrieval.query import best_rows
from tests.support.shops.counted import MOMENT, bundle_with_new_items, counted_bundle, dense, query_of


def with_retrieval(bundle: ModelBundle, **changes: object) -> ModelBundle:
    retrieval = bundle.manifest.retrieval.model_copy(update=changes)
    manifest: Manifest = bundle.manifest.model_copy(update={"retrieval": retrieval})
    return replace(bundle, manifest=manifest)


@pytest.mark.parametrize("count", [0, 1, 5, 30, 99])
def test_the_best_rows_are_those_of_a_full_sort(count: int) -> None:
    rng = np.random.default_rng(count)
    rows = rng.permutation(200)[:30]
    scores = rng.random(30)
    expected = [row for _, row in sorted(zip(-scores, rows.tolist(), strict=True))][:count]
    assert best_rows(rows, scores, count).tolist() == expected


def test_equal_scores_stand_in_order_of_row() -> None:
    rows = np.array([9, 2, 7, 4])
    assert best_rows(rows, np.array([1.0, 1.0, 3.0, 1.0]), 9).tolist() == [7, 2, 4, 9]
    assert best_rows(rows[:0], np.zeros(0), 3).tolist() == []


def test_views_of_the_history_are_shares_and_the_last_one_is_the_last_event() -> None:
    query = query_of("u1")
    for view in ("last", "near", "far", "taste"):
        assert query.weights[view].sum() == pytest.approx(1, abs=1e-5)
        assert query.weights[view].min() >= 0
    assert query.weights["last"].argmax() == 0
    assert query.weights["last"][0] > query.weights["near"][0] > query.weights["far"][0]
    flow_K = np.sqrt(query.bundle.statistics.flow_N[query.shopper.rows_K])
    np.testing.assert_allclose(query.weights["near by flow"], query.weights["near"] * flow_K, rtol=1e-6)
    assert set(query.weights["had"].tolist()) == {1.0}


def test_a_shopper_without_events_has_weights_of_nothing() -> None:
    query = query_of(None)
    assert all(len(weights) == 0 for weights in query.weights.values())
    assert not query.interest_T.any()
    assert len(query.rows_P) == 0
    assert len(query.own_rows) == 0
    assert query.free_N.all()


@pytest.mark.parametrize("graph", ["transitions", "together", "ease"])
def test_a_flow_is_the_product_of_weights_and_matrix(graph: str) -> None:
    query = query_of("u2")
    matrix = dense(query.bundle.graphs[graph], query.items)
    expected = query.weights["near"] @ matrix[query.shopper.rows_K]
    np.testing.assert_allclose(query.flow(graph, "near"), expected[query.rows_P], atol=1e-5)
    assert query.flow(graph, "near") is query.flow(graph, "near"), "computed once"


def test_links_start_from_the_leading_items_alone() -> None:
    bundle = with_retrieval(counted_bundle(), leading_items=2)
    query = query_of("u2", bundle)
    most_K = query.weights["far"] + query.weights["taste"]
    assert query.leaders.tolist() == sorted(np.argsort(-most_K, kind="stable")[:2].tolist())
    weights_K = np.zeros(len(most_K))
    weights_K[query.leaders] = query.weights["far"][query.leaders]
    expected = weights_K @ dense(bundle.graphs["transitions"], query.items)[query.shopper.rows_K]
    np.testing.assert_allclose(query.flow("transitions", "far"), expected[query.rows_P], atol=1e-5)
    assert set(query.links["transitions"].owners_E.tolist()) <= set(query.leaders.tolist())


def test_new_items_get_the_mean_of_what_reaches_their_lenders() -> None:
    bundle = bundle_with_new_items()
    query = query_of("u3", bundle)
    assert query.rows_P[-3:].tolist() == [60, 61, 62]
    matrix = dense(bundle.graphs["transitions"], 63)
    arrives_N = query.weights["far"] @ matrix[query.shopper.rows_K]
    flow = query.flow("transitions", "far")
    np.testing.assert_allclose(flow[-3:], arrives_N[bundle.lenders_BK].mean(axis=1), atol=1e-5)


def test_places_in_the_pool_lead_back_to_their_rows() -> None:
    query = query_of("u3", bundle_with_new_items())
    rows = np.random.default_rng(0).permutation(query.items)
    places = query.place_of(rows)
    inside = places < len(query.rows_P)
    np.testing.assert_array_equal(query.rows_P[places[inside]], rows[inside])
    assert set(rows[inside].tolist()) == set(query.rows_P.tolist())
    assert (places[~inside] == len(query.rows_P)).all()


def test_the_best_of_a_pool_are_allowed_foreign_and_above_zero() -> None:
    allowed_N = np.ones(60, dtype=bool)
    allowed_N[::3] = False
    query = query_of("u4", allowed_N=allowed_N)
    scores_P = query.flow("together", "taste")
    found = query.best(scores_P, 5)
    scored = dict(zip(query.rows_P.tolist(), scores_P.tolist(), strict=True))
    own = set(query.own_rows.tolist())
    may = [row for row, score in scored.items() if score > 0 and allowed_N[row] and row not in own]
    assert found.tolist() == sorted(may, key=lambda row: (-scored[row], row))[:5]


def test_own_rows_leave_out_what_is_looked_at_and_what_may_not_be_shown() -> None:
    shopper = query_of("u5").shopper
    looked_at, hidden = int(shopper.rows_K[1]), int(shopper.rows_K[2])
    allowed_N = np.ones(60, dtype=bool)
    allowed_N[hidden] = False
    ids = counted_bundle().catalogue.ids
    query = query_of("u5", allowed_N=allowed_N, context=(str(ids[looked_at]),))
    lasting = dict(zip(query.shopper.rows_K.tolist(), query.shopper.lasting_K.tolist(), strict=True))
    expected = sorted(set(lasting) - {looked_at, hidden}, key=lambda row: -lasting[row])
    assert set(query.own_rows.tolist()) == set(expected)
    assert [lasting[row] for row in query.own_rows.tolist()] == [lasting[row] for row in expected]
    assert not query.free_N[query.own_rows].any()
    few = with_retrieval(counted_bundle(), quotas={"repeat": 3})
    assert len(query_of("u5", few).own_rows) == 3


def test_where_rows_stand_among_the_own_items() -> None:
    query = query_of("u6")
    rows_K = query.shopper.rows_K
    assert query.own_place_of(rows_K).tolist() == list(range(len(rows_K)))
    others = np.setdiff1d(np.arange(60), rows_K)
    assert set(query.own_place_of(others).tolist()) == {len(rows_K)}


def test_cosines_of_texts_are_with_the_mean_of_what_was_wanted() -> None:
    query = query_of("u7")
    texts_KT = query.bundle.text_MT[query.bundle.text_row_N[query.shopper.rows_K]].astype(np.float64)
    mean_T = query.interest_K.astype(np.float64) @ texts_KT
    expected = query.bundle.text_MT @ (mean_T / np.linalg.norm(mean_T))
    rows = np.array([5, 0, 59])
    np.testing.assert_allclose(query.texts_of(rows), expected[query.bundle.text_row_N[rows]], atol=1e-5)
    assert query.nearest_texts(7).tolist() == np.argsort(-expected)[:7].tolist()


def test_where_little_is_allowed_only_its_texts_are_near() -> None:
    allowed_N = np.zeros(60, dtype=bool)
    allowed_N[[3, 17, 40]] = True
    query = query_of("u7", allowed_N=allowed_N)
    order = sorted([3, 17, 40], key=lambda row: -query.text_M[row])
    assert query.nearest_texts(10).tolist() == order


def test_what_sells_is_never_looked_up_after_the_counts_end() -> None:
    assert query_of("u1", moment=MOMENT + 90 * DAY).now == MOMENT
    assert query_of("u1", moment=MOMENT - 9 * DAY).now == MOMENT - 9 * DAY


def test_a_quota_is_the_configuration_s_or_the_default() -> None:
    query = query_of("u1", with_retrieval(counted_bundle(), quotas={"text": 4}))
    assert isinstance(query, Query)
    assert (query.quota("text"), query.quota("unheard", 9)) == (4, 9)
