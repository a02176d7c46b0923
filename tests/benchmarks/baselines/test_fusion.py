"""Fusion by hand: places that count by rank, scores of one scale."""

import numpy as np
import pytest

from benchmarks.baselines.fusion import _by_rank, _by_score

SCORES = np.array([[0.1, 0.9, 0.5], [30.0, 10.0, 20.0]], dtype=np.float32)


def test_a_place_is_worth_less_the_further_down_it_is() -> None:
    worth = _by_rank(SCORES)
    np.testing.assert_allclose(worth[0], [1 / 63, 1 / 61, 1 / 62], rtol=1e-6)
    np.testing.assert_allclose(worth[1], [1 / 61, 1 / 63, 1 / 62], rtol=1e-6)


def test_what_stands_below_the_first_places_is_worth_nothing() -> None:
    worth = _by_rank(np.arange(1000, dtype=np.float32)[None])
    assert (worth > 0).sum() == 200
    assert worth[0, :800].max() == 0


@pytest.mark.parametrize("scale", [1.0, 1e-3, 50.0])
def test_scores_come_to_one_scale(scale: float) -> None:
    worth = _by_score(SCORES * scale)
    np.testing.assert_allclose(worth, _by_score(SCORES), rtol=1e-5)
    np.testing.assert_allclose(worth.mean(axis=1), 1, rtol=1e-5)


def test_no_score_at_all_is_worth_nothing() -> None:
    assert not _by_score(np.zeros((1, 3), dtype=np.float32)).any()
