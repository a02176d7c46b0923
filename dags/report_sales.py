"""### report_sales: what the answers of the last weeks led to, counted once a day

Joins what was shown with what was then clicked, carted and bought, by model, scenario, source, position and week, and
compares the arms of experiments. Then a canary that runs is judged by what its shoppers buy, and ended where that is
below its bound (`ZHIYIN_GUARDRAIL_CONVERSION`). The page `/operations/sales` shows it, `zhiyin report` makes the same.

**Idempotent:** a report is a row of its own; the newest one is shown. A canary is ended once.
"""

from typing import Any

from airflow.sdk import Param, dag, task

from dags.loop import CPU_HEAVY, DEFAULTS, day_param, params


@dag(
    dag_id="report_sales",
    schedule="@daily",
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=["zhiyin", "monitoring"],
    doc_md=__doc__,
    params={
        "end": day_param("End", "The day (UTC) before which what is counted ends. Empty: now."),
        "days": Param(
            28,
            type="integer",
            minimum=1,
            maximum=366,
            title="Days",
            description_md="Length of the interval; experiments that run in it count from their start.",
            section="Interval",
        ),
    },
)
def report_sales() -> None:
    """Counts what answers led to, then judges the canary, if one runs."""

    @task(pool=CPU_HEAVY)
    def count() -> dict[str, int]:
        return _counted(params()["end"], int(params()["days"]))

    @task(pool=CPU_HEAVY)
    def judge() -> dict[str, Any]:
        from monitoring.sales.canary import judge_canary

        return judge_canary() or {}

    count() >> judge()


def _counted(end: str | None, days: int) -> dict[str, Any]:
    from datetime import UTC, datetime, timedelta

    from monitoring.sales.report import make_report
    from recommender.settings import get_settings

    until = datetime.fromisoformat(end).replace(tzinfo=UTC) if end else datetime.now(UTC)
    content = make_report(until - timedelta(days=days), until, get_settings().attribution_days)
    return {"answers": content["totals"]["shown"], **content["counts"]}


report_sales()
