"""`zhiyin drift` without a check: what it lists, shows, decides and refuses."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from recommender.db.engine import session_scope
from recommender.db.tables import DriftRun
from recommender.settings import Settings
from tests.support.commands import zhiyin
from tests.support.servers.databases import install_tables

NOW = datetime(2026, 6, 1, tzinfo=UTC)
WEEK = timedelta(weeks=1)


def column(score: float, drifted: bool = True, method: str = "Wasserstein") -> dict[str, Any]:
    return {"score": score, "drifted": drifted, "method": method}


@pytest.fixture
def run_id(home: Settings) -> str:
    """A run in which some columns moved and nobody was refreshed."""
    install_tables()
    behaviour = {
        "near": column(0.2),
        "far": column(0.9),
        "still": column(0.95, drifted=False),
        "named": column(0.001, method="chi-square p_value"),
    }
    details = {"sentence": "Drift: they moved", "behaviour": {"columns": behaviour}, "profiles": {"columns": {}}}
    days = {"current_from": NOW - WEEK, "current_until": NOW, "reference_from": NOW - 5 * WEEK}
    with session_scope() as session:
        session.add(
            DriftRun(
                drift_run_id="run-1",
                **days,
                reference_until=NOW - WEEK,
                drifted=True,
                share=0.5,
                details=details,
                report_path="reports/run-1.html",
                created_at=NOW,
            )
        )
    return "run-1"


def test_runs_are_listed_for_people_and_for_programs(run_id: str) -> None:
    assert "run-1" in zhiyin("drift", "list").stdout
    listed = json.loads(zhiyin("drift", "list", "--json").stdout)
    assert [(one["drift_run_id"], one["drifted"], one["share"]) for one in listed] == [("run-1", True, 0.5)]


def test_a_run_is_shown_with_what_moved_farthest_first(run_id: str) -> None:
    shown = zhiyin("drift", "show").stdout
    assert "Drift: they moved" in shown
    moved = next(line for line in shown.splitlines() if line.startswith("behaviour: "))
    assert "still" not in moved
    assert moved.index("far 0.90") < moved.index("near 0.20")
    assert "named p 0.00" in moved
    assert "profiles: nothing moved" in shown
    assert "decided: not yet" in shown
    assert json.loads(zhiyin("drift", "show", "run-1", "--json").stdout)["sentence"] == "Drift: they moved"


def test_a_run_is_decided_once(run_id: str) -> None:
    refused = zhiyin("drift", "decide", run_id, "dismiss")
    assert (refused.exit_code, "note" in refused.stderr) == (2, True)
    decided = zhiyin("drift", "decide", run_id, "dismiss", "--note", "a sale")
    assert decided.exit_code == 0, decided.output
    again = zhiyin("drift", "decide", run_id, "hold")
    assert (again.exit_code, "is decided" in again.stderr) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("show",), "there is no drift run yet"),
        (("show", "run-9"), "there is no drift run run-9"),
        (("check", "--until", "June"), "until: 'June' is not a date"),
        (("check",), "there are no events yet: zhiyin import csv FOLDER"),
    ],
)
def test_what_can_not_be_done_is_refused_with_the_remedy(
    home: Settings, arguments: tuple[str, ...], reason: str
) -> None:
    install_tables()
    done = zhiyin("drift", *arguments)
    assert done.exit_code == 2
    assert reason in " ".join(done.stderr.split())
