"""`zhiyin canary`: a model on trial with a share of the shoppers is started, ended and shown.

It parses options and words errors. A running service takes a change in within seconds.
"""

import getpass
from datetime import UTC, datetime
from typing import Annotated

import typer

from recommender.cli.output import AsJson, print_json, print_table, say_next
from recommender.db import tables
from recommender.db.engine import session_scope
from recommender.release.canary import end_canary, list_canaries, start_canary
from recommender.release.model_lookup import ReleaseError

app = typer.Typer()
COLUMNS = (
    *("canary_id", "running", "model_version", "beside", "share", "shadow", "reason", "started_by", "started_at"),
    *("ended_by", "ended_at", "end_reason", "outcome", "sales"),
)
RENAMED = {"beside": "incumbent"}  # the attribute of a column that has another name


@app.command()
def canary(
    by: Annotated[str, typer.Option(help="Whose it is; your login when left out.", default_factory=getpass.getuser)],
    model_version: Annotated[str | None, typer.Argument(help="A candidate, or one that was in service before.")] = None,
    share: Annotated[float, typer.Option(help="Of the shoppers, above 0 and below 1.")] = 0.05,
    shadow: Annotated[bool, typer.Option("--shadow", help="It scores, and nobody is shown what.")] = False,
    end: Annotated[bool, typer.Option("--end", help="End the one that runs.")] = False,
    reason: Annotated[str, typer.Option(help="Why; needed to start and to end one.")] = "",
    as_json: AsJson = False,
) -> None:
    """Try a model with a share of the shoppers; without a model: list what was tried."""
    from recommender.models.bundle import BundleError

    try:
        if end:
            with session_scope() as session:
                typer.echo(f"ended {end_canary(session, by, reason, datetime.now(UTC), model_version=model_version)}")
            say_next("zhiyin models")
        elif model_version is not None:
            with session_scope() as session:
                start_canary(session, model_version, share, by, reason, datetime.now(UTC), shadow)
            typer.echo(f"started {model_version} for {share:.1%} of the shoppers{', in the shadow' if shadow else ''}")
            say_next("zhiyin canary", f"zhiyin promote {model_version}", "zhiyin canary --end --reason WHY")
        else:
            _show(as_json)
    except (ReleaseError, BundleError) as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from error


def _show(as_json: bool) -> None:
    with session_scope() as session:
        found = list_canaries(session)
    if as_json:
        print_json([{name: getattr(one, RENAMED.get(name, name)) for name in COLUMNS} for one in found])
    else:
        print_table("model share beside from until by reason", [_row(one) for one in found])


def _row(one: tables.Canary) -> tuple[str, ...]:
    share = f"{one.share:.1%}{' shadow' if one.shadow else ''}"
    until = f"{one.ended_at:%Y-%m-%d %H:%M} {one.outcome}" if one.ended_at else "runs"
    why = one.end_reason or one.reason
    return (one.model_version, share, one.incumbent, f"{one.started_at:%Y-%m-%d %H:%M}", until, one.started_by, why)
