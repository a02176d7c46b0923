"""The commands for what is kept: of one shopper (`export`, `erase`), and of a home as a whole (backup, restore)."""

import sys
from datetime import UTC, datetime

import orjson
import typer

from services.operations import backup_cli, erase_cli
from services.operations.erase_cli import UserId

app = typer.Typer()
app.command()(backup_cli.backup)
app.command()(backup_cli.restore)
app.command()(backup_cli.erasures)
shopper = typer.Typer(no_args_is_help=True, help="What is kept of a shopper: all of it as JSON, or its end.")
app.add_typer(shopper, name="shopper")
app.command()(erase_cli.erase)
shopper.command("erase")(erase_cli.erase_shopper)
shopper.command("check-receipt")(erase_cli.check_receipt)


@shopper.command("export")
def export_shopper(user_id: UserId) -> None:
    """Print everything that every store keeps of a shopper, as JSON."""
    from features.privacy import export  # Feast takes seconds to import
    from recommender.db.engine import get_engine

    found = export(get_engine(), user_id, datetime.now(UTC), "command")
    sys.stdout.buffer.write(orjson.dumps(found, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
