"""What the shop of a loop holds, as its database says: counts, models, profiles, drift runs."""

from typing import Any

from sqlalchemy import func, select

from recommender.db.engine import session_scope
from recommender.db.tables import DriftRun, ProfileVersion
from recommender.drift.decisions import decision_on
from recommender.drift.runs import list_runs
from recommender.store.queries import promoted_model
from tests.support.servers.airflow import RunningAirflow


def count(column: Any) -> int:
    with session_scope() as session:
        return session.scalar(select(func.count(column))) or 0


def reasons() -> dict[str, set[str]]:
    """Who got a profile for which kind of reason."""
    with session_scope() as session:
        rows = session.execute(select(ProfileVersion.reason, ProfileVersion.user_id))
        found: dict[str, set[str]] = {}
        for reason, user_id in rows:
            found.setdefault(reason.partition(":")[0], set()).add(user_id)
        return found


def promoted() -> str:
    with session_scope() as session:
        model = promoted_model(session)
        assert model is not None
        return model.model_version


def decided_by_policy() -> list[DriftRun]:
    """The drift runs on which no person decided."""
    found = [(run, decision_on(run.drift_run_id)) for run in list_runs()]
    return [run for run, made in found if made is not None and made.door == "policy"]


def refreshed_of(drift_run_id: str) -> int | None:
    return next(run.users_refreshed for run in list_runs() if run.drift_run_id == drift_run_id)


def ask_whom_to_refresh(airflow: RunningAirflow, share: float, seen: set[str]) -> tuple[str, DriftRun]:
    """A drift check that asks a person, parked at its question: the run of `decide_drift` and the drift run."""
    assert airflow.run("check_drift", {"policy": "ask", "false_alarm": share}, 300)[1] == "success"
    asking = airflow.asked("decide_drift", seen)
    return asking, next(run for run in list_runs() if run.details["params"]["false_alarm"] == share)
