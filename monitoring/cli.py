"""`zhiyin drift`: check for drift, list the runs, show one."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, cast

import typer
from rich.console import Console
from rich.table import Column, Table

from features.partitions import newest_day
from monitoring.check_params import DriftError, DriftParams
from recommender.cli.output import AsJson, print_json, say_next
from recommender.db.engine import session_scope
from recommender.drift.decisions import Action, Choice, DecisionError, decision_on, describe_decision
from recommender.drift.decisions import decide as make_decision
from recommender.drift.runs import drifted_users, find_run, list_runs
from recommender.store.queries import time_span

app = typer.Typer()
drift = typer.Typer(no_args_is_help=True, help="Whether shoppers have changed: checks and their verdicts.")
app.add_typer(drift, name="drift")
out = Console(soft_wrap=True)
SHOWN = 10
NEXT = {"refresh": "zhiyin refresh --drift {run}", "retrain": "zhiyin run"}  # where no Airflow does it
NO_EVENTS = "there are no events yet: zhiyin import csv FOLDER"


def _fail(message: str) -> typer.Exit:
    Console(stderr=True, soft_wrap=True).print(message, style="red", markup=False, highlight=False)
    return typer.Exit(2)


@drift.command()
def check(
    until: Annotated[
        str | None, typer.Option(help="Day (UTC) before which the current days end; default: the features' end.")
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=90, help="Length of the current interval.")] = 7,
    reference_days: Annotated[int, typer.Option(min=2, max=730, help="Length of the reference before it.")] = 28,
    false_alarm: Annotated[float, typer.Option(help="Share of shoppers an ordinary interval may call drifted.")] = 0.01,
) -> None:
    """Compare the last days with the weeks before them, and print the verdict."""
    try:
        end = _end(until)
        start = end - timedelta(days=days)
        params = DriftParams.of(
            current_from=start,
            current_until=end,
            reference_from=start - timedelta(days=reference_days),
            reference_until=start,
            false_alarm=false_alarm,
        )
        from monitoring.drift import check_drift  # here: it brings torch and Evidently

        run_id = check_drift(params)
        _show(run_id)
        say_next(f"zhiyin drift decide {run_id} refresh" if drifted_users(run_id) else "zhiyin drift list")
    except DriftError as error:
        raise _fail(str(error)) from error


def _end(until: str | None) -> datetime:
    if until is not None:
        try:
            return datetime.fromisoformat(until).replace(tzinfo=UTC)
        except ValueError:
            raise DriftError(f"until: {until!r} is not a date; write it as YYYY-MM-DD") from None
    newest = newest_day("events")
    if newest is None:
        with session_scope() as session:
            there = time_span(session) is not None
        lack = "events are there, features are not: zhiyin features build" if there else NO_EVENTS
        raise DriftError(f"until: {lack}")
    return newest


@drift.command("list")
def list_(as_json: AsJson = False) -> None:
    """The latest runs."""
    if as_json:
        names = ("drift_run_id", "drifted", "share", "users_drifted", "users_refreshed", "report_path", "created_at")
        print_json([{name: getattr(run, name) for name in names} for run in list_runs()])
        return
    run_column = Column("run, named by its days", no_wrap=True)
    table = Table(run_column, "drifted", "columns", "shoppers", "refreshed", box=None)
    for run in list_runs():
        table.add_row(
            run.drift_run_id,
            "yes" if run.drifted else "no",
            f"{run.share:.0%}",
            str(run.users_drifted),
            str(run.users_refreshed),
        )
    out.print(table)


@drift.command()
def show(
    run: Annotated[str | None, typer.Argument(help="Its id; default: the latest.")] = None,
    as_json: AsJson = False,
) -> None:
    """The verdict of a run and who drifted."""
    found = find_run(run)
    if found is None:
        raise _fail(f"run: there is no drift run {run or 'yet'}; `zhiyin drift list` names them")
    if as_json:
        print_json(found.details)
    else:
        _show(found.drift_run_id)


@drift.command()
def decide(
    run: Annotated[str, typer.Argument(help="Its id.")],
    action: Annotated[str, typer.Argument(help="refresh, dismiss, retrain or hold.")],
    note: Annotated[str, typer.Option(help="Why; needed to dismiss.")] = "",
    farther_than: Annotated[float | None, typer.Option(help="Refresh who moved farther than this distance.")] = None,
    at_most: Annotated[int | None, typer.Option(help="Refresh so many, the farthest.")] = None,
    by: Annotated[str, typer.Option(help="Who decides.")] = "the command line",
) -> None:
    """Decide what follows a run; a run is decided once."""
    try:
        made = make_decision(run, Choice(cast(Action, action), by, "command", note, farther_than, at_most))
    except DecisionError as refusal:
        raise _fail(str(refusal)) from refusal
    out.print(describe_decision(made), highlight=False)
    say_next(NEXT.get(made.action, "zhiyin drift list").format(run=run))


def _show(run_id: str) -> None:
    run = find_run(run_id)
    if run is None:
        raise _fail(f"run: {run_id} is gone")
    out.print(f"{run_id}\n{run.details['sentence']}", highlight=False)
    for part in ("behaviour", "profiles"):
        out.print(f"{part}: {', '.join(_moved(run.details[part]['columns'])) or 'nothing moved'}", highlight=False)
    users = drifted_users(run_id)
    more = f" and {len(users) - SHOWN} more" if len(users) > SHOWN else ""
    out.print(f"shoppers: {', '.join(users[:SHOWN]) or 'nobody'}{more}; {run.users_refreshed} refreshed")
    made = decision_on(run_id)
    out.print(f"decided: {describe_decision(made) if made else 'not yet'}", highlight=False)
    out.print(f"report: {run.report_path}", highlight=False)


def _moved(columns: dict[str, dict[str, Any]]) -> list[str]:
    """The columns that drifted, the farthest first: by distance, or by a p-value, which is small where much moved."""
    drifted = {name: column for name, column in columns.items() if column["drifted"]}
    by_p = {name for name, column in drifted.items() if "p_value" in str(column["method"])}
    order = sorted(drifted, key=lambda name: drifted[name]["score"] if name in by_p else -drifted[name]["score"])
    return [f"{name} {'p ' if name in by_p else ''}{drifted[name]['score']:.2f}" for name in order[:SHOWN]]
