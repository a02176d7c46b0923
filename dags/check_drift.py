"""### check_drift: have the shoppers changed?

Compares the last days with the weeks before: behaviour features and profile vectors (an Evidently report, HTML and
JSON), and each shopper's profile in service with the profile that today's behaviour would give. The verdict, its
numbers and the shoppers who drifted are rows in the database.

Started when `retrain` has settled which model is in service, whether or not it trained one. What follows the policy
says (`ZHIYIN_DRIFT_POLICY`, or this form): who drifted is refreshed, or `decide_drift` asks a person.

**Idempotent:** a run is named by its interval and the model; the same interval replaces its own row.
"""

from datetime import datetime, timedelta
from typing import Any

from airflow.sdk import Param, dag, task

from dags.loop import (
    CPU_HEAVY,
    DEFAULTS,
    DRIFT,
    FOLLOWING,
    MODEL,
    announce,
    announce_question,
    day_param,
    days,
    interval,
    params,
    refuse,
)


@dag(
    dag_id="check_drift",
    schedule=[MODEL],
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=["zhiyin", "monitoring", "evidently"],
    doc_md=__doc__,
    params={
        "end": day_param("End", "The day (UTC) before which the current days end. Empty: just past the latest event."),
        "current_days": Param(
            7,
            type="integer",
            minimum=1,
            maximum=90,
            title="Current days",
            description_md="Length of the interval that is checked.",
            section="Interval",
        ),
        "reference_days": Param(
            28,
            type="integer",
            minimum=7,
            maximum=730,
            title="Reference days",
            description_md="Length of the interval before it that it is compared with: twice the current days or more, "
            "and two stretches that end on the same weekday.",
            section="Interval",
        ),
        "false_alarm": Param(
            0.01,
            type="number",
            minimum=0.001,
            maximum=0.5,
            title="False alarms",
            description_md="Share of shoppers that an ordinary week may call drifted: sets the distance threshold from "
            "the reference's own week-to-week distances.",
            section="Thresholds",
        ),
        "column_share": Param(
            0.5,
            type="number",
            minimum=0.05,
            maximum=1,
            title="Column share",
            description_md="The behaviour has drifted when at least this share of its columns has.",
            section="Thresholds",
        ),
        "policy": Param(
            None,
            type=["null", "string"],
            enum=[None, "auto", "ask", "ask-unusual"],
            title="Policy",
            description_md="`auto`: who drifted is refreshed; `ask`: a person decides; `ask-unusual`: a person decides "
            "where many drifted or the feed looks broken. Empty: as `ZHIYIN_DRIFT_POLICY` says.",
            section="What follows",
        ),
    },
)
def check_drift() -> None:
    """Plans, compares and announces; the question is announced only where nothing is decided yet."""

    @task
    def plan() -> dict[str, Any]:
        return _planned(params())

    @task(pool=CPU_HEAVY)
    def check(planned: dict[str, Any]) -> str:
        from monitoring.drift import DriftParams
        from monitoring.drift import check_drift as compare

        return compare(DriftParams.of(**planned["check"]))

    @task(outlets=[DRIFT, FOLLOWING])
    def announce_drift(planned: dict[str, Any], drift_run_id: str) -> dict[str, Any]:
        extra = {"start": planned["start"], "end": planned["end"], "drift_run_id": drift_run_id}
        if not _settled(drift_run_id, params()["policy"]):
            announce_question(extra)
        announce(DRIFT, extra, planned["number"])
        return extra

    planned = plan()
    announce_drift(planned, check(planned))


def _settled(drift_run_id: str, policy: str | None) -> bool:
    """Whether it is decided what follows, by the policy if by nobody else yet."""
    from recommender.drift.decisions import apply_policy, decide, decision_on
    from recommender.drift.runs import find_run
    from recommender.settings import get_settings

    run = find_run(drift_run_id)
    if run is None or decision_on(drift_run_id) is not None:
        return True
    choice = apply_policy(run, get_settings(), policy)
    if choice is not None:
        decide(drift_run_id, choice, announced=False)
    return choice is not None


def _planned(form: dict[str, Any]) -> dict[str, Any]:
    from monitoring.check_params import least_reference

    least = least_reference(timedelta(days=form["current_days"])).days
    if form["reference_days"] < least:
        refuse("reference_days", f"{form['reference_days']} is too short for {form['current_days']} days; give {least}")
    chosen = interval()
    _, until = days(chosen)
    start = until - timedelta(days=form["current_days"])
    check = {
        "current_from": start.isoformat(),
        "current_until": until.isoformat(),
        "reference_from": (start - timedelta(days=form["reference_days"])).isoformat(),
        "reference_until": start.isoformat(),
        "false_alarm": form["false_alarm"],
        "column_share": form["column_share"],
    }
    as_of = min(datetime.fromisoformat(chosen["end"]), until)
    return {"start": start.isoformat(), "end": as_of.isoformat(), "number": chosen["number"], "check": check}


check_drift()
