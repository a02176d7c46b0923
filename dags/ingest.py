"""### ingest: the shop's data comes in

Imports a source into the application's database and announces which stretch of time is new, which sets the rest of the
loop going: features, retrain, drift check, refresh.

**Idempotent:** rows are taken by their natural keys, so the same source adds nothing twice. What is announced begins
where the last announcement ended; when a run dies between import and announcement, the next one announces it. Where
nothing is new but `features` has not taken what was announced before, it is woken once more.
"""

from typing import Any

from airflow.sdk import Param, dag, task

from dags.loop import CPU_HEAVY, DEFAULTS, EVENTS, day_param, jsonable, midnight, params, refuse, tell

SOURCES = ["demo", "csv", "amazon-reviews", "service"]


@dag(
    dag_id="ingest",
    schedule=None,
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=["zhiyin", "data"],
    doc_md=__doc__,
    params={
        "source": Param(
            "service",
            type="string",
            enum=SOURCES,
            title="Source",
            description_md="`demo`: a year of grocery shopping. `csv`: users, items and interactions as csv, "
            "parquet or jsonl. `amazon-reviews`: the 2023 format. `service`: only what the service recorded itself.",
            section="Source",
        ),
        "folder": Param(
            None,
            type=["null", "string"],
            maxLength=512,
            title="Folder",
            description_md="Folder of the files, below the landing folder (`ZHIYIN_LANDING`). Empty: itself.",
            section="Source",
        ),
        "whole": Param(
            False,
            type="boolean",
            title="Whole catalogue",
            description_md="`csv` only: the items are the whole catalogue, so those that it doesn't name are retired. "
            "A file that lacks more than 40% of the shop's items fails the run, and nothing is retired.",
            section="Source",
        ),
        "shift_days": Param(
            0,
            type="integer",
            minimum=-36500,
            maximum=36500,
            title="Shift by days",
            description_md="`demo` only: moves every time by so many days, so that the data can end today.",
            section="Demo data",
        ),
        "until": day_param("Until", "`demo` only: leave out what happened from this day (UTC) on.", "Demo data"),
        "announce_again": Param(
            False,
            type="boolean",
            title="Announce again",
            description_md="Announce the whole of the data even when nothing new came, so that the loop runs anew.",
            section="What follows",
        ),
    },
)
def ingest() -> None:
    """Checks the form, loads from its source, and announces what is new; that is skipped where nothing is."""

    @task
    def check() -> dict[str, Any]:
        return _checked(params())

    @task(pool=CPU_HEAVY)
    def load(form: dict[str, Any]) -> dict[str, Any]:
        from recommender.importing.sources import import_source

        return jsonable(import_source(form["source"], **form["options"]))

    @task(outlets=[EVENTS])
    def announce_new(form: dict[str, Any], loaded: dict[str, Any]) -> dict[str, Any]:
        extra = _announced(again=form["announce_again"] or loaded["new_scale"])
        tell(EVENTS, extra)
        return extra

    form = check()
    announce_new(form, load(form))


def _checked(form: dict[str, Any]) -> dict[str, Any]:
    """The form with its source's options; refuses what cannot work before anything is touched."""
    from recommender.settings import get_settings

    options: dict[str, Any] = {}
    if form["source"] == "demo":
        options = {"shift_days": form["shift_days"]}
        if form["until"]:
            midnight(form["until"], "until")
            options["until"] = form["until"]
    elif form["source"] != "service":
        landing = get_settings().landing_dir
        folder = (landing / (form["folder"] or ".")).resolve()
        if not folder.is_relative_to(landing):
            refuse("folder", f"{form['folder']!r} lies outside the landing folder; name one below {landing}")
        if not folder.is_dir():
            refuse("folder", f"there is no folder {folder}; put the shop's files there")
        options = {"folder": str(folder)}
        if form["source"] == "csv" and form["whole"]:
            options["whole"] = True
    return {"source": form["source"], "options": options, "announce_again": form["announce_again"]}


def _announced(again: bool) -> dict[str, Any]:
    """What `features` has to take; skips the task, and so the rest of the loop, when there is nothing."""
    from airflow.sdk.exceptions import AirflowSkipException

    from recommender.db.engine import session_scope
    from recommender.store.deliveries import announce_events, not_taken

    announce_events(again)
    with session_scope() as session:
        work = not_taken(session, "features")
    if work is None:
        raise AirflowSkipException("nothing new arrived since the last announcement")
    return {"start": work.start.isoformat(), "end": work.end.isoformat()}


ingest()
