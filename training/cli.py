"""The commands of training: embed, train, gate, package, promote, rollback, refresh, offers, models, accounts; `run`.

It parses options and words errors; the steps are the functions that the DAGs call too.
"""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from recommender.cli.output import AsJson, print_json, say_next
from recommender.db.engine import session_scope
from recommender.db.tables import Model
from recommender.settings import get_settings
from recommender.store.model_report import model_reports, report_of
from training.command_params import moment_of, params_of
from training.release.model_tables import models_as_json, print_model, print_models

app = typer.Typer()
out, err = Console(), Console(stderr=True)

Version = Annotated[str, typer.Argument(help="A model's version, as `models` lists it.")]
Until = Annotated[str | None, typer.Option(help="End of the data, e.g. 2017-12-31; the end of the last event's day.")]
Days = Annotated[int | None, typer.Option(help="Days of behaviour before the end; else all, unless too much.")]
WarmStart = Annotated[str, typer.Option(help="Version of a model to go on from, with a share of the work.")]
TestDays = Annotated[int | None, typer.Option(help="Days at the end held out to measure on; else by the events.")]
RankerWindows = Annotated[int, typer.Option(help="Windows the ranker learns from; 0: by the minutes.")]
Minutes = Annotated[float | None, typer.Option(help="Of a core for examples and ranker; else ZHIYIN_TRAIN_MINUTES.")]
Examples = Annotated[str, typer.Option(help="auto, windows of time, or sequences: each shopper's last events.")]
FinetuneSteps = Annotated[int, typer.Option(help="Steps of fine-tuning the encoder on the shop's behaviour; 0: none.")]


def print_counts(counts: Any) -> None:
    """Counts by name, as one line."""
    out.print(", ".join(f"{name} {value}" for name, value in counts.items()), markup=False)


@contextmanager
def report_training_failures() -> Iterator[None]:
    """A wrong wish or a missing piece ends the command with its own words and status 2."""
    try:
        yield
    except ValidationError as error:
        for one in error.errors():
            err.print(f"{'.'.join(map(str, one['loc'])) or 'parameters'}: {one['msg'].removeprefix('Value error, ')}")
        raise typer.Exit(2) from error
    except (ValueError, LookupError) as error:
        err.print(str(error), markup=False)
        raise typer.Exit(2) from error


@app.command()
def embed() -> None:
    """Give every text and photo of the catalogue its vector.

    What has one costs nothing.
    """
    from training.encoders.embed_catalog import embed_catalogue

    with report_training_failures():
        print_counts(embed_catalogue())
    say_next("zhiyin train")


@app.command()
def train(
    until: Until = None,
    days: Days = None,
    test_days: TestDays = None,
    ranker_windows: RankerWindows = 0,
    minutes: Minutes = None,
    examples: Examples = "auto",
    finetune_steps: FinetuneSteps = 0,
    warm_start: WarmStart = "",
    seed: int = 0,
) -> None:
    """Train a candidate, and measure it on its last days.

    It learns from the interval that ends at UNTIL.
    """
    from training.pipeline import train as train_model

    with report_training_failures():
        version = train_model(params_of(
            until, days, test_days, ranker_windows=ranker_windows, minutes=minutes or get_settings().train_minutes,
            examples=examples, finetune_steps=finetune_steps, warm_start=warm_start, seed=seed,
        ))  # fmt: skip
    show_model(version)
    say_next(f"zhiyin gate {version}")


@app.command()
def finetune(
    until: Until = None,
    days: Days = None,
    test_days: TestDays = None,
    steps: Annotated[int, typer.Option(help="Steps of 32 pairs.")] = 100,
    seed: int = 0,
) -> None:
    """Fine-tune the encoder on what was bought together.

    It is kept if it is better; either way the figures are printed.
    """
    from training.pipeline import finetune as tune

    with report_training_failures():
        out.print(tune(params_of(until, days, test_days, finetune_steps=steps, seed=seed)), markup=False)
    say_next(f"zhiyin train --finetune-steps {steps}")


@app.command()
def gate(model_version: Version) -> None:
    """Judge a candidate; status 1 when it is rejected.

    It is compared with plain methods and with the model in service, on the same days.
    """
    from training.release.gate import gate as judge

    with report_training_failures():
        verdict = judge(model_version)
    out.print(f"{'passed' if verdict['passed'] else 'rejected'}: {verdict['reason']}", markup=False)
    if not verdict["passed"]:
        say_next(f"zhiyin models {model_version}")
        raise typer.Exit(1)
    say_next(f"zhiyin package {model_version}", f"zhiyin promote {model_version}")


@app.command()
def package(model_version: Version) -> None:
    """Build the model's Bento and print its tag."""
    from training.release.package import package as build

    with report_training_failures():
        out.print(build(model_version), markup=False)
    say_next(f"zhiyin promote {model_version}")


