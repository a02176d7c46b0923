"""`zhiyin features build`: the features without Airflow, as the DAG `features` builds and publishes them."""

import sys
from contextlib import redirect_stdout
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from features.building.pipeline import BuildSummary, build_features
from recommender.cli.output import say_next
from recommender.db.engine import session_scope
from recommender.store.intervals import day_end, day_start
from recommender.store.queries import time_span

app = typer.Typer()
features = typer.Typer(no_args_is_help=True, help="The features that training and the service read.")
app.add_typer(features, name="features")


@features.callback()
def _group() -> None:
    """Has `build` be named, also while it is the only command."""


@features.command()
def build(
    start: Annotated[
        datetime | None, typer.Option("--from", help="First day (UTC); else that of the first event.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(help="Day after the last (UTC); else that of the last event.")
    ] = None,
) -> None:
    """Build the features of all days with events, or of those from FROM until UNTIL.

    They take the place of what is there; the newest values are brought online.
    """
    span = days_with_events()
    if span is None:
        typer.echo("events: there are none yet: zhiyin import csv FOLDER", err=True)
        raise typer.Exit(2)
    first = start.replace(tzinfo=UTC) if start else span[0]
    after = until.replace(tzinfo=UTC) if until else span[1]
    typer.echo(", ".join(f"{name} {count:,}" for name, count in asdict(publish_features(first, after)).items()))
    say_next("zhiyin run")


@features.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def feast(context: typer.Context) -> None:
    """Run the `feast` command on the store in use, whichever the settings name.

    What follows is its own: `zhiyin features feast feature-views list`, or `ui`.
    """
    from features.feast_command import run_feast  # Feast takes seconds to import

    raise typer.Exit(run_feast(context.args))


def days_with_events() -> tuple[datetime, datetime] | None:
    """From the midnight before the first event to that after the last one; None where there is none yet."""
    with session_scope() as session:
        span = time_span(session)
    return None if span is None else (day_start(span[0]), day_end(span[1] + timedelta(microseconds=1)))


def publish_features(first: datetime, after: datetime) -> BuildSummary:
    """Builds the days of [first, after) and brings the newest values online, as the DAG `features` does."""
    from features.store import apply, materialize  # Feast takes seconds to import

    built = build_features(first, after)
    with redirect_stdout(sys.stderr):  # Feast prints as it goes
        apply()
        materialize(first, after)
    return built
