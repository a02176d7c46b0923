"""`zhiyin loop FOLDER`: a shop's files through the whole loop in one command, without Airflow.

Each step is the function that the DAGs' tasks call; a repeated loop adds nothing twice. At its end the service is
started and asked, and what `make demo` prints is printed of this shop.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from console.processes import Processes, ProcessFailed, find_free_port
from console.report import (
    newest_drift_run,
    pick_shoppers,
    print_drift,
    print_quality,
    print_shoppers,
    print_timings,
)
from console.service import open_client, start_service
from features.cli import days_with_events, publish_features
from recommender.cli.imports import ShiftDays, import_folder, report_import_failures
from recommender.cli.output import say_next
from recommender.db.engine import migrate, session_scope
from recommender.db.tables import Model
from recommender.drift.decisions import apply_policy, decide, decision_on
from recommender.drift.runs import find_run
from recommender.importing.column_names import parse_map, parse_types
from recommender.importing.folder import Reading
from recommender.settings import get_settings
from recommender.store.queries import promoted_model
from training.cli import Days, Minutes, TestDays, report_training_failures
from training.command_params import params_of
from training.steps import Outcome, format_counts, retrain

app = typer.Typer()
Renames = Annotated[list[str] | None, typer.Option("--map", metavar="OURS=THEIRS", help="Name a column; repeatable.")]
Types = Annotated[list[str] | None, typer.Option("--type", metavar="OURS=THEIRS", help="Name an event type.")]


@dataclass
class Clock:
    """Tells each line with the seconds since the start, and how long each step took."""

    out: Console = field(default_factory=Console)
    began: float = field(default_factory=time.monotonic)
    steps: dict[str, float] = field(default_factory=dict)

    def tell(self, words: str) -> None:
        """Prints the words with the seconds since the start, as they are: brackets are no markup."""
        self.out.print(f"{time.monotonic() - self.began:6.1f} s  {words}", markup=False, highlight=False)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Keeps how many seconds its block took under `name`, unless it raises."""
        began = time.monotonic()
        yield
        self.steps[name] = time.monotonic() - began


@app.command()
def loop(
    folder: Annotated[Path, typer.Argument(help="Folder with items, users and interactions.")],
    renames: Renames = None,
    types: Types = None,
    shift_days: ShiftDays = 0,
    days: Days = None,
    test_days: TestDays = None,
    minutes: Minutes = None,
) -> None:
    """A shop's files through the whole loop: import, features, training, profiles.

    Status 1 when the gate rejects the model; the service then answers without it.
    """
    clock, settings = Clock(), get_settings()
    migrate()
    clock.tell("the database's tables are up to date")
    with report_import_failures(), clock.step("import"):
        stubs, zone = settings.stub_items, settings.time_zone
        ours, theirs = parse_map(renames or ()), parse_types(types or ())
        import_folder(folder, Reading(ours, theirs, None, stubs, zone=zone, shift_days=shift_days))
    with report_training_failures():
        with clock.step("features"):
            _build(clock.tell)
        dial = minutes or settings.train_minutes
        with clock.step("training"):
            outcome = retrain(lambda: params_of(None, days, test_days, minutes=dial), clock.tell)
        with clock.step("drift"):
            _check_drift(clock.tell)
    _show(outcome, clock)
    say_next("zhiyin serve")
    raise typer.Exit(1 if outcome.model_version and not outcome.promoted else 0)


def _build(tell: Callable[[str], None]) -> None:
    """The features of all days with events, offline and online; nothing where there is no event yet."""
    span = days_with_events()
    if span is None:
        return
    built = publish_features(*span)
    tell(f"features: {built.events:,} events of {built.days:,} days")


def _check_drift(tell: Callable[[str], None]) -> None:
    """The last week against the weeks before it, and new profiles for whom it says, where the policy asks nobody.

    It is a process of its own: Evidently stays out of this one.
    """
    with session_scope() as session:
        if promoted_model(session) is None:
            return
    command = [str(Path(sys.executable).parent / "zhiyin"), "drift", "check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        tell(f"drift: not checked: {(done.stderr.strip() or 'no reason was given').splitlines()[-1]}")
        return
    with session_scope() as session:
        newest = newest_drift_run(session)
        run_id = newest.drift_run_id if newest else ""
    tell(f"drift checked: {run_id}")
    _refresh_drifted(run_id, tell)


def _refresh_drifted(run_id: str, tell: Callable[[str], None]) -> None:
    from training.profiles import refresh_drifted

    run = find_run(run_id)
    if run is None or decision_on(run_id) is not None:
        return
    choice = apply_policy(run, get_settings())
    if choice is None:
        tell(f"drift: a person decides: zhiyin drift decide {run_id} refresh")
        return
    decide(run_id, choice, announced=False)
    tell(f"who drifted is refreshed: {format_counts(refresh_drifted(run_id))}")


def _show(outcome: Outcome, clock: Clock) -> None:
    """What the service answers, the model's figures, the verdict on drift, and where the time went."""
    out, settings = clock.out, get_settings()
    if outcome.promoted:
        with clock.step("service's start and answers"):
            _ask_service(out, clock.tell)
    with session_scope() as session:
        if outcome.model_version is not None and (model := session.get(Model, outcome.model_version)):
            print_quality(out, model)
            out.print(f"all its figures: zhiyin models {model.model_version}", highlight=False)
            print_drift(out, newest_drift_run(session))
    print_timings(out, (), clock.steps, 0)
    address = f"http://{settings.service_host}:{settings.service_port}"
    out.print(f"zhiyin serve opens {address} (its API: {address}/docs)", highlight=False)


def _ask_service(out: Console, tell: Callable[[str], None]) -> None:
    """Starts the service on a free port, prints what it answers for a few shoppers, and stops it."""
    settings, port = get_settings(), find_free_port()
    tell("starting the service to ask it")
    try:
        with Processes(settings.logs_dir) as processes:
            start_service(processes, settings, port)
            with session_scope() as session, open_client(settings, port) as service:
                print_shoppers(out, service, pick_shoppers(session))
    except ProcessFailed as failed:
        out.print(f"the service could not be asked: {failed}", markup=False, highlight=False)