@app.command()
def promote(model_version: Version) -> None:
    """Put a model in service; the present one is kept."""
    from training.release.gate import promote as put

    with report_training_failures():
        print_counts(put(model_version, getpass.getuser()))
    say_next("zhiyin refresh")


@app.command()
def rollback() -> None:
    """Put the model that was in service before back."""
    from recommender.release.promotion import rollback as undo

    with report_training_failures():
        print_counts(undo(getpass.getuser()))
    say_next("zhiyin refresh")


@app.command()
def refresh(
    as_of: Until = None,
    user: Annotated[list[str] | None, typer.Option(help="A shopper; all when none is named.")] = None,
    reason: Annotated[str, typer.Option(help="Kept with the profiles.")] = "by hand",
    drift: Annotated[str | None, typer.Option(help="A drift run: whom its decision says, and only they.")] = None,
    undo: Annotated[str | None, typer.Option(help="A drift run whose refresh is taken back.")] = None,
    by: Annotated[str, typer.Option(help="Who takes it back.")] = "the command line",
) -> None:
    """Build profiles anew with the model in service."""
    from recommender.drift.decisions import AlreadyDecided, take_back
    from training.profiles import refresh_drifted, refresh_profiles
    from training.undo_refresh import undo_refresh

    with report_training_failures():
        if undo is not None:
            with suppress(AlreadyDecided):  # it was decided on the page, say, and is carried out here
                take_back(undo, by)
            print_counts(undo_refresh(undo))
        elif drift is not None:
            print_counts(refresh_drifted(drift))
        else:
            print_counts(refresh_profiles(moment_of(as_of), user, reason))
    say_next("zhiyin serve")


@app.command()
def offers(until: Until = None) -> None:
    """Learn who should get which coupon, and rank audiences.

    It learns from redemptions; the audiences are those of live campaigns.
    """
    from training.offers import learn_offers

    with report_training_failures():
        print_counts(learn_offers(moment_of(until) if until else None))


@app.command()
def accounts(
    bring_back: Annotated[
        list[str] | None, typer.Option(help="An account that counts from the next training on, whatever it does.")
    ] = None,
    judge_again: Annotated[
        list[str] | None, typer.Option(help="An account brought back before that is judged by its rates again.")
    ] = None,
    until: Until = None,
    days: Annotated[int, typer.Option(help="Days of behaviour before the end.")] = 365,
    as_json: AsJson = False,
) -> None:
    """Name the accounts that do more than people do.

    Their events are counted nowhere; --bring-back lets one count.
    """
    from training.data import screening as screening

    with report_training_failures():
        if bring_back or judge_again:
            back, judged = screening.bring_back(bring_back or []), screening.take_back(judge_again or [])
            err.print(f"brought back {back}, judged again {judged}", markup=False)
        end = moment_of(until)
        found = screening.screened_events(end - timedelta(days=days), end).set_aside
    if as_json:
        print_json(found.to_dicts())
        return
    table = Table("account", "events", "why", title=f"{len(found)} set aside, in {days} days until {end:%Y-%m-%d}")
    for user_id, events, reasons in found.iter_rows():
        table.add_row(escape(user_id), str(events), escape("\n".join(reasons)))
    out.print(table)
    if not get_settings().screen_accounts:
        out.print("ZHIYIN_SCREEN_ACCOUNTS is false: nobody is set aside", markup=False)


@app.command()
def models(
    model_version: Annotated[str | None, typer.Argument(help="Show this model's figures.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the models, or show what one of them reaches and beside what."""
    with session_scope() as session:
        reports = model_reports(session)
    if model_version is not None:
        with report_training_failures():
            reports = [one for one in reports if one.model_version == model_version]
            if not reports:
                raise LookupError(f"model_version: {model_version!r} is unknown; `zhiyin models` lists them")
    if as_json:
        typer.echo(models_as_json(reports))
    elif model_version is not None:
        print_model(out, reports[0])
    else:
        print_models(out, reports)


@app.command()
def run(until: Until = None, days: Days = None, test_days: TestDays = None, minutes: Minutes = None) -> None:
    """Embed, train, judge, package, promote and refresh, as the DAG retrain does.

    A shop with too little to learn from gets its texts embedded and told how the service answers without a model.
    """
    from training.steps import retrain

    with report_training_failures():
        dial = minutes or get_settings().train_minutes
        outcome = retrain(
            lambda: params_of(until, days, test_days, minutes=dial),
            lambda words: out.print(words, markup=False),
        )
    if outcome.model_version is not None:
        show_model(outcome.model_version)
    say_next("zhiyin serve")
    raise typer.Exit(1 if outcome.model_version and not outcome.promoted else 0)


def show_model(version: str) -> None:
    """Prints what a model reaches, and beside what."""
    with session_scope() as session:
        report = report_of(session.get_one(Model, version))
    print_model(out, report)
