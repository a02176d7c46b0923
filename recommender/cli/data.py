"""The commands of the core library: the database, what was rejected, what is too old, what is there.

It parses options and words errors; the work is done by plain functions that the DAGs call too.
"""

from typing import Annotated, Any

import typer
from rich.console import Console
from sqlalchemy import select
from sqlalchemy.orm import Session

from recommender.cli.experiments import app as experiments
from recommender.cli.imports import imports, report_import_failures
from recommender.cli.keys import app as keys
from recommender.cli.output import AsJson, print_json, print_table, say_next
from recommender.cli.rules import rules
from recommender.db import engine as database
from recommender.db.engine import session_scope
from recommender.db.tables import ImportRun
from recommender.privacy.receipts import unlearned
from recommender.store.queries import promoted_model, time_span
from recommender.store.table_stats import RejectFilter, clear_rejects, count_rejects, list_rejects, table_counts

app = typer.Typer()
app.add_typer(imports, name="import")
app.add_typer(rules, name="rules")
app.add_typer(keys, name="keys")
app.add_typer(experiments, name="experiments")
out = Console()
_PLAIN: Any = {"markup": False, "highlight": False, "soft_wrap": True}  # as it is, for grep and pipes


@app.command()
def migrate() -> None:
    """Bring the database's tables up to date."""
    with report_import_failures():
        database.migrate()
    out.print(f"The database is up to date: {database.get_engine().url.render_as_string()}", soft_wrap=True)
    with session_scope() as session:
        say_next("zhiyin status" if time_span(session) else "zhiyin import csv FOLDER")


@app.command()
def rejects(
    file: Annotated[str | None, typer.Option(help="Only of files whose name holds this.")] = None,
    field: Annotated[str | None, typer.Option(help="Only of this field.")] = None,
    reason: Annotated[str | None, typer.Option(help="Only for reasons that hold this.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many rows.")] = 20,
    counts: Annotated[bool, typer.Option("--counts", help="How many for each file, field and reason.")] = False,
    clear: Annotated[bool, typer.Option("--clear", help="Forget them.")] = False,
    as_json: AsJson = False,
) -> None:
    """Rows that were not taken: where they stood, and why."""
    with report_import_failures():
        chosen = RejectFilter(file, field, reason)
        if clear:
            with session_scope() as session:
                out.print(f"forgotten: {clear_rejects(session, chosen):,}")
            return
        with session_scope() as session:
            total = sum(row.rows for row in count_rejects(session, chosen))
            if as_json:
                rows = count_rejects(session, chosen) if counts else list_rejects(session, chosen, limit)
                names = ("file", "field", "reason", *(("rows",) if counts else ("line", "raw")))
                print_json({"rejected": total, "rows": [{name: getattr(row, name) for name in names} for row in rows]})
                return
            if counts:
                print_table("file field reason rows", count_rejects(session, chosen))
            else:
                for row in list_rejects(session, chosen, limit):
                    out.print(f"{row.file}:{row.line}: {row.field}: {row.reason}", **_PLAIN)
                    out.print(f"    {row.raw.strip()}", style="dim", **_PLAIN)
            out.print(f"{total:,} rejected" + (f", {limit} shown" if not counts and total > limit else ""))


@app.command()
def status(as_json: AsJson = False) -> None:
    """What is in the database, and how far each import has come."""
    with report_import_failures(), session_scope() as session:
        found = _status_of(session)
    if as_json:
        print_json(found)
        return
    print_table("table rows", found["tables"].items())
    for version, count in found["erased_since_training"].items():
        out.print(f"model {version} learned from {count:,} shoppers who were erased since: train again", **_PLAIN)
    if found["events"]:
        out.print("events from {:%Y-%m-%d %H:%M} to {:%Y-%m-%d %H:%M} UTC".format(*found["events"]))
    print_table("import rows rejected state", (run.values() for run in found["imports"]))
    if not found["events"]:
        say_next("zhiyin import csv FOLDER")
    else:
        say_next(*(("zhiyin serve",) if found["model_in_service"] else ("zhiyin features build", "zhiyin run")))


def _status_of(session: Session) -> dict[str, Any]:
    """`events` are the moments of the first and the last of them; None where there is none."""
    model = promoted_model(session)
    return {
        "tables": table_counts(session),
        "events": time_span(session),
        "model_in_service": model.model_version if model else None,
        "erased_since_training": unlearned(session),
        "imports": [
            {"source": run.source, "rows": run.rows_done, "rejected": run.rows_rejected, "state": _state_of(run)}
            for run in session.scalars(select(ImportRun).order_by(ImportRun.updated_at))
        ],
    }


def _state_of(run: ImportRun) -> str:
    return "done" if run.finished else "unfinished"
