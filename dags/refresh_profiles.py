"""### refresh_profiles: the shoppers who drifted get a new profile, and only they

Builds the profiles of the shoppers whom a drift run found, on all they did before the data's end, saves them as new
versions and pushes them to the online store; then marks them as refreshed.

**Idempotent:** a shopper already marked is not refreshed again; a run with nobody left to refresh is skipped.
"""

from datetime import datetime
from typing import Any

from airflow.sdk import Param, dag, task

from dags.loop import CPU_HEAVY, DEFAULTS, DRIFT, PROFILES, announce, announced, jsonable, params, refuse


@dag(
    dag_id="refresh_profiles",
    schedule=[DRIFT],
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=["zhiyin", "profiles", "feast"],
    doc_md=__doc__,
    params={
        "drift_run_id": Param(
            None,
            type=["null", "string"],
            maxLength=128,
            title="Drift run",
            description_md="The run whose shoppers are refreshed (`python -m monitoring list`). Empty: the newest.",
            section="Whom",
        ),
    },
)
def refresh_profiles() -> None:
    @task
    def choose() -> dict[str, Any]:
        return _chosen(announced(), params())

    @task(pool=CPU_HEAVY, outlets=[PROFILES])
    def refresh(chosen: dict[str, Any]) -> dict[str, Any]:
        counts = _refresh(chosen["drift_run_id"], datetime.fromisoformat(chosen["end"]))
        announce(PROFILES, {"start": chosen["start"], "end": chosen["end"], "drift_run_id": chosen["drift_run_id"]})
        return counts

    refresh(choose())


def _chosen(told: dict[str, Any], form: dict[str, Any]) -> dict[str, Any]:
    """The drift run and its interval, up to the moment that its check had seen."""
    from monitoring.runs import find_run

    run = find_run(form["drift_run_id"] or told.get("drift_run_id"))
    if run is None:
        refuse(
            "drift_run_id",
            f"there is no drift run {form['drift_run_id'] or ''}; `python -m monitoring list` names them",
        )
    return {
        "drift_run_id": run.drift_run_id,
        "start": run.current_from.isoformat(),
        "end": run.details["as_of"],
    }


def _refresh(drift_run_id: str, as_of: datetime) -> dict[str, Any]:
    from airflow.sdk.exceptions import AirflowSkipException

    from monitoring.drift import drifted_users, mark_refreshed

    waiting = drifted_users(drift_run_id, waiting=True)
    if not waiting:
        raise AirflowSkipException(f"nobody of {drift_run_id} is waiting for a refresh")
    from training.refresh import refresh_profiles as rebuild

    counts = rebuild(as_of, waiting, f"drift:{drift_run_id}")
    mark_refreshed(drift_run_id, waiting)
    return jsonable(counts)


refresh_profiles()
