"""`python -m monitoring`: check for drift, list the runs, show one."""

import json
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Column, Table

from features.partitions import newest_day
from monitoring.params import DriftError, DriftParams
from monitoring.runs import drifted_users, find_run, list_runs
from recommender.cli.worded import Worded

app = typer.Typer(cls=Worded, pretty_exceptions_enable=False, no_args_is_help=True, add_completion=False, help=__doc__)
out = Console(soft_wrap=True)
SHOWN = 10


def _fail(message: str) -> typer.Exit:
    Console(stderr=True, soft_wrap=True).print(message, style="red", markup=False, highlight=False)
    return typer.Exit(2)


@app.command()
def check(
    until: Annotated[
        str | None, typer.Option(help="Day (UTC) before which the current days end; default: the features' end.")
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=90, help="Length of the current interval.")] = 7,
    reference_days: Annotated[int, typer.Option(min=2, max=730, help="Length of the reference before it.")] = 28,
    false_alarm: Annotated[float, typer.Option(help="Share of shoppers an ordinary interval may call drifted.")] = 0.05,
) -> None:
    """Compares the last days with the weeks before them, and prints the verdict."""
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

        _show(check_drift(params))
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
        raise DriftError("until: no features are built yet; import events and run `features` first")
    return newest


@app.command("list")
def list_() -> None:
    """The latest runs."""
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


@app.command()
def show(
    run: Annotated[str | None, typer.Argument(help="Its id; default: the latest.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="All its figures, as JSON.")] = False,
) -> None:
    """The verdict of a run and who drifted."""
    found = find_run(run)
    if found is None:
        raise _fail(f"run: there is no drift run {run or 'yet'}; `python -m monitoring list` names them")
    if as_json:
        typer.echo(json.dumps(found.details, indent=1))
    else:
        _show(found.drift_run_id)


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
    out.print(f"report: {run.report_path}", highlight=False)


def _moved(columns: dict[str, dict[str, Any]]) -> list[str]:
    """The columns that drifted, the farthest first: by distance, or by a p-value, which is small where much moved."""
    drifted = {name: column for name, column in columns.items() if column["drifted"]}
    by_p = {name for name, column in drifted.items() if "p_value" in str(column["method"])}
    order = sorted(drifted, key=lambda name: drifted[name]["score"] if name in by_p else -drifted[name]["score"])
    return [f"{name} {'p ' if name in by_p else ''}{drifted[name]['score']:.2f}" for name in order[:SHOWN]]
