"""What was decided on a drift run, brought to the Airflow task that waits for it; and how that task stands.

The row decides: it is written before Airflow hears of it, and stands whatever Airflow says. Where Airflow is away its
task goes on waiting, and can be told later; what was decided is carried out all the same, by the DAG `catch_up` wakes.
"""

from dataclasses import dataclass

import structlog

from recommender.db.tables import DriftDecision
from services.airflow.client import AirflowApi, AirflowAway, AirflowError, AirflowRefused
from services.airflow.questions import Question, answer_question, find_question
from services.core.metrics import meters

log = structlog.get_logger(__name__)
ENDPOINT, PART = "operations", "airflow"


@dataclass(frozen=True, slots=True)
class Asked:
    """`state` is off, away, refused, none (Airflow was not to ask), waiting or answered."""

    state: str
    reason: str = ""
    question: Question | None = None


async def look_for_question(api: AirflowApi, drift_run_id: str) -> Asked:
    """How the question about a drift run stands in Airflow; it is counted where Airflow doesn't tell."""
    if not api.is_set:
        return Asked("off")
    try:
        async with api.visit() as visit:
            question = await find_question(visit, drift_run_id)
    except AirflowError as failure:
        meters().degraded.labels(ENDPOINT, PART).inc()
        return Asked("refused" if isinstance(failure, AirflowRefused) else "away", str(failure))
    if question is None:
        return Asked("none")
    return Asked("answered" if question.response_received else "waiting", question=question)


async def tell_decision(api: AirflowApi, made: DriftDecision) -> bool:
    """Answers the waiting task with what was decided, which goes on at once; False where none waits or none hears."""
    if not api.is_set:
        return False
    said = {"note": made.note, "farther_than": made.farther_than, "at_most": made.at_most}
    try:
        told = await answer_question(api, made.drift_run_id, made.action, said)
    except (AirflowAway, AirflowRefused) as failure:
        meters().degraded.labels(ENDPOINT, PART).inc()
        log.warning("Airflow's question waits on", drift_run_id=made.drift_run_id, reason=str(failure))
        return False
    log.info("Airflow's question", drift_run_id=made.drift_run_id, answered=told, action=made.action)
    return told
