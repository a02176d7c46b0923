"""What a run brings for the dashboard, and a dashboard that stays the same where nothing is new."""

import uuid
from typing import Any

from monitoring.workspace.panels import (
    ANSWERED,
    COLUMNS,
    COVERED,
    FOUND,
    HELD_OUT,
    REFRESHED,
    THRESHOLD,
    answer_columns,
    make_dashboard,
    run_figures,
)

PROJECT = uuid.UUID(int=7)
VERDICT: dict[str, Any] = {
    "shoppers": {"checked": 120, "drifted_count": 7, "threshold": 0.9},
    "answers": {"figures": {}, "ndcg_by_model": {}},
    "model_version": "m-1",
    "held_out_ndcg": None,
}


def test_a_run_brings_a_value_a_panel_and_nothing_for_what_it_did_not_measure() -> None:
    found = run_figures(VERDICT, {"behaviour": 0.25, "profiles": 0.1}, refreshed=5)
    assert {name: found[name] for name in (COLUMNS, FOUND, THRESHOLD, REFRESHED)} == {
        COLUMNS: ([0.25], []),
        FOUND: ([7.0], []),
        THRESHOLD: ([0.9], []),
        REFRESHED: ([5.0], []),
    }
    assert not {HELD_OUT.format("m-1"), ANSWERED.format("m-1"), COVERED} & set(found)


def test_quality_is_told_by_model() -> None:
    answers = {"figures": {"coverage": {"value": 0.4}}, "ndcg_by_model": {"m-2": {"value": 0.2}}}
    found = run_figures({**VERDICT, "answers": answers, "held_out_ndcg": 0.3}, {"behaviour": 0, "profiles": 0}, 0)
    assert found[HELD_OUT.format("m-1")] == ([0.3], [])
    assert found[ANSWERED.format("m-2")] == ([0.2], [])
    assert found[COVERED] == ([0.4], [])


def test_columns_of_answers_are_called_so() -> None:
    assert answer_columns({"ndcg": ([0.1], [0.2])}) == {"answers: ndcg": ([0.1], [0.2])}


def test_the_same_models_make_the_same_dashboard_and_another_one_a_series_more() -> None:
    once, again, more = (make_dashboard(PROJECT, models) for models in (["m"], ["m"], ["m", "n"]))
    assert once.json() == again.json()
    assert once.tabs[0].panels == [panel.id for panel in once.panels] == more.tabs[0].panels
    series = [sum(len(panel.values) for panel in one.panels) for one in (once, more)]
    assert series[1] == series[0] + 2, "held out, and of answers"
