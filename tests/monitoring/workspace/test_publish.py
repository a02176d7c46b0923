"""What a run compares, beside what the check before it led to; tests of the whole check see it saved and shown."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from monitoring.answers.judge import Answered
from monitoring.check_params import DriftParams
from monitoring.workspace.panels import REFRESHED
from monitoring.workspace.publish import SCORES, compare_run
from recommender.db.engine import session_scope
from recommender.db.tables import DriftRun
from recommender.settings import Settings
from tests.support.servers.databases import install_tables

UNTIL = datetime(2026, 5, 4, tzinfo=UTC)
WEEK = timedelta(days=7)
USERS = [f"u{number}" for number in range(80)]
DAYS = {
    "current_from": UNTIL - WEEK,
    "current_until": UNTIL,
    "reference_from": UNTIL - 6 * WEEK,
    "reference_until": UNTIL - WEEK,
}
NOTHING: dict[str, Any] = {"answers": 0, "shoppers": 0, "figures": {}, "ndcg_by_model": {}, "drifted": False}
SHOPPERS: dict[str, Any] = {"checked": 80, "drifted_count": 3, "threshold": 0.9, "drifted": False}


def states(column: str, moved: float = 0.0) -> list[pl.DataFrame]:
    rng = np.random.default_rng(0)
    return [pl.DataFrame({"user_id": USERS, column: rng.normal(mean, 1, len(USERS))}) for mean in (moved, 0, 0, 0)]


def test_what_is_compared_and_where_it_is_shown(home: Settings) -> None:
    install_tables()
    params = DriftParams.of(**DAYS)
    with session_scope() as session:
        earlier = {name: moment - WEEK for name, moment in DAYS.items()}
        session.add(DriftRun(drift_run_id="before", drifted=True, share=0.5, report_path="", users_refreshed=11,
                             details={"model_version": "old"}, created_at=UNTIL, **earlier))  # fmt: skip
    verdict: dict[str, Any] = {
        "shoppers": SHOPPERS,
        "answers": NOTHING,
        "model_version": "m",
        "held_out_ndcg": 0.3,
        "as_of": UNTIL.isoformat(),
    }
    samples = [("behaviour", states("spend", 3.0), USERS, 0.5), ("profiles", states("profile_00"), USERS, 0.5)]
    snapshot, found = compare_run("run", params, samples, Answered(NOTHING), verdict)
    assert (found["behaviour"]["drifted"], found["profiles"]["drifted"], found[SCORES]["drifted"]) == (
        True,
        False,
        False,
    )
    shown = {result.metric_value_location.metric.params.get("column"): result
             for result in snapshot.metric_results.values()}  # fmt: skip
    assert shown[REFRESHED].value == 11


def test_scores_are_compared_where_there_are_some(home: Settings) -> None:
    install_tables()
    verdict = {"shoppers": SHOPPERS, "answers": NOTHING, "model_version": "m", "held_out_ndcg": None}
    samples = [("behaviour", states("spend"), USERS, 0.5), ("profiles", states("profile_00"), USERS, 0.5)]
    answered = Answered(NOTHING, score_states=states("top_score", 3.0))
    _, found = compare_run("run", DriftParams.of(**DAYS), samples, answered, verdict)
    assert found[SCORES]["drifted"]
