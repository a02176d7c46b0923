"""### refresh_profiles: the shoppers who drifted get a new profile, and only they

Builds the profiles of the shoppers whom a drift run found, on all they did before the data's end, saves them as new
versions and pushes them to the online store; then marks them as refreshed. Started by drift checks and by decisions, it
does so for each run that is due and on which it is decided that it should (`decide_drift`). Who starts it by hand
decides so. A refresh that somebody takes back (`/operations`, `zhiyin refresh --undo`) is taken back here: who has done
nothing since gets the former profile again, as a new version.

**Idempotent:** a shopper already marked is not refreshed again; a run with nobody left to refresh is skipped.
"""

from collections import Counter
from typing import Any

from airflow.sdk import Param, dag, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException

from dags.loop import (
    CPU_HEAVY,
    DEFAULTS,
    DRIFT,
    PROFILES,
    due_work,
    finish_work,
    is_woken,
    params,
    refuse,
    tell,
    woken_work,
)


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
            description_md="The run whose shoppers are refreshed (`zhiyin drift list`). Empty: the newest.",
            section="Whom",
        ),
    },
)
def refresh_profiles() -> None:
    """Chooses the drift runs and refreshes who drifted in them; that is skipped where it is nobody."""

    @task
    def choose() -> dict[str, Any]:
        return _chosen(params()["drift_run_id"])

    @task(pool=CPU_HEAVY, outlets=[PROFILES])
    def refresh(chosen: dict[str, Any]) -> dict[str, int]:
        counts = _refresh(chosen["runs"])
        finish_work(chosen["number"])
        if not counts:
            raise AirflowSkipException(
                f"nobody of {', '.join(chosen['runs'])} is to be refreshed: {_state(chosen['runs'])}"
            )
        tell(PROFILES, {"start": chosen["start"], "end": chosen["end"], "drift_run_id": chosen["runs"][-1]})
        return counts

    refresh(choose())


def _chosen(named: str | None) -> dict[str, Any]:
    """The drift runs, oldest first, and the interval that they checked, up to the moment that they had seen."""
    from recommender.drift.runs import find_run

    work = woken_work() if is_woken() else None if named else due_work()
    announced = [one["drift_run_id"] for one in work["details"] if "drift_run_id" in one] if work else []
    runs = []
    for run_id in [named] if named else list(dict.fromkeys(announced)) or [None]:
        run = find_run(run_id)
        if run is None:
            refuse("drift_run_id", f"there is no drift run {run_id or ''}; `zhiyin drift list` names them")
        if work is None or not announced:
            _decide(run.drift_run_id)
        runs.append(run)
    return {
        "runs": [run.drift_run_id for run in runs],
        "start": min(run.current_from for run in runs).isoformat(),
        "end": max(run.details["as_of"] for run in runs),
        "number": work["number"] if work else 0,
    }


def _state(drift_run_ids: list[str]) -> str:
    from recommender.drift.decisions import decisions_on, describe_decision

    made = decisions_on(drift_run_ids)
    return "; ".join(describe_decision(made[one]) if one in made else "undecided" for one in drift_run_ids)


def _decide(drift_run_id: str) -> None:
    """Whoever starts this by hand decides that the run's shoppers are refreshed, where nothing else is decided."""
    from recommender.drift.decisions import Choice, DecisionError, decide, decision_on, describe_decision

    made = decision_on(drift_run_id)
    if made is None or made.action == "hold":
        who = get_current_context()["dag_run"].triggering_user_name or "somebody"
        try:
            decide(drift_run_id, Choice("refresh", who, "airflow"), announced=False)
        except DecisionError as refusal:
            refuse("drift_run_id", str(refusal))
    elif made.action != "refresh":
        refuse("drift_run_id", f"{drift_run_id} is decided otherwise: {describe_decision(made)}")


def _refresh(drift_run_ids: list[str]) -> dict[str, int]:
    """Refreshes who is waiting, run by run, and takes back what is to be; {} when there is nobody of either."""
    from recommender.drift.decisions import decision_on, waiting_users
    from recommender.drift.runs import refreshed_users

    counts: Counter[str] = Counter()
    for run_id in drift_run_ids:
        made = decision_on(run_id)
        if made is not None and made.undone_at is not None and refreshed_users(run_id):
            from training.undo_refresh import undo_refresh

            counts.update(undo_refresh(run_id))
        elif waiting_users(run_id):
            from training.profiles import refresh_drifted

            counts.update(refresh_drifted(run_id))
    return dict(counts)


refresh_profiles()
