"""`zhiyin loop FOLDER`: a shop's files through the whole loop in one process, without Airflow.

Each step is the function that the DAGs' tasks call; a repeated loop adds nothing twice.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from console.report import pick_shoppers
from features.cli import days_with_events, publish_features
from recommender.cli.data import bring_folder, report_import_failures
from recommender.cli.output import say_next
from recommender.db.engine import migrate, session_scope
from recommender.importing.column_names import parse_map, parse_types
from recommender.importing.folder import Reading
from recommender.settings import get_settings
from recommender.store.queries import latest_profiles
from training.cli import Days, Minutes, TestDays, report_training_failures, show_model
from training.config import TrainParams
from training.release.too_little_data import end_of_events
from training.steps import Outcome, retrain

app = typer.Typer()
Tell = Callable[[str], None]
Renames = Annotated[list[str] | None, typer.Option("--map", metavar="OURS=THEIRS", help="Name a column; repeatable.")]
Types = Annotated[list[str] | None, typer.Option("--type", metavar="OURS=THEIRS", help="Name an event type.")]


@app.command()
def loop(
    folder: Annotated[Path, typer.Argument(help="Folder with items, users and interactions.")],
    renames: Renames = None,
    types: Types = None,
    days: Days = 365,
    test_days: TestDays = 14,
    minutes: Minutes = None,
) -> None:
    """A shop's files through the whole loop: import, features, training, profiles.

    Status 1 when the gate rejects the model; the service then answers without it.
    """
    tell = _clocked()
    migrate()
    tell("the database's tables are up to date")
    with report_import_failures():
        stubs, zone = get_settings().stub_items, get_settings().time_zone
        bring_folder(folder, Reading(parse_map(renames or ()), parse_types(types or ()), None, stubs, zone=zone))
    with report_training_failures():
        _build(tell)
        dial = minutes or get_settings().train_minutes
        outcome = retrain(
            lambda: TrainParams(until=end_of_events(), days=days, test_days=test_days, minutes=dial), tell
        )
    _show(outcome)
    say_next("zhiyin serve")
    raise typer.Exit(1 if outcome.model_version and not outcome.promoted else 0)


def _clocked() -> Tell:
    """Prints a line with the seconds since the start."""
    began, out = time.monotonic(), Console()
    return lambda words: out.print(f"{time.monotonic() - began:6.1f} s  {words}", markup=False, highlight=False)


def _build(tell: Tell) -> None:
    """The features of all days with events, offline and online; nothing where there is no event yet."""
    span = days_with_events()
    if span is None:
        return
    built = publish_features(*span)
    tell(f"features: {built.events:,} events of {built.days:,} days")


def _show(outcome: Outcome) -> None:
    """The model's figures beside the baselines', as `zhiyin models` shows them, and a few shoppers' profiles."""
    if outcome.model_version is not None:
        show_model(outcome.model_version)
    out = Console()
    with session_scope() as session:
        shoppers = pick_shoppers(session) if outcome.promoted else []
        for user_id, profile in latest_profiles(session, shoppers).items():
            out.print(f"shopper {user_id}: {profile.summary}", markup=False, highlight=False)
