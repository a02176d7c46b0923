"""### decide_drift: a person decides what follows a drift check

Started by `check_drift` where the policy wants a person to decide. The task `ask` waits, holding no worker, until
somebody answers under *Required actions*: refresh all who drifted or some of them, dismiss the run with a note,
retrain, or hold. Nobody's answer within `ZHIYIN_DRIFT_ANSWER_HOURS` counts as `ZHIYIN_DRIFT_UNANSWERED`. The service's
page `/operations` and `zhiyin drift decide` decide the same question; what was decided first stands, and this run says
so.

**Idempotent:** a run is decided once, whichever door the decision came through.
"""

from datetime import timedelta
from typing import Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Param, dag, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException

from dags.loop import DEFAULTS, DRIFT, FEATURES, FOLLOWING, QUESTION, finish_work, is_woken, params, refuse, woken_work
from recommender.settings import get_settings

OPTIONS = ["refresh", "dismiss", "retrain", "hold"]
NEXT = {"refresh": DRIFT, "retrain": FEATURES}  # what wakes the DAG that carries the decision out


@dag(
    dag_id="decide_drift",
    schedule=[QUESTION],
    catchup=False,
    max_active_runs=16,
    is_paused_upon_creation=False,
    default_args=DEFAULTS,
    tags=["zhiyin", "monitoring"],
    doc_md=__doc__,
    params={
        "drift_run_id": Param(
            None,
            type=["null", "string"],
            maxLength=128,
            title="Drift run",
            description_md="The run that is asked about (`zhiyin drift list`). Empty: the newest.",
            section="Which",
        ),
    },
)
def decide_drift() -> None:
    """Chooses the run, waits for an answer, and records it, which wakes the DAG that carries it out."""

    @task
    def choose() -> dict[str, Any]:
        return _chosen(params()["drift_run_id"])

    settings = get_settings()
    ask = HITLOperator(
        task_id="ask",
        subject="{{ ti.xcom_pull(task_ids='choose')['subject'] }}",
        body="{{ ti.xcom_pull(task_ids='choose')['body'] }}",
        options=OPTIONS,
        defaults=settings.drift_unanswered,
        response_timeout=timedelta(hours=settings.drift_answer_hours),
        params={
            "note": Param("", type="string", maxLength=2000, description="Why; needed to dismiss."),
            "farther_than": Param(
                None, type=["null", "number"], minimum=0, maximum=2, description="Refresh who moved farther than this."
            ),
            "at_most": Param(None, type=["null", "integer"], minimum=1, description="Refresh so many, the farthest."),
        },
    )

    @task(outlets=[FOLLOWING])
    def record(chosen: dict[str, Any], answer: dict[str, Any]) -> str:
        made = _record(chosen["drift_run_id"], answer)
        if made["action"] in NEXT:
            extra = {name: chosen[name] for name in ("start", "end", "drift_run_id")}
            get_current_context()["outlet_events"][FOLLOWING].add(NEXT[made["action"]], extra=extra)
        return made["in_words"]

    chosen = choose()
    chosen >> ask
    record(chosen, ask.output)


def _chosen(named: str | None) -> dict[str, Any]:
    """The newest run that is asked about, with the question; skipped where it is decided."""
    from monitoring.headline import question_of
    from recommender.drift.decisions import decision_on, describe_decision
    from recommender.drift.runs import find_run

    if is_woken() and not named:
        finish_work(woken_work()["number"])
    run = find_run(named)
    if run is None:
        refuse("drift_run_id", f"there is no drift run {named or ''}; `zhiyin drift list` names them")
    made = decision_on(run.drift_run_id)
    if made is not None and made.action != "hold":
        raise AirflowSkipException(f"{run.drift_run_id} is decided: {describe_decision(made)}")
    subject, body = question_of(run)
    return {
        "drift_run_id": run.drift_run_id,
        "start": run.current_from.isoformat(),
        "end": str(run.details["as_of"]),
        "subject": subject,
        "body": body,
    }


def _record(drift_run_id: str, answer: dict[str, Any]) -> dict[str, str]:
    """Keeps what was answered; skips where another door was faster or a newer run replaced this one.

    Where the service's page decided, it is the page that answers here: its decision stands, and is carried out.
    """
    from recommender.drift.decisions import (
        AlreadyDecided,
        Choice,
        DecisionError,
        Replaced,
        decide,
        describe_decision,
        find_made,
    )

    [action], params, by = answer["chosen_options"], answer["params_input"], answer["responded_by_user"]
    who = (by or {}).get("name") or "nobody in time"
    try:
        note, reach = params.get("note") or "", (params.get("farther_than"), params.get("at_most"))
        choice = Choice(action, who, "airflow", note, *reach)
        made = find_made(drift_run_id, choice) or decide(drift_run_id, choice)
    except (AlreadyDecided, Replaced) as late:
        raise AirflowSkipException(str(late)) from None
    except DecisionError as refusal:
        refuse(*str(refusal).split(": ", 1))
    return {"action": made.action, "in_words": describe_decision(made)}


decide_drift()
