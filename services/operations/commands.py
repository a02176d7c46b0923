"""The commands for what is kept: of one shopper (`export`, `erase`), and of a home as a whole (backup, restore)."""

import sys
from datetime import UTC, datetime
from typing import Annotated

import orjson
import typer

from services.operations import backup_cli

app = typer.Typer()
app.command()(backup_cli.backup)
app.command()(backup_cli.restore)
app.command()(backup_cli.erasures)
shopper = typer.Typer(no_args_is_help=True, help="What is kept of a shopper: all of it as JSON, or its end.")
app.add_typer(shopper, name="shopper")
UserId = Annotated[str, typer.Argument(help="The shopper.")]


@shopper.command("export")
def export_shopper(user_id: UserId) -> None:
    """Print everything that every store keeps of a shopper, as JSON."""
    from features.privacy import export  # Feast takes seconds to import
    from recommender.db.engine import get_engine

    found = export(get_engine(), user_id, datetime.now(UTC), "command")
    sys.stdout.buffer.write(orjson.dumps(found, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


@shopper.command("erase")
def erase_shopper(
    user_id: UserId, yes: Annotated[bool, typer.Option("--yes", help="Do it without asking.")] = False
) -> None:
    """Remove a shopper from every store, for good; their later events are refused."""
    from features.privacy import erase_whole

    if not yes:
        typer.confirm(f"Erase {user_id!r} from every store, for good?", abort=True)
    receipt = erase_whole(user_id, "command")
    if receipt is None:
        typer.echo(f"error: no store knows a shopper {user_id!r}; nothing was erased", err=True)
        raise typer.Exit(1)
    for store, rows in sorted(receipt.removed.items()):
        typer.echo(f"{store}: {rows}")
    if receipt.models:
        typer.echo(f"models that had learned from them, until the next training: {', '.join(receipt.models)}")
    if not receipt.log_cleared:
        typer.echo("SQLite's write-ahead log is being read: the service clears it later")
    typer.echo(f"erased; receipt {receipt.receipt}")
