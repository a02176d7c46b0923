"""What the ranker reads of items, kinds and the shopper, against loops over the shopper's own events."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from recommender.data.catalog import Catalogue
from recommender.data.event_weights import DAY
from recommender.profiles.user_state import LASTING, RECENT
from recommender.retrieval import SOURCES, Query
from recommender.retrieval.sources.item_facts import DECAY, KINDS, LATEST, price_gap, price_level
from tests.support.shops.counted import MOMENT, counted_bundle, dense, past_of, query_of

ROWS = np.arange(60)


def told(name: str, query: Query) -> dict[str, NDArray[np.float64]]:
    source = SOURCES[name]
    values = zip(source.columns, source.values(query, ROWS), strict=True)
    return {column: np.broadcast_to(np.asarray(value, dtype=np.float64), 60) for column, value in values}


def test_popularity_age_and_trend_of_items() -> None:
    query, stats = query_of("u1"), counted_bundle().statistics
    found = told("item", query)
    for number, window in enumerate(("week", "month", "quarter")):
        counted = stats.popularity_NW[:, number]
        np.testing.assert_allclose(found[f"popular {window}"], np.log1p(1e4 * counted / counted.sum()), rtol=1e-5)
    np.testing.assert_allclose(found["trend"], found["popular week"] - found["popular quarter"], atol=1e-5)
    np.testing.assert_allclose(found["age"], np.log1p((MOMENT - stats.first_seen_N) / DAY), rtol=1e-6)
    np.testing.assert_allclose(found["idle"], np.log1p(stats.idle_N), rtol=1e-6)
    assert all(np.isfinite(values).all() for values in found.values())


def test_an_item_that_is_first_seen_later_has_no_age() -> None:
    early = query_of("u1", moment=MOMENT - 119 * DAY)
    assert (told("item", early)["age"] >= 0).all()
    assert (told("item", early)["age"] == 0).any()


@pytest.mark.parametrize("kind", KINDS)
def test_the_latest_items_of_a_candidates_kind(kind: str) -> None:
    query = query_of("u2")
    codes_N, _ = query.bundle.groups[kind]
    latest = query.shopper.rows_L[::-1][:LATEST]
    found = told("kinds", query)
    total = sum(DECAY**place for place in range(len(latest)))
    for row in ROWS:
        same = [place for place, one in enumerate(latest) if codes_N[one] == codes_N[row]]
        assert found[f"{kind} share"][row] == pytest.approx(sum(DECAY**place for place in same) / total, rel=1e-4)
        assert found[f"{kind} of the last"][row] == (0 in same)
        assert found[f"{kind} how often"][row] == len(same)
        assert found[f"{kind} how far back"][row] == (same[0] if same else LATEST)


def test_habits_are_what_the_shopper_keeps_choosing_of_a_kind() -> None:
    query = query_of("u3")
    shopper, (codes_N, _) = query.shopper, query.bundle.groups["category"]
    frequency_K = shopper.frequency_KH[:, RECENT].clip(min=0)
    found = told("kinds", query)
    for row in ROWS:
        of_kind = codes_N[shopper.rows_K] == codes_N[row]
        within = float(frequency_K[of_kind].sum())
        own = float(frequency_K[shopper.rows_K == row].sum())
        assert found["category recent"][row] == pytest.approx(within, rel=1e-4)
        assert found["category recent share"][row] == pytest.approx(within / (frequency_K.sum() + 0.5), rel=1e-4)
        assert found["category recent part"][row] == pytest.approx((own + 0.02) / (within + 0.1), rel=1e-3)


def test_items_without_a_brand_are_of_no_common_kind() -> None:
    frame = counted_bundle().catalogue.frame.with_columns(brand=np.full(60, ""))
    nameless = replace(counted_bundle(), catalogue=Catalogue(frame))
    found = told("kinds", query_of("u3", nameless))
    for column in ("brand recent", "brand share", "brand of the last", "brand how often", "brand and category"):
        assert not found[column].any()
    assert (found["brand how far back"] == LATEST).all()


def test_the_price_gap_is_from_what_the_shopper_pays() -> None:
    query = query_of("u4")
    prices, shopper = query.bundle.catalogue.prices, query.shopper
    weights_K = shopper.frequency_KH[:, LASTING].clip(min=0)
    level = float((np.log1p(prices[shopper.rows_K]) * weights_K).sum() / weights_K.sum())
    assert price_level(query.bundle, shopper.rows_K, weights_K)[0] == pytest.approx(level, rel=1e-5)
    np.testing.assert_allclose(price_gap(query, ROWS), np.abs(np.log1p(prices) - level), atol=1e-5)


def test_unknown_prices_are_neither_far_nor_near() -> None:
    frame = counted_bundle().catalogue.frame
    partly = Catalogue(frame.with_columns(price=np.where(ROWS < 30, np.nan, 5.0)))
    query = query_of("u4", replace(counted_bundle(), catalogue=partly))
    gaps = np.asarray(price_gap(query, ROWS))
    assert np.isfinite(gaps).all()
    assert not gaps[:30].any()
    unpriced = Catalogue(frame.with_columns(price=np.full(60, np.nan)))
    assert price_gap(query_of("u4", replace(counted_bundle(), catalogue=unpriced)), ROWS) == 0


def test_steps_of_kinds_are_sums_of_items_steps() -> None:
    past = past_of(repeats=True)
    tensors = SOURCES["kind_steps"].fit_tensors(past)
    weighed = past.statistics.flow_N[:, None] * dense(past.statistics.transitions, 60)
    codes_N, _ = past.groups["category"]
    size = int(codes_N.max()) + 1
    member = np.eye(size)[codes_N]
    total = member.T @ weighed @ member
    total /= total.sum(axis=1, keepdims=True) + 1
    indptr, indices, data = (tensors[f"category.{part}"] for part in ("indptr", "indices", "data"))
    found = np.zeros((size, size))
    for row in range(size):
        found[row, indices[indptr[row] : indptr[row + 1]]] = data[indptr[row] : indptr[row + 1]]
    np.testing.assert_allclose(found, total, atol=1e-5)
    query = query_of("u5")
    arrives = query.weights["near"] @ found[codes_N[query.shopper.rows_K]]
    np.testing.assert_allclose(told("kind_steps", query)["category step near"], arrives[codes_N], atol=1e-5)


def test_places_are_cosines_of_factors() -> None:
    query = query_of("u6", counted_bundle(repeats=False))
    vectors = query.bundle.parts["places"]["vectors_NR"].astype(np.float64)
    mean = query.weights["near"] @ vectors[query.shopper.rows_K]
    found = told("places", query)
    np.testing.assert_allclose(found["place near"], vectors @ mean / np.linalg.norm(mean), atol=1e-5)
    latest = vectors[query.shopper.rows_K[:LATEST]]
    np.testing.assert_allclose(found["place nearest"], (vectors @ latest.T).max(axis=1), atol=1e-5)
    np.testing.assert_allclose(found["place of the last"], vectors @ latest[0], atol=1e-5)
    assert not SOURCES["places"].is_active(counted_bundle())


def test_tastes_are_products_of_histories_and_factors() -> None:
    query = query_of("u6", counted_bundle(repeats=False))
    parts = query.bundle.parts["tastes"]
    factors = parts["factors_NR"].astype(np.float64)
    history = parts["rarity_N"][query.shopper.rows_K] @ factors[query.shopper.rows_K]
    found = told("tastes", query)
    np.testing.assert_allclose(found["taste wide"], factors @ history, atol=1e-5)
    np.testing.assert_allclose(found["taste narrow"], factors[:, :32] @ history[:32], atol=1e-5)


def test_facts_of_the_shopper_are_counted_from_their_events() -> None:
    query = query_of("u7")
    times, rows = query.shopper.times_L, query.shopper.rows_L
    found = {name: float(values[0]) for name, values in told("shopper", query).items()}
    assert found["events"] == pytest.approx(np.log1p(len(times)))
    assert found["distinct share"] == pytest.approx(len(set(rows.tolist())) / len(rows))
    assert found["shopping days"] == pytest.approx(np.log1p(len({int(one) // DAY for one in times})))
    assert found["days away"] == pytest.approx(np.log1p((MOMENT - times[-1]) / DAY))
    assert found["days between"] == pytest.approx(np.log1p((times[-1] - times[-2]) / DAY))
    one = query_of(None, context=("tea-0",))
    assert float(told("shopper", one)["days between"][0]) == 0
