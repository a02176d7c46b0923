"""Puts a run where `evidently ui --workspace` shows it, and brings the dashboard up to date.

It knows Evidently's workspace; what a run holds is the report's affair.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("DO_NOT_TRACK", "1")  # before Evidently is imported: no usage statistics

from evidently.ui.workspace import Project, Workspace

from monitoring.workspace.panels import make_dashboard

PROJECT = "Zhiyin: drift of the shoppers"


def add_to_workspace(snapshot: Any, folder: Path, in_place_of: str | None, models: Sequence[str] = ()) -> str:
    """Adds the snapshot, with a dashboard of these models; returns its id there."""
    workspace, project = open_workspace(folder)
    if in_place_of and in_place_of in {str(run) for run in workspace.list_runs(project.id)}:
        workspace.delete_run(project.id, in_place_of)
    added = workspace.add_run(project.id, snapshot, include_data=False).id
    workspace.save_dashboard(project.id, make_dashboard(project.id, models))
    return str(added)


def open_workspace(folder: Path) -> tuple[Workspace, Project]:
    """The workspace in this folder and the project of the drift checks in it, made where they are not there yet."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    workspace = Workspace.create(str(folder))
    found = workspace.search_project(PROJECT)
    return workspace, found[0] if found else workspace.create_project(PROJECT)
