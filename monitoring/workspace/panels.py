"""The panels of the workspace's dashboard, and the figures that each run brings for them.

A figure is a column of one value, since the workspace's own pages read the means of columns, whoever made them.
"""

import os
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

os.environ.setdefault("DO_NOT_TRACK", "1")  # before Evidently is imported: no usage statistics

from evidently.sdk.models import DashboardModel, DashboardTabModel, PanelMetric
from evidently.sdk.panels import bar_plot_panel, line_plot_panel, text_panel

from monitoring.answers.names import COVERAGE, DEGRADED, OUTDATED, QUALITY
from monitoring.report import REFUSED

TAB = "Drift of the shoppers"
COLUMNS, COMPONENTS = "share of behaviour's columns that drifted", "share of the profiles' components that drifted"
CHECKED, FOUND, THRESHOLD = "shoppers checked", "shoppers found", "threshold of the distance"
REFRESHED = "shoppers refreshed after the check before"
COVERED = "share of the catalogue that answers show"
HELD_OUT, ANSWERED = "NDCG@20 held out, {}", "NDCG@20 of answers, {}"
MEAN = "MeanValue"
Values = dict[str, tuple[Sequence[float], Sequence[float]]]


def answer_columns(columns: Mapping[str, tuple[Sequence[float], Sequence[float]]]) -> Values:
    """The figures of answers as columns of the report, a value a unit."""
    return {_answer(name): values for name, values in columns.items()}


def _answer(name: str) -> str:
    return f"answers: {name}"


def run_figures(verdict: Mapping[str, Any], shares: Mapping[str, float], refreshed: int) -> Values:
    """What a run brings for the panels, each of one value.

    `shares` are of the columns that drifted, by part; `refreshed` is of the check before.
    """
    shoppers, answers, held_out = verdict["shoppers"], verdict["answers"], verdict["held_out_ndcg"]
    found = {
        COLUMNS: shares["behaviour"],
        COMPONENTS: shares["profiles"],
        CHECKED: shoppers["checked"],
        FOUND: shoppers["drifted_count"],
        THRESHOLD: shoppers["threshold"],
        REFRESHED: refreshed,
    }
    if held_out is not None:
        found[HELD_OUT.format(verdict["model_version"])] = held_out
    found |= {ANSWERED.format(model): one["value"] for model, one in answers["ndcg_by_model"].items()}
    if coverage := answers["figures"].get(COVERAGE):
        found[COVERED] = coverage["value"]
    return {name: ([float(value)], []) for name, value in found.items()}


def make_dashboard(project_id: Any, models: Sequence[str]) -> DashboardModel:
    """The dashboard with a series for each of these models; the same one whenever it is made of the same."""
    panels = [
        text_panel(title=TAB, description="One point a check. What a run found, and why: /operations of the service."),
        line_plot_panel("Share of what was compared that drifted", _series(COLUMNS, COMPONENTS)),
        bar_plot_panel("Shoppers found, of those checked", _series(CHECKED, FOUND), size="half"),
        bar_plot_panel("Shoppers refreshed after the check before", _series(REFRESHED), size="half"),
        line_plot_panel("Threshold of a shopper's distance", _series(THRESHOLD), size="half"),
        line_plot_panel("NDCG@20 by model", _by_model(models), size="half"),
        line_plot_panel(
            "Answers: quality, coverage, and what went wrong",
            _series(_answer(QUALITY), COVERED, _answer(OUTDATED), _answer(DEGRADED), REFUSED),
        ),
    ]
    for panel in panels:
        panel.id = uuid.uuid5(project_id, panel.title)
    tab = DashboardTabModel(id=uuid.uuid5(project_id, "tab"), title=TAB, panels=[panel.id for panel in panels])
    return DashboardModel(tabs=[tab], panels=panels)


def _series(*columns: str) -> list[PanelMetric]:
    return [PanelMetric(legend=name, metric=MEAN, metric_labels={"column": name}) for name in columns]


def _by_model(models: Sequence[str]) -> list[PanelMetric]:
    return _series(*(form.format(model) for form in (HELD_OUT, ANSWERED) for model in models))
