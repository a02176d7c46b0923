"""What was searched for lately: by whose encoder, how long ago, and which items it fits, with vectors set by hand."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from recommender.data.event_weights import DAY
from recommender.data.side_info import Background, Search
from recommender.models.bundle import ModelBundle
from recommender.retrieval.search_intent import (
    SearchIntent,
    find_answered_queries,
    find_fitting,
    find_search_intent,
    measure_fit,
    score_search_intent,
)
from tests.support.shops.counted import MOMENT, WIDTH, counted_bundle, query_of

ALONG, ACROSS = np.eye(WIDTH, dtype=np.float32)[:2]


def searched(vector: NDArray[np.float32], days_ago: float, event_id: str = "s", encoder: str = "drawn") -> Search:
    return Search.of(event_id, event_id, MOMENT - int(days_ago * DAY), encoder, vector)


def intent(*searches: Search) -> SearchIntent | None:
    return find_search_intent(counted_bundle(), query_of("u1", background=Background(searches=searches)).shopper)


def of_texts(*cosines: float) -> ModelBundle:
    """The counted shop whose first items' texts have these cosines with `ALONG`; the others' are across it."""
    bundle = counted_bundle()
    text_MT = np.tile(ACROSS, (60, 1))
    for row, cosine in enumerate(cosines):
        text_MT[row] = cosine * ALONG + (1 - cosine**2) ** 0.5 * ACROSS
    return replace(bundle, text_MT=text_MT)


def test_a_query_counts_half_after_three_days_and_nothing_when_it_is_faint() -> None:
    found = intent(searched(ALONG, 0, "now"), searched(ACROSS, 3, "then"), searched(ALONG, 14, "long ago"))
    assert found is not None
    assert [one.event_id for one in found.queries] == ["now", "then"]
    assert found.loudest == pytest.approx(1)
    np.testing.assert_allclose(found.sum_T, ALONG + 0.5 * ACROSS, atol=1e-3)
    assert np.linalg.norm(found.direction_T) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(
    "search", [searched(ALONG, 30), searched(ALONG, -1), searched(ALONG, 0, encoder="another encoder")]
)
def test_what_is_old_to_come_or_read_by_another_encoder_says_nothing(search: Search) -> None:
    assert intent(search) is None
    assert intent() is None


def test_fit_grows_from_0_at_a_cosine_of_045_to_1() -> None:
    wish = intent(searched(ALONG, 0))
    assert wish is not None
    bundle = of_texts(1.0, 0.45, 0.725, 0.2, -1.0)
    rows = np.arange(5)
    np.testing.assert_allclose(measure_fit(bundle, wish, rows), [1, 0, 0.5, 0, 0], atol=1e-3)
    scored = score_search_intent(bundle, wish, rows)
    older = intent(searched(ALONG, 3))
    np.testing.assert_allclose(score_search_intent(bundle, older, rows), np.asarray(scored) / 2, atol=1e-3)
    assert score_search_intent(bundle, None, rows) == 0


def test_the_nearest_allowed_items_are_found_first() -> None:
    wish = intent(searched(ALONG, 0))
    assert wish is not None
    bundle, allowed_N = of_texts(0.5, 0.9, 0.7, 0.3, 0.95), np.ones(60, dtype=bool)
    assert find_fitting(bundle, wish, allowed_N, 9).tolist() == [4, 1, 2, 0]
    assert find_fitting(bundle, wish, allowed_N, 2).tolist() == [4, 1]
    allowed_N[4] = False
    assert find_fitting(bundle, wish, allowed_N, 9).tolist() == [1, 2, 0]
    assert find_fitting(bundle, wish, ~allowed_N, 9).tolist() == [4]


def test_each_item_answers_the_query_it_fits_best() -> None:
    wish = intent(searched(ALONG, 0, "along"), searched(-ACROSS, 1, "against"))
    assert wish is not None
    assert find_answered_queries(of_texts(0.9, 0.1), wish, np.array([1, 0])) == [-1, 0]
    turned = replace(of_texts(0.9), text_MT=-of_texts(0.9).text_MT)
    assert find_answered_queries(turned, wish, np.array([0, 59])) == [-1, 1]
    assert find_answered_queries(of_texts(), wish, np.zeros(0, dtype=np.int64)) == []
