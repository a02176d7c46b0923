"""What the DAG files share: the assets that connect them, defaults, and the interval a run works on.

It knows Airflow and dates. A run's interval comes from its form or from what the database says is due; no task asks the
clock. An asset event only wakes a DAG: Airflow gives a run some of the events that come close together, and keeps none
for a DAG that is paused. Heavy imports stay inside the tasks of the DAG files.
"""

import json
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from typing import Any, NoReturn

from airflow.sdk import Asset, AssetAlias, ExceptionRetryPolicy, Param, RetryAction, RetryRule, get_current_context
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

EVENTS = Asset(name="events", uri="zhiyin://events", group="zhiyin")
FEATURES = Asset(name="features", uri="zhiyin://features", group="zhiyin")
MODEL = Asset(name="model", uri="zhiyin://model", group="zhiyin")
DRIFT = Asset(name="drift", uri="zhiyin://drift", group="zhiyin")
PROFILES = Asset(name="profiles", uri="zhiyin://profiles", group="zhiyin")
QUESTION = Asset(name="question", uri="zhiyin://question", group="zhiyin")
FOLLOWING = AssetAlias("what follows", group="zhiyin")  # stands for what a task announces only sometimes

CPU_HEAVY = "cpu_heavy"  # the pool of tasks that use all cores; pools.json says how many run at once
REFUSALS = RetryRule(exception=ValueError, action=RetryAction.FAIL, reason="what was asked is refused; see the message")
DEFAULTS = {
    "owner": "zhiyin",
    "retries": 2,
    "retry_delay": timedelta(seconds=10),
    "retry_policy": ExceptionRetryPolicy(rules=[REFUSALS]),
}


def day_param(title: str, description: str, section: str = "Interval") -> Param:
    """An optional date (UTC) in a trigger form."""
    return Param(None, type=["null", "string"], format="date", title=title, description_md=description, section=section)


def params() -> dict[str, Any]:
    """This run's form as it was filled in; refuses a field that the form doesn't have, which Airflow would take."""
    context = get_current_context()
    known = list(context["dag"].params)
    for field in context["dag_run"].conf or {}:
        if field not in known:
            near = get_close_matches(field, known, n=1) or get_close_matches(field.lower(), known, n=1)
            meant = f"did you mean {near[0]}?" if near else f"there are {', '.join(known) or 'none'}"
            refuse(field, f"the form of {context['dag'].dag_id} has no such field; {meant}")
    return dict(context["params"])


def refuse(field: str, problem: str) -> NoReturn:
    """Fails the task at once, without retries, naming the field of the form."""
    raise AirflowFailException(f"{field}: {problem}")


def checked(model: Any, **values: Any) -> Any:
    """The pydantic model of these values; refuses the first field that is wrong."""
    from pydantic import ValidationError

    try:
        return model(**values)
    except ValidationError as error:
        first = error.errors()[0]
        message = first["msg"].removeprefix("Value error, ")
        field, _, problem = message.partition(": ") if not first["loc"] else (str(first["loc"][0]), "", message)
        refuse(field, problem)


def midnight(text: str, field: str) -> datetime:
    """The start (UTC) of the day that a form's field names."""
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    except ValueError:
        refuse(field, f"{text!r} is not a date; write it as YYYY-MM-DD")


def is_woken() -> bool:
    """Whether an asset event started this run; else a person did, or a schedule of theirs."""
    return bool(get_current_context()["dag_run"].run_type == "asset_triggered")


def interval(own: bool = False) -> dict[str, Any]:
    """The interval of this run: the form's days, else what is due, else (by hand) that of all recorded events.

    A run whose form names days of its `own` leaves what is due to the next one. Skips a woken run when nothing is due.
    """
    form = params()
    start = midnight(form["start"], "start") if form.get("start") else None
    end = midnight(form["end"], "end") if form.get("end") else None
    if is_woken():
        return woken_work()
    taken = None if own or start or end else due_work()
    window = _of_all_events() if not (start and end) else {"start": start.isoformat(), "end": end.isoformat()}
    start, end = start or datetime.fromisoformat(window["start"]), end or datetime.fromisoformat(window["end"])
    if start >= end:
        refuse("start", f"{start:%Y-%m-%d} is not before the end, {end:%Y-%m-%d}; choose an earlier start")
    return {"start": start.isoformat(), "end": end.isoformat(), "number": taken["number"] if taken else 0}


