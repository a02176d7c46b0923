"""Figures that are worse are called so, and those of alike stretches hardly ever are."""

from dataclasses import replace

import numpy as np
import pytest

from monitoring.answers.figures import CHANCE, LEAST_UNITS, Figure, holm, judge_figures


def figure(now: np.ndarray, before: list[np.ndarray], worse: int = 1) -> Figure:
    return Figure("shoppers", now, tuple(before), np.concatenate(before), worse)


def drawn(rng: np.random.Generator, share: float, count: int = 200) -> np.ndarray:
    return (rng.random(count) < share).astype(float)


def test_a_figure_that_is_worse_is_found_and_one_that_is_better_is_not() -> None:
    rng = np.random.default_rng(1)
    before = [drawn(rng, 0.1) for _ in range(4)]
    found = judge_figures(
        {"worse": figure(drawn(rng, 0.5), before), "better": figure(drawn(rng, 0.01), before)}, seed=0
    )
    assert found["worse"]["drifted"]
    assert found["worse"]["p"] == pytest.approx(0.001)  # the smallest there is, for two figures
    assert found["worse"]["value"] > max(found["worse"]["ordinary"])
    assert not found["better"]["drifted"]
    assert (found["better"]["units"], found["better"]["reference_units"]) == (200, 800)


def test_less_is_worse_where_it_is_said() -> None:
    rng = np.random.default_rng(2)
    found = judge_figures({"ndcg": figure(rng.random(200) / 2, [rng.random(200) for _ in range(4)], worse=-1)}, seed=0)
    assert found["ndcg"]["drifted"]


def test_few_units_are_told_and_not_judged_and_none_are_not_told() -> None:
    few, many = np.ones(LEAST_UNITS - 1), np.zeros(LEAST_UNITS)
    found = judge_figures({"few": figure(few, [many]), "none": figure(few[:0], [many])}, seed=0)
    assert set(found) == {"few"}
    assert (found["few"]["p"], found["few"]["drifted"]) == (None, False)


def test_a_difference_that_nobody_would_act_on_is_no_drift() -> None:
    rng = np.random.default_rng(3)
    before = [0.5 + rng.normal(0, 0.01, 400) for _ in range(4)]
    found = judge_figures({"slight": figure(0.52 + rng.normal(0, 0.01, 400), before)}, seed=0)
    assert found["slight"]["p"] < CHANCE
    assert not found["slight"]["drifted"]


def test_a_trace_of_what_never_went_wrong_before_is_no_drift() -> None:
    before, now = [np.zeros(168) for _ in range(4)], np.zeros(168)
    now[:12] = 0.0005  # in twelve hours of the week one answer of two thousand
    share = figure(now, before)
    assert not judge_figures({"degraded": replace(share, least=0.01)}, seed=0)["degraded"]["drifted"]
    now[:12] = 0.5
    assert judge_figures({"degraded": replace(share, least=0.01)}, seed=0)["degraded"]["drifted"]


def variety(values: np.ndarray) -> float:
    """Kinds among as many units as a stretch has."""
    return len(np.unique(values[:: len(values) // 100])) / 1000


def test_weeks_that_differ_have_together_more_variety_and_none_has_less_for_that() -> None:
    weeks = [np.arange(100) % 50 + 1000 * week for week in range(5)]
    ordinary = Figure("shoppers", np.minimum(weeks[0], 48), tuple(weeks[1:]), np.concatenate(weeks[1:]), -1, variety)
    assert not judge_figures({"coverage": ordinary}, seed=0)["coverage"]["drifted"]
    poor = replace(ordinary, current_S=weeks[0] % 10)
    assert judge_figures({"coverage": poor}, seed=0)["coverage"]["drifted"]


def test_alike_stretches_are_hardly_ever_called_worse() -> None:
    rng, alarms, weeks = np.random.default_rng(4), 0, 30
    for _ in range(weeks):
        figures = {str(n): figure(drawn(rng, 0.2, 60), [drawn(rng, 0.2, 60) for _ in range(4)]) for n in range(3)}
        alarms += any(one["drifted"] for one in judge_figures(figures, seed=0).values())
    assert alarms <= 1


def test_holms_correction_as_in_his_example() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []
