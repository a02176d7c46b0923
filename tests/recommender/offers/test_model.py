"""The offers' regression and its measures."""

import numpy as np
import pytest

from recommender.offers.model import Regression, auc, fit, lift


def drawn(count: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    rows = rng.normal(5, [1, 10, 0.1], (count, 3)).astype(np.float32)
    odds = 1.5 * (rows[:, 0] - 5) - 0.05 * (rows[:, 1] - 5) - 2
    return rows, rng.random(count) < 1 / (1 + np.exp(-odds))


def test_weights_and_chances_are_those_the_data_was_drawn_with() -> None:
    rows, redeemed = drawn()
    found = fit(("a", "b", "c"), rows, redeemed)
    weights = np.array(found.weights) / np.array(found.scales)
    assert weights[:2] == pytest.approx([1.5, -0.05], rel=0.2)
    assert abs(found.weights[2]) < 0.15
    chances = found.probability(rows)
    assert chances.mean() == pytest.approx(redeemed.mean(), abs=1e-3)
    high = chances > 0.5
    assert redeemed[high].mean() == pytest.approx(chances[high].mean(), abs=0.05)
    assert Regression.model_validate_json(found.model_dump_json()) == found


def test_a_row_that_stands_for_ten_counts_ten_times() -> None:
    rows, redeemed = drawn(600)
    kept = redeemed | (np.arange(len(rows)) % 2 == 0)
    counts = np.where(redeemed, 1, 2).astype(np.float32)
    doubled = np.concatenate([rows[kept], rows[kept & ~redeemed]])
    weighted = fit(("a", "b", "c"), rows[kept], redeemed[kept], counts[kept])
    repeated = fit(("a", "b", "c"), doubled, np.concatenate([redeemed[kept], redeemed[kept & ~redeemed]]))
    np.testing.assert_allclose(weighted.weights, repeated.weights, rtol=1e-4, atol=1e-5)


def test_nothing_to_tell_apart_is_refused() -> None:
    rows, redeemed = drawn(20)
    with pytest.raises(ValueError, match="redemptions"):
        fit(("a", "b", "c"), rows, np.zeros_like(redeemed))


def test_measures() -> None:
    redeemed = np.array([True, False, True, False, False, False, False, False, False, False])
    falling = np.arange(10.0)[::-1]
    assert auc(redeemed, falling) == pytest.approx(15 / 16)
    assert auc(redeemed, np.zeros(10)) == pytest.approx(0.5)
    assert np.isnan(auc(np.zeros(10, bool), falling))
    assert lift(redeemed, falling) == pytest.approx(5)
    assert lift(redeemed, falling, 0.2) == pytest.approx(2.5)
    assert lift(redeemed, np.zeros(10)) == pytest.approx(1)
