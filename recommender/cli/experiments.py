"""`zhiyin experiments`: started, ended and listed, by people and by scripts.

It parses options and words errors. A running service takes a change in within seconds.
"""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated

import typer

from recommender.cli.output import AsJson, print_json, print_table, say_next
from recommender.db import tables
from recommender.db.engine import session_scope
from recommender.experiments.arms import CHANGES, ExperimentError, read_arms
from recommender.experiments.store import end_experiment, list_experiments, start_experiment

app = typer.Typer(no_args_is_help=True, help="Answer shoppers in different ways, to see which sells more.")
By = Annotated[str, typer.Option(help="Whose it is; your login when left out.", default_factory=getpass.getuser)]
Why = Annotated[str, typer.Option("--reason", help="Why.")]
Name = Annotated[str, typer.Argument(help="Its name; each is used once.")]
COLUMNS = ("experiment_id", "arms", "reason", "started_by", "started_at", "ended_by", "ended_at", "end_reason")


@app.command()
def start(
    name: Name,
    arm: Annotated[
        list[str],
        typer.Option(help=f"NAME=SHARE, then changes ({', '.join(CHANGES)}): diverse=0.5,diversity=0.3. Once an arm."),
    ],
    reason: Why,
    by: By,
) -> None:
    """Divide the shoppers into arms; the first arm is what the others are compared with."""
    with _worded(), session_scope() as session:
        start_experiment(session, name, read_arms(arm), by, reason, datetime.now(UTC))
    typer.echo(f"started {name}")
    say_next("zhiyin report")


@app.command()
def end(name: Name, reason: Why, by: By) -> None:
    """Answer everybody alike again; what was seen stays."""
    with _worded(), session_scope() as session:
        end_experiment(session, name, by, reason, datetime.now(UTC))
    typer.echo(f"ended {name}")
    say_next("zhiyin report")


@app.command("list")
def listed(as_json: AsJson = False) -> None:
    """All experiments, the latest first."""
    with session_scope() as session:
        found = list_experiments(session)
    if as_json:
        print_json([{name: getattr(one, name) for name in COLUMNS} for one in found])
    else:
        print_table("experiment arms from until by reason", [_row(one) for one in found])


def _row(one: tables.Experiment) -> tuple[str, ...]:
    arms = "; ".join(f"{arm['name']} {arm['share']:.0%}" for arm in one.arms)
    until = f"{one.ended_at:%Y-%m-%d %H:%M}" if one.ended_at else "runs"
    return (one.experiment_id, arms, f"{one.started_at:%Y-%m-%d %H:%M}", until, one.started_by, one.reason)


@contextmanager
def _worded() -> Iterator[None]:
    try:
        yield
    except ExperimentError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from error
