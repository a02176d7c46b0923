"""`python -m features build`: the offline features without Airflow, as the DAG `features` builds them."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from features.build import build_features
from recommender.cli.worded import Worded
from recommender.db.engine import session_scope
from recommender.store.intervals import day_end, day_start
from recommender.store.queries import time_span

app = typer.Typer(cls=Worded, no_args_is_help=True, pretty_exceptions_enable=False, help="Zhiyin's offline features.")


@app.callback()
def _group() -> None:
    """Has `build` be named, also while it is the only command."""


@app.command()
def build(
    start: Annotated[
        datetime | None, typer.Option("--from", help="First day (UTC); else that of the first event.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(help="Day after the last (UTC); else that of the last event.")
    ] = None,
) -> None:
    """Build the features of all days with events, or of those from FROM until UNTIL, in place of what is there."""
    with session_scope() as session:
        span = time_span(session)
    if span is None:
        typer.echo("events: there are none yet; import some first", err=True)
        raise typer.Exit(2)
    first = start.replace(tzinfo=UTC) if start else day_start(span[0])
    after = until.replace(tzinfo=UTC) if until else day_end(span[1] + timedelta(microseconds=1))
    counts = asdict(build_features(first, after))
    typer.echo(", ".join(f"{name} {count:,}" for name, count in counts.items()))


if __name__ == "__main__":
    app()
