"""What is old, removed or counted, kind by kind: rows, vectors, models with their Bentos, reports, logs.

The command `retention` and the DAG of that name both do this, and write anew the files of SQLite in which copies of
what was erased may be left.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Engine

from features.verification.clearing import clear_traces
from recommender.cli.imports import report_import_failures
from recommender.cli.output import AsJson, print_json
from recommender.db.engine import get_engine
from recommender.privacy.old_files import OldFile, old_files, remove_old_files
from recommender.privacy.retention import Gone, count_expired, remove_expired
from recommender.settings import Settings, get_settings
from training.release.retention import encoders_in_use, old_model_folders, remove_old_models

app = typer.Typer()


def expire(engine: Engine, settings: Settings, now: datetime, dry_run: bool) -> dict[str, Gone]:
    """What went, or in a dry run would go, by kind; what there is none of is named, too."""
    models = _measure_folders(old_model_folders())
    if not dry_run:
        remove_old_models()
        models += _negative(_measure_folders(old_model_folders()))  # what could not be removed is still there
    rows = (count_expired if dry_run else remove_expired)(engine, settings, now, encoders_in_use())
    if not dry_run:
        clear_traces(engine, now, at_leisure=True)
    files = _measure_files((old_files if dry_run else remove_old_files)(settings, now))
    return {**rows, "models": models, **files}


@app.command()
def retention(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Count what would be removed, and remove nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Remove what is older than the ZHIYIN_KEEP_... settings say."""
    with report_import_failures():
        found = expire(get_engine(), get_settings(), datetime.now(UTC), dry_run)
    if as_json:
        print_json({"dry_run": dry_run, "removed": found})
        return
    for kind, gone in found.items():
        outcome = "would be removed" if dry_run else "removed"
        typer.echo(f"{kind}: {gone.count:,} {outcome}, about {gone.size:,} bytes")


def _measure_folders(folders: Iterable[Path]) -> Gone:
    return sum(
        (Gone(1, sum(path.lstat().st_size for path in one.rglob("*") if path.is_file())) for one in folders), Gone(0, 0)
    )


def _measure_files(found: Iterable[OldFile]) -> dict[str, Gone]:
    counts = {"reports": Gone(0, 0), "logs": Gone(0, 0)}
    for one in found:
        counts[one.kind] += Gone(1, one.size)
    return counts


def _negative(one: Gone) -> Gone:
    return Gone(-one.count, -one.size)
