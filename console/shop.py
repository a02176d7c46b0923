"""`zhiyin loop FOLDER`: a shop's files through the whole loop in one process, without Airflow.

Each step is the function that the DAGs' tasks call; a repeated loop adds nothing twice.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console

from console.report import pick_shoppers
from features.cli import publish_features
from recommender.cli.data import bring_folder, worded_imports
from recommender.cli.output import say_next
from recommender.db.engine import migrate, session_scope
from recommender.db.tables import Model
from recommender.importing.folder import Reading
from recommender.importing.naming import parse_map, parse_types
from recommender.settings import get_settings
from recommender.store.intervals import day_end, day_start
from recommender.store.model_report import report_of
from recommender.store.queries import latest_profiles, time_span
from training.config import TrainParams
from training.release.first_days import NoEvents
from training.release.model_tables import print_model
from training.steps import Outcome, retrain

app = typer.Typer()
Tell = Callable[[str], None]
Renames = Annotated[list[str] | None, typer.Option("--map", metavar="OURS=THEIRS", help="Name a column; repeatable.")]
Types = Annotated[list[str] | None, typer.Option("--type", metavar="OURS=THEIRS", help="Name an event type.")]
Minutes = Annotated[float | None, typer.Option(help="Of a core for training; else ZHIYIN_TRAIN_MINUTES.")]


@app.command()
def loop(
    folder: Annotated[Path, typer.Argument(help="Folder with items, users and interactions.")],
    renames: Renames = None,
    types: Types = None,
    days: Annotated[int, typer.Option(help="Days of behaviour to learn from.")] = 365,
    test_days: Annotated[int, typer.Option(help="Days at the end that are held out to measure the model.")] = 14,
    minutes: Minutes = None,
) -> None:
    """A shop's files through the whole loop: import, features, training, profiles.

    Status 1 when the gate rejects the model; the service then answers without it.
    """
    tell = _clocked()
    migrate()
    tell("the database's tables are up to date")
    with worded_imports():
        stubs, zone = get_settings().stub_items, get_settings().time_zone
        bring_folder(folder, Reading(parse_map(renames or ()), parse_types(types or ()), None, stubs, zone=zone))
    try:
        _build(tell)
        outcome = retrain(lambda: _params(days, test_days, minutes), tell)
    except ValidationError as error:
        first = error.errors()[0]
        raise typer.BadParameter(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    except (ValueError, LookupError) as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from error
    _show(outcome)
    say_next("zhiyin serve")
    raise typer.Exit(1 if outcome.model_version and not outcome.promoted else 0)


def _clocked() -> Tell:
    """Prints a line with the seconds since the start."""
    began, out = time.monotonic(), Console()
    return lambda words: out.print(f"{time.monotonic() - began:6.1f} s  {words}", markup=False, highlight=False)


def _build(tell: Tell) -> None:
    """The features of all days with events, offline and online; nothing where there is no event yet."""
    with session_scope() as session:
        span = time_span(session)
    if span is None:
        return
    built = publish_features(day_start(span[0]), day_end(span[1] + timedelta(microseconds=1)))
    tell(f"features: {built.events:,} events of {built.days:,} days")


def _params(days: int, test_days: int, minutes: float | None) -> TrainParams:
    """Training until the midnight after the last event."""
    with session_scope() as session:
        span = time_span(session)
    if span is None:
        raise NoEvents("there are no events yet: zhiyin import csv FOLDER brings interactions")
    until = datetime(span[1].year, span[1].month, span[1].day, tzinfo=UTC) + timedelta(days=1)
    dial = minutes or get_settings().train_minutes
    return TrainParams(until=until, days=days, test_days=test_days, minutes=dial)


def _show(outcome: Outcome) -> None:
    """The model's figures beside the baselines', as `zhiyin models` shows them, and a few shoppers' profiles."""
    out = Console()
    with session_scope() as session:
        if outcome.model_version is not None:
            print_model(out, report_of(session.get_one(Model, outcome.model_version)))
        shoppers = pick_shoppers(session) if outcome.promoted else []
        for user_id, profile in latest_profiles(session, shoppers).items():
            out.print(f"shopper {user_id}: {profile.summary}", markup=False, highlight=False)
