#!/usr/bin/env bash
# evidently 0.7.23: the calls that change a workspace's dashboard panel by panel change more or less than they say.
# add_panel to a tab that exists lists the panel twice in it; delete_panel takes away the panels of all other tabs, too,
# though those tabs go on listing them; clear_tab empties the tab's list but leaves its panels in the dashboard.
# The docstrings say "Add a panel", "Delete a panel from a tab" and "Remove all panels from a tab".
# Seen: a second panel of tab "a" stands in its list twice; after delete_panel("a1", tab="a") the dashboard holds "a2"
# alone, and tab "b" still names the panel "b1" that is gone; after clear_tab("b") of a fresh dashboard "b1" is there.
# A program that sets up a monitoring dashboard again at each run builds the whole DashboardModel and writes it by
# Workspace.save_dashboard instead. The script fails if this changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/env"
"$folder/env/bin/pip" install -q --no-compile "evidently==0.7.23" "pandas==2.3.3" "numpy==2.4.6"
cd "$folder"
DO_NOT_TRACK=1 "$folder/env/bin/python" -W ignore - <<'PY'
from evidently.sdk.models import PanelMetric
from evidently.sdk.panels import line_plot_panel
from evidently.ui.workspace import Workspace


def dashboard(name: str):
    """A project's dashboard with panels a1 and a2 in tab "a", and b1 in tab "b"."""
    found = Workspace.create("workspace").create_project(name).dashboard
    for title in ("a1", "a2", "b1"):
        found.add_panel(line_plot_panel(title=title, values=[PanelMetric(metric="MeanValue")]), tab=title[0])
    return found


def listed(found) -> dict[str, list[str]]:
    """The titles that each tab lists; "gone" for a panel that the dashboard doesn't hold."""
    model = found.model()
    titles = {panel.id: panel.title for panel in model.panels}
    return {tab.title: [titles.get(panel, "gone") for panel in tab.panels] for tab in model.tabs}


def held(found) -> list[str]:
    """The titles of the dashboard's panels."""
    return [panel.title for panel in found.model().panels]


made = dashboard("added")
print("added:", held(made), listed(made))
deleted = dashboard("deleted")
deleted.delete_panel("a1", tab="a")
print("a1 deleted:", held(deleted), listed(deleted))
cleared = dashboard("cleared")
cleared.clear_tab("b")
print("b cleared:", held(cleared), listed(cleared))
assert listed(made) == {"a": ["a1", "a2", "a2"], "b": ["b1"]}, "this has changed"
assert (held(deleted), listed(deleted)["b"]) == (["a2"], ["gone"]), "this has changed"
assert (held(cleared), listed(cleared)["b"]) == (["a1", "a2", "b1"], []), "this has changed"
PY