def woken_work() -> dict[str, Any]:
    """What a woken run has to do, with the announcements' details; skips it when nothing is due."""
    work = due_work() or _posted()
    if work is None:
        raise AirflowSkipException("nothing is due: an earlier run has done what was announced")
    return work


def due_work() -> dict[str, Any] | None:
    """What was announced to this DAG and is not done, noted as taken."""
    from recommender.db.engine import session_scope
    from recommender.store.deliveries import EVENTS as ARRIVED
    from recommender.store.deliveries import STEPS, announce_events, take

    step = get_current_context()["dag_run"].dag_id
    if STEPS[step] == ARRIVED:
        announce_events()  # also what nobody announced yet
    with session_scope() as session:
        work = take(session, step)
    if work is None:
        return None
    span = {"start": work.start.isoformat(), "end": work.end.isoformat()}
    return {**span, "number": work.number, "details": list(work.details)}


def _posted() -> dict[str, Any] | None:
    """The interval of events that a person made in Airflow itself; that of all recorded events where they name none."""
    groups = get_current_context()["triggering_asset_events"].values()
    extras = [dict(event.extra) for group in groups for event in group if event.source_dag_id is None]
    if not extras:
        return None
    spans = [extra for extra in extras if {"start", "end"} <= extra.keys()] or [_of_all_events()]
    start = min(_moment(each["start"], "start") for each in spans)
    end = max(_moment(each["end"], "end") for each in spans)
    return {"start": start.isoformat(), "end": end.isoformat(), "number": 0, "details": extras}


def _moment(text: Any, field: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        refuse(field, f"{text!r} is no moment; write it as 2026-03-02T00:00:00+00:00")
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _of_all_events() -> dict[str, Any]:
    from recommender.db.engine import session_scope
    from recommender.store.intervals import recorded_stretch

    with session_scope() as session:
        stretch = recorded_stretch(session)
    if stretch is None:
        refuse("events", "there are none yet; run `ingest` first")
    return {"start": stretch.start.isoformat(), "end": stretch.end.isoformat()}


def announce(asset: Asset, extra: dict[str, Any], number: int = 0) -> None:
    """Announces `extra`, of which `start` and `end` are the interval, to the next DAG, and ends this run's work.

    The work is what was due up to `number`. The next DAG reads the announcement in the database; the event of `asset`
    that this task's success publishes wakes it.
    """
    from recommender.db.engine import session_scope
    from recommender.store.deliveries import announce as keep
    from recommender.store.deliveries import finish

    start, end = (datetime.fromisoformat(extra[name]) for name in ("start", "end"))
    details = {name: value for name, value in extra.items() if name not in ("start", "end")}
    with session_scope() as session:
        keep(session, asset.name, start, end, details)
        finish(session, get_current_context()["dag_run"].dag_id, number)
    tell(asset, extra)


def announce_question(extra: dict[str, Any]) -> None:
    """Announces `extra` to the DAG that asks a person; its event is published through this task's outlet FOLLOWING."""
    from recommender.db.engine import session_scope
    from recommender.store.deliveries import announce as keep

    start, end = (datetime.fromisoformat(extra[name]) for name in ("start", "end"))
    details = {name: value for name, value in extra.items() if name not in ("start", "end")}
    with session_scope() as session:
        keep(session, QUESTION.name, start, end, details)
    get_current_context()["outlet_events"][FOLLOWING].add(QUESTION, extra=extra)


def finish_work(number: int) -> None:
    """Ends this run's work where there is nothing to announce."""
    from recommender.db.engine import session_scope
    from recommender.store.deliveries import finish

    with session_scope() as session:
        finish(session, get_current_context()["dag_run"].dag_id, number)


def tell(asset: Asset, extra: dict[str, Any]) -> None:
    """Attaches `extra` to the event of `asset` that this task's success will publish."""
    get_current_context()["outlet_events"][asset].extra.update(extra)


def days(chosen: dict[str, Any]) -> tuple[datetime, datetime]:
    """The whole days that an interval touches."""
    from recommender.store.intervals import day_end, day_start

    return day_start(datetime.fromisoformat(chosen["start"])), day_end(datetime.fromisoformat(chosen["end"]))


def jsonable(value: Any) -> dict[str, Any]:
    """A task's small result in the form XCom keeps: times and paths become text."""
    return dict(json.loads(json.dumps(value, default=str)))
