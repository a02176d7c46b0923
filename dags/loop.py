"""What the DAG files share: the assets that connect them, defaults, and the interval a run works on.

It knows Airflow and dates. A run's interval comes from the asset events that started it, or from its form; no task asks
the clock. Heavy imports stay inside the tasks of the DAG files.
"""

import json
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NoReturn

from airflow.sdk import Asset, ExceptionRetryPolicy, Param, RetryAction, RetryRule, get_current_context
from airflow.sdk.exceptions import AirflowFailException

EVENTS = Asset(name="events", uri="zhiyin://events", group="zhiyin")
FEATURES = Asset(name="features", uri="zhiyin://features", group="zhiyin")
MODEL = Asset(name="model", uri="zhiyin://model", group="zhiyin")
DRIFT = Asset(name="drift", uri="zhiyin://drift", group="zhiyin")
PROFILES = Asset(name="profiles", uri="zhiyin://profiles", group="zhiyin")

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
    """This run's form as it was filled in."""
    return dict(get_current_context()["params"])


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


def announced() -> dict[str, Any]:
    """What the asset events that started this run say, their intervals joined; {} for a run by hand."""
    events = [event for group in get_current_context()["triggering_asset_events"].values() for event in group]
    extras = [dict(event.extra) for event in sorted(events, key=lambda event: event.timestamp)]
    extras = [extra for extra in extras if {"start", "end"} <= extra.keys()]
    if not extras:
        return {}
    span = {"start": min(each["start"] for each in extras), "end": max(each["end"] for each in extras)}
    return extras[-1] | span


def interval() -> dict[str, Any]:
    """The interval of this run: the form's days, else the announced one, else that of all recorded events."""
    form, told = params(), announced()
    start = midnight(form["start"], "start") if form.get("start") else None
    end = midnight(form["end"], "end") if form.get("end") else None
    if not told and not (start and end):
        told = _of_all_events()
    start = start or datetime.fromisoformat(told["start"])
    end = end or datetime.fromisoformat(told["end"])
    if start >= end:
        refuse("start", f"{start:%Y-%m-%d} is not before the end, {end:%Y-%m-%d}; choose an earlier start")
    return told | {"start": start.isoformat(), "end": end.isoformat()}


def _of_all_events() -> dict[str, Any]:
    from recommender.database import session_scope
    from recommender.moments import recorded_stretch

    with session_scope() as session:
        stretch = recorded_stretch(session)
    if stretch is None:
        refuse("events", "there are none yet; run `ingest` first")
    return {"start": stretch.start.isoformat(), "end": stretch.end.isoformat()}


def announce(asset: Asset, extra: dict[str, Any]) -> None:
    """Attaches `extra` to the event of `asset` that this task's success will publish."""
    get_current_context()["outlet_events"][asset].extra.update(extra)


def days(chosen: dict[str, Any]) -> tuple[datetime, datetime]:
    """The whole days that an interval touches."""
    from recommender.moments import day_end, day_start

    return day_start(datetime.fromisoformat(chosen["start"])), day_end(datetime.fromisoformat(chosen["end"]))


def jsonable(value: Any) -> dict[str, Any]:
    """A task's small result in the form XCom keeps: times and paths become text."""
    return dict(json.loads(json.dumps(value, default=str)))
