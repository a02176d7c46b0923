"""How the loop's DAGs are: their last runs, what comes next, what runs or waits, and whether Airflow's parts live.

What Airflow answers is checked by its form; a part that it refuses is named in `degraded` and the others are told.
"""

import asyncio
from collections.abc import Awaitable
from typing import Any

from pydantic import AwareDatetime, BaseModel, ValidationError

from services.airflow.client import AirflowAway, AirflowRefused, AirflowVisit

TAG = "zhiyin"  # that each DAG of the project bears
RUNS, TASKS, DAGS = 5, 50, 100
BUSY = ("running", "queued", "scheduled", "up_for_retry", "deferred", "up_for_reschedule", "awaiting_input")
HEALTHY = "healthy"


class AirflowPart(BaseModel):
    """A process of Airflow: `status` is None where this Airflow has none of it; `heartbeat` its last sign of life."""

    name: str
    status: str | None = None
    heartbeat: AwareDatetime | None = None

    @property
    def is_healthy(self) -> bool:
        """Whether Airflow itself calls it so."""
        return self.status == HEALTHY


class Run(BaseModel):
    """A run of a DAG. `duration` is in seconds, and None until it has ended."""

    dag_run_id: str
    run_type: str
    state: str
    start_date: AwareDatetime | None = None
    duration: float | None = None
    note: str | None = None


class Task(BaseModel):
    """A task that runs or waits: for a worker, a retry, or in `awaiting_input` for a person."""

    dag_id: str
    dag_run_id: str
    task_id: str
    state: str
    start_date: AwareDatetime | None = None


class Dag(BaseModel):
    """A DAG with its last runs, the latest first, and its tasks that run or wait."""

    dag_id: str
    timetable_description: str | None = None
    is_paused: bool
    has_import_errors: bool = False
    next_dagrun_run_after: AwareDatetime | None = None
    runs: list[Run] = []
    tasks: list[Task] = []


class ImportFailure(BaseModel):
    """A file of the DAGs folder that can't be read."""

    filename: str | None = None
    stack_trace: str | None = None

    @property
    def reason(self) -> str:
        """The last line of the stack trace, which says what is wrong."""
        lines = (self.stack_trace or "").strip().splitlines()
        return lines[-1][:300] if lines else ""


class LoopHealth(BaseModel):
    """All that the page shows; `degraded` names what Airflow didn't tell."""

    parts: list[AirflowPart]
    dags: list[Dag]
    failures: list[ImportFailure]
    degraded: list[str]


async def read_health(visit: AirflowVisit) -> LoopHealth:
    """How Airflow and the DAGs of the project are now; raises as `AirflowVisit.get` does where no DAG is told."""
    try:
        return await _health(visit)
    except (ValidationError, KeyError, TypeError, AttributeError):
        raise AirflowAway("it answers otherwise than Airflow 3 does: check ZHIYIN_AIRFLOW_URL") from None


async def _health(visit: AirflowVisit) -> LoopHealth:
    degraded: list[str] = []
    parts = _parts(await visit.get("/monitor/health"))
    listed, failed, busy = await asyncio.gather(
        visit.get("/dags", tags=TAG, limit=DAGS, order_by="dag_id"),
        _or_degraded("import errors", visit.get("/importErrors", limit=TASKS), degraded),
        _or_degraded("tasks", visit.get("/dags/~/dagRuns/~/taskInstances", state=BUSY, limit=TASKS), degraded),
    )
    tasks = [Task.model_validate(one) for one in busy["task_instances"]] if busy is not None else []
    failures = [ImportFailure.model_validate(one) for one in failed["import_errors"]] if failed is not None else []
    dags = [_with_tasks(Dag.model_validate(one), tasks) for one in listed["dags"]]
    dags = list(await asyncio.gather(*(_with_runs(visit, dag, degraded) for dag in dags)))
    return LoopHealth(parts=parts, dags=dags, failures=failures, degraded=degraded)


def _with_tasks(dag: Dag, tasks: list[Task]) -> Dag:
    return dag.model_copy(update={"tasks": [task for task in tasks if task.dag_id == dag.dag_id]})


async def _with_runs(visit: AirflowVisit, dag: Dag, degraded: list[str]) -> Dag:
    asked = visit.get(f"/dags/{dag.dag_id}/dagRuns", order_by="-run_after", limit=RUNS)
    told = await _or_degraded(f"runs of {dag.dag_id}", asked, degraded)
    runs = [Run.model_validate(one) for one in told["dag_runs"]] if told is not None else []
    return dag.model_copy(update={"runs": runs})


async def _or_degraded(name: str, asked: Awaitable[Any], degraded: list[str]) -> Any:
    """The answer; None, and a name in `degraded`, where who asks may not know."""
    try:
        return await asked
    except AirflowRefused as refusal:
        degraded.append(f"{name}: {refusal}")
        return None


def _parts(told: dict[str, dict[str, Any]]) -> list[AirflowPart]:
    return [
        AirflowPart(name=name, status=part.get("status"), heartbeat=part.get(f"latest_{name}_heartbeat"))
        for name, part in told.items()
    ]
