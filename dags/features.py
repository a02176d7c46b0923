"""### features: events become point-in-time features

Builds the behaviour features of every day in the interval into the offline store, then materialises the newest
values into the online store that the service reads. Started by new events, it builds all days that are due, whichever
announcement woke it; a run by hand may name its days.

**Idempotent:** it overwrites the partitions of its own days, and of the quiet days right before them, and nothing else.
"""

from typing import Any

from airflow.sdk import dag, task

from dags.loop import CPU_HEAVY, DEFAULTS, EVENTS, FEATURES, announce, day_param, days, interval, jsonable


@dag(
    dag_id="features",
    schedule=[EVENTS],
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=["zhiyin", "features", "feast"],
    doc_md=__doc__,
    params={
        "start": day_param("First day", "First day (UTC) to build. Empty: that of the first event."),
        "end": day_param("End", "The day (UTC) before which it ends. Empty: just past the latest event."),
    },
)
def features() -> None:
    """Chooses the days, builds them, then puts them online and announces them."""

    @task
    def choose_interval() -> dict[str, Any]:
        return interval()

    @task(pool=CPU_HEAVY)
    def build(chosen: dict[str, Any]) -> dict[str, Any]:
        from dataclasses import asdict

        from features.building.pipeline import build_features

        return jsonable(asdict(build_features(*days(chosen))))

    @task(pool=CPU_HEAVY, outlets=[FEATURES])
    def publish(chosen: dict[str, Any]) -> None:
        from features.store import apply, materialize

        apply()
        materialize(*days(chosen))
        announce(FEATURES, {"start": chosen["start"], "end": chosen["end"]}, chosen["number"])

    chosen = choose_interval()
    build(chosen) >> publish(chosen)


features()
