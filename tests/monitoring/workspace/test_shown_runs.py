"""The workspace as Evidently's own pages read it: runs, and panels whose series the runs have points for."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from monitoring.comparison import Comparison
from monitoring.report import Figures, compare
from monitoring.workspace.panels import ANSWERED, FOUND, HELD_OUT, answer_columns, run_figures
from monitoring.workspace.shown_runs import add_to_workspace, open_workspace

MOMENT = datetime(2026, 3, 9, tzinfo=UTC)
SPEND = pl.DataFrame({"spend": [float(number) for number in range(40)]})
PARTS = [Comparison("behaviour", SPEND, SPEND, {"spend": 0.1}, 0.5)]
VERDICT: dict[str, Any] = {
    "shoppers": {"checked": 120, "drifted_count": 7, "threshold": 0.9},
    "answers": {"figures": {"coverage": {"value": 0.4}}, "ndcg_by_model": {"m-2": {"value": 0.2}}},
    "model_version": "m-1",
    "held_out_ndcg": 0.25,
}
ANSWERS = {"ndcg": ([0.1, 0.3], [0.2]), "outdated": ([0.0, 1.0], []), "degraded": ([0.0], [])}


@pytest.fixture(scope="module")
def snapshot() -> object:
    own = run_figures(VERDICT, {"behaviour": 0.25, "profiles": 0.1}, refreshed=5) | answer_columns(ANSWERS)
    return compare(PARTS, "run", MOMENT, Figures(own, ([True, False], [])))


def test_a_repeated_run_is_shown_once(snapshot: object, tmp_path: Path) -> None:
    first = add_to_workspace(snapshot, tmp_path / "workspace", None)
    second = add_to_workspace(snapshot, tmp_path / "workspace", first)
    shown = list((tmp_path / "workspace").glob("*/snapshots/*.json"))
    assert [path.stem for path in shown] == [second]


def test_panels_are_made_once_and_each_of_their_series_has_a_point_of_the_run(snapshot: object, tmp_path: Path) -> None:
    models = ["m-1", "m-2"]
    run = add_to_workspace(snapshot, tmp_path / "workspace", None, models)
    workspace, project = open_workspace(tmp_path / "workspace")
    made = workspace.get_dashboard(project.id)
    add_to_workspace(snapshot, tmp_path / "workspace", run, models)
    again = workspace.get_dashboard(project.id)
    assert again.json() == made.json()
    (tab,) = made.tabs
    assert tab.panels == [panel.id for panel in made.panels]
    titles = " ".join(panel.title for panel in made.panels)
    for words in (
        "Share of what was compared",
        "Shoppers found",
        "Threshold",
        "refreshed",
        "NDCG@20 by model",
        "Answers",
    ):
        assert words in titles

    (shown,) = workspace.list_runs(project.id)
    kept = workspace.get_run(project.id, shown)
    assert kept is not None
    found = {
        (
            result.metric_value_location.metric.params["type"],
            result.metric_value_location.metric.params.get("column"),
        ): result
        for result in kept.metric_results.values()
    }
    asked = {(value.metric, value.metric_labels["column"]) for panel in made.panels for value in panel.values}
    unknown = {ANSWERED.format("m-1"), HELD_OUT.format("m-2")}  # what this run has no figure of
    assert {column for _, column in asked - set(found)} == unknown
    assert found["evidently:metric_v2:MeanValue", FOUND].value == 7
