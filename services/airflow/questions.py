"""The question that a run of `decide_drift` asks a person: found by its drift run, and answered by Airflow's REST API.

What is decided is a row of the database before Airflow hears of it; an answer only ends the task that waits.
"""

import asyncio
from datetime import datetime
from typing import Any
from urllib.parse import quote

from pydantic import BaseModel, Field, ValidationError

from services.airflow.client import AirflowApi, AirflowAway, AirflowRefused, AirflowVisit

DAG, TASK, CHOOSES = "decide_drift", "ask", "choose"
NEWEST = 5  # questions that are looked at: a run of the drift check that is repeated asks again
ANSWER_SECONDS = 8.0
CONFLICT = 409  # it was answered
WAITING = "awaiting_input"
UNREAD = (ValidationError, KeyError, TypeError, AttributeError)


class Responder(BaseModel):
    """Who answered, as Airflow names them."""

    name: str


class AskingTask(BaseModel):
    """The task that asks."""

    dag_run_id: str
    state: str | None = None


class Question(BaseModel):
    """What was asked; answered where `response_received`, by a person or, with nobody's name, by the time-out."""

    task: AskingTask = Field(validation_alias="task_instance")
    response_received: bool = False
    responded_by_user: Responder | None = None
    responded_at: datetime | None = None
    chosen_options: list[str] | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether the task is parked for an answer; one that comes before it is parked, Airflow 3.3.2 loses."""
        return not self.response_received and self.task.state == WAITING


async def find_question(visit: AirflowVisit, drift_run_id: str) -> Question | None:
    """The newest question about a drift run, waiting or answered; None where Airflow was never to ask it.

    Raises as `AirflowVisit.get` does.
    """
    try:
        told = await visit.get(
            f"/dags/{DAG}/dagRuns/~/hitlDetails", subject_search=drift_run_id, order_by="-created_at", limit=NEWEST
        )
        questions = [Question.model_validate(one) for one in told["hitl_details"]]
        about = await asyncio.gather(*(_about(visit, one.task.dag_run_id) for one in questions))
    except UNREAD:
        raise AirflowAway("it answers otherwise than Airflow 3.1 or later does: check ZHIYIN_AIRFLOW_URL") from None
    return next((one for one, run in zip(questions, about, strict=True) if run == drift_run_id), None)


async def _about(visit: AirflowVisit, dag_run_id: str) -> str | None:
    """The drift run that a run of the DAG chose to ask about."""
    place = f"/dags/{DAG}/dagRuns/{quote(dag_run_id, safe='')}/taskInstances/{CHOOSES}/xcomEntries/return_value"
    try:
        chosen: str | None = (await visit.get(place))["value"]["drift_run_id"]
    except AirflowRefused as refusal:
        if refusal.status != 404:
            raise
        return None
    return chosen


async def answer_question(
    api: AirflowApi, drift_run_id: str, action: str, said: dict[str, Any], seconds: float = ANSWER_SECONDS
) -> bool:
    """Ends the task that waits for this; False where none does.

    Sent once more where Airflow fails to write (on SQLite, while others write): a question takes one answer, so that
    nothing is done twice. Raises as `AirflowVisit.get` does.
    """
    body = {"chosen_options": [action], "params_input": said}
    async with api.visit(seconds) as visit:
        question = await find_question(visit, drift_run_id)
        if question is None or not question.is_waiting:
            return False
        place = f"/dags/{DAG}/dagRuns/{quote(question.task.dag_run_id, safe='')}/taskInstances/{TASK}/-1/hitlDetails"
        try:
            await visit.patch(place, body)
        except AirflowAway:
            return await _again(visit, place, body)
        except AirflowRefused as refusal:
            return _unless_answered(refusal)
    return True


async def _again(visit: AirflowVisit, place: str, body: dict[str, Any]) -> bool:
    try:
        await visit.patch(place, body)
    except AirflowRefused as refusal:
        return _unless_answered(refusal)
    return True


def _unless_answered(refusal: AirflowRefused) -> bool:
    """Somebody else was faster in Airflow, or the attempt before: either way the task waits no more."""
    if refusal.status != CONFLICT:
        raise refusal
    return False
