"""Intervals that hold as often as they say, on shoppers whose answers hang together; arms that are alike."""

import numpy as np
import pytest

from monitoring.sales.estimates import difference, mean, ratio, sample_ratio_p

TRIALS = 2_000


def population(rng: np.random.Generator, shoppers: int) -> tuple[np.ndarray, np.ndarray]:
    """Clicks and answers of shoppers who click by a rate of their own, and see the more the more they click."""
    rates = rng.beta(1, 9, shoppers)
    answers = 1 + rng.poisson(40 * rates)
    return rng.binomial(answers, rates).astype(float), answers.astype(float)


def test_the_interval_of_a_ratio_holds_the_true_one_in_95_of_100_cases() -> None:
    rng = np.random.default_rng(1)
    clicks, answers = population(rng, 2_000_000)
    truth, held = clicks.sum() / answers.sum(), 0
    for _ in range(TRIALS):
        estimate = ratio(*population(rng, 400))
        assert estimate is not None
        held += estimate.low <= truth <= estimate.high
    assert 0.93 < held / TRIALS < 0.965


def test_arms_that_are_alike_are_called_different_as_often_as_stated() -> None:
    rng, alarms = np.random.default_rng(2), 0
    for _ in range(TRIALS):
        spent = rng.exponential(20, 800) * (rng.random(800) < 0.15)
        told = difference(spent[:400], spent[400:])
        assert told is not None
        alarms += told.p < 0.05
        assert (told.p < 0.05) == (not told.low <= 0 <= told.high)
    assert 0.035 < alarms / TRIALS < 0.065


def test_several_comparisons_alarm_together_no_more_often_than_one() -> None:
    rng, alarms = np.random.default_rng(3), 0
    for _ in range(TRIALS):
        arms = [rng.normal(10, 5, 200) for _ in range(4)]
        told = [difference(arms[0], arm, comparisons=3) for arm in arms[1:]]
        alarms += any(one is not None and one.p < 0.05 for one in told)
    assert 0.03 < alarms / TRIALS < 0.06


def test_a_true_difference_is_found_with_its_size() -> None:
    rng = np.random.default_rng(4)
    told = difference(rng.normal(10, 5, 4_000), rng.normal(11, 5, 4_000))
    assert told is not None
    assert told.p < 0.001
    assert told.low < 1 < told.high
    assert told.relative == pytest.approx(0.1, abs=0.03)


def test_shares_that_hold_alarm_seldom_and_a_broken_division_at_once() -> None:
    rng = np.random.default_rng(5)
    counts = rng.binomial(2_000, 0.3, TRIALS)
    small = np.mean([sample_ratio_p([int(one), 2_000 - int(one)], [0.3, 0.7]) < 0.05 for one in counts])
    assert 0.03 < small < 0.07
    assert sample_ratio_p([500, 700], [0.5, 0.5]) < 1e-6
    assert sample_ratio_p([0, 0], [0.5, 0.5]) == 1


def test_of_a_few_shoppers_nothing_is_told() -> None:
    assert mean(np.ones(9)) is None
    assert difference(np.ones(9), np.ones(50)) is None
    assert ratio(np.zeros(20), np.zeros(20)) is None
    assert mean(np.ones(10)) is not None
