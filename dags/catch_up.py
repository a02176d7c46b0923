"""### catch_up: announcements that woke nobody are told once more

Airflow keeps no event for a DAG that is paused, so that nothing would start when it is switched on again. Every five
minutes this looks in the database for announcements that no run has taken, and tells the assets concerned again. What
the woken runs then do they read in the database themselves.

**Idempotent:** it changes nothing; a DAG that is woken without need finds nothing due and skips its tasks.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import Asset, Param, dag, task
from airflow.sdk.exceptions import AirflowSkipException

from dags.loop import DEFAULTS, DRIFT, EVENTS, FEATURES, MODEL, QUESTION, params, tell

ASSETS: tuple[Asset, ...] = (EVENTS, FEATURES, MODEL, DRIFT, QUESTION)


@dag(
    dag_id="catch_up",
    schedule="*/5 * * * *",
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    default_args=DEFAULTS,
    tags=["zhiyin"],
    doc_md=__doc__,
    params={
        "minutes": Param(
            2,
            type="integer",
            minimum=0,
            maximum=1440,
            title="Minutes",
            description_md="How long an announcement may wait for a run before it is told again.",
            section="When",
        ),
    },
)
def catch_up() -> None:
    """One look, then a task for each asset, which is skipped where nothing announced as it waits."""

    @task.short_circuit
    def look() -> dict[str, Any]:
        return _waiting(params()["minutes"])

    found = look()
    for asset in ASSETS:
        task(task_id=f"tell_{asset.name}", outlets=[asset])(_tell)(asset.name, found)


def _waiting(minutes: int) -> dict[str, Any]:
    """By asset the interval of what was announced longer ago than this and no run has taken."""
    from recommender.db.engine import session_scope
    from recommender.store.deliveries import STEPS, not_taken

    before = datetime.now(UTC) - timedelta(minutes=minutes)
    with session_scope() as session:
        found = {asset: not_taken(session, step, before) for step, asset in STEPS.items()}
    return {
        asset: {"start": work.start.isoformat(), "end": work.end.isoformat()}
        for asset, work in found.items()
        if work is not None
    }


def _tell(name: str, found: dict[str, Any]) -> None:
    if name not in found:
        raise AirflowSkipException(f"nothing that was announced as {name} waits for a run")
    tell(next(asset for asset in ASSETS if asset.name == name), found[name])


catch_up()
