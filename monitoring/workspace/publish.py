"""A run's report and its place in the workspace: what is compared, beside the project's own figures.

Evidently is imported where it is needed, since that takes seconds that other commands need not spend.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from monitoring.answers.judge import Answered
from monitoring.check_params import DriftParams
from recommender.db.engine import session_scope
from recommender.db.tables import DriftRun
from recommender.drift.runs import find_run, list_runs
from recommender.settings import get_settings

Sample = tuple[str, list[pl.DataFrame], Sequence[str], float]  # name, states, the current first, shoppers, share
SCORES, SCORE_SHARE = "scores", 0.5
HELD_OUT = "NDCG@20"  # of a manifest
NOTHING_COMPARED: Mapping[str, Any] = {"share": 0.0, "drifted": False, "columns": {}}
RUNS = 52  # whose models the dashboard shows


def compare_run(
    run_id: str, params: DriftParams, samples: Sequence[Sample], answered: Answered, verdict: Mapping[str, Any]
) -> tuple[Any, dict[str, Any]]:
    """Evidently's snapshot of the samples and of what the run measured itself, and what it says of each sample."""
    from monitoring.comparison import make_comparison
    from monitoring.report import Figures, compare, verdicts
    from monitoring.workspace.panels import answer_columns, run_figures

    scored = [(SCORES, answered.score_states, _users(answered.score_states), SCORE_SHARE)]
    parts = [make_comparison(*sample) for sample in (*samples, *(scored if answered.score_states else ()))]
    with session_scope() as session:
        refreshed = _refreshed_before(session, params)
    shares = {part.name: part.moved_share for part in parts}
    own = run_figures(verdict, shares, refreshed) | answer_columns(answered.columns)
    snapshot = compare(parts, run_id, params.current_until, Figures(own, answered.refused))
    found = {name: asdict(part) for name, part in verdicts(snapshot, parts).items()}
    return snapshot, {SCORES: dict(NOTHING_COMPARED), **found}


def publish(run_id: str, snapshot: Any, verdict: Mapping[str, Any]) -> str:
    """Saves the report and shows it in Evidently's workspace; returns its id there."""
    from monitoring.headline import headline
    from monitoring.report import save
    from monitoring.workspace.shown_runs import add_to_workspace

    reports, earlier = get_settings().reports_dir, find_run(run_id)
    save(snapshot, reports / run_id, {"drift_run_id": run_id, **verdict}, headline(verdict))
    shown_before = earlier.details.get("workspace_run") if earlier else None
    return add_to_workspace(snapshot, reports / "workspace", shown_before, _models(verdict))


def _users(states: Sequence[pl.DataFrame]) -> list[str]:
    return sorted({user_id for state in states for user_id in state["user_id"].to_list()})


def _refreshed_before(session: Session, params: DriftParams) -> int:
    """How many shoppers the check before this one led to a new profile for."""
    before = select(DriftRun.users_refreshed).where(DriftRun.current_until < params.current_until)
    return session.scalar(before.order_by(DriftRun.current_until.desc(), DriftRun.created_at.desc()).limit(1)) or 0


def _models(verdict: Mapping[str, Any]) -> list[str]:
    """The models of the latest runs, this one's among them."""
    seen = [verdict, *(run.details for run in list_runs(RUNS))]
    named = ({one["model_version"], *one.get("answers", {}).get("ndcg_by_model", {})} for one in seen)
    return sorted(set().union(*named))
