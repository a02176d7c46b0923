"""### retention: what is old is removed, once a day

Removes recommendations older than `ZHIYIN_KEEP_RECOMMENDATIONS_DAYS`, versions of profiles (with their sentences)
older than `ZHIYIN_KEEP_PROFILES_DAYS` that a newer one has replaced, claims of visits, reports and logs by their days,
models and Bentos beyond `ZHIYIN_KEEP_MODELS`, and vectors of encoders that no model uses. A dry run only counts.

**Idempotent:** a second run finds nothing more.
"""

from datetime import UTC, datetime
from typing import Any

from airflow.sdk import Param, dag, task

from dags.loop import DEFAULTS, params


@dag(
    dag_id="retention",
    schedule="@daily",
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=["zhiyin", "privacy"],
    doc_md=__doc__,
    params={
        "dry_run": Param(
            False,
            type="boolean",
            title="Dry run",
            description_md="Count what would be removed, and remove nothing.",
            section="How",
        ),
    },
)
def retention() -> None:
    """One task: it removes, or in a dry run only counts."""

    @task
    def remove() -> dict[str, Any]:
        return _removed(bool(params()["dry_run"]))

    remove()


def _removed(dry_run: bool) -> dict[str, Any]:
    from dataclasses import asdict

    from recommender.db.engine import get_engine
    from recommender.settings import get_settings
    from training.retention import expire

    found = expire(get_engine(), get_settings(), datetime.now(UTC), dry_run)
    return {"dry_run": dry_run, "removed": {kind: asdict(gone) for kind, gone in found.items()}}


retention()
