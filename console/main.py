"""`zhiyin`: every command of the platform behind one name.

A command's module is imported when that command is called: help costs no torch, Feast or BentoML.
"""

import os
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from console.commands import COMMANDS


class LazyGroup(TyperGroup):
    """The commands of `COMMANDS`, each read from its module when it is called."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The names of all commands, in the order in which help shows them."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """What help shows of a command; `resolve_command` finds the command itself."""
        entry = COMMANDS.get(cmd_name)
        return entry and TyperCommand(cmd_name, help=entry.line, rich_help_panel=entry.panel)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command's name, the command itself, and what follows it; an unknown name is a usage error."""
        if args[0] in COMMANDS:
            return args[0], load_command(args[0]), args[1:]
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """What a user can mend is said in one line, by every command."""
        from recommender.cli.failures import report_failures  # help does without the database and the settings
        from recommender.settings import get_settings

        if shop := ctx.params.get("shop"):
            os.environ["ZHIYIN_SHOP"] = shop
            get_settings.cache_clear()
        with report_failures():
            return super().invoke(ctx)


def load_command(name: str) -> Any:
    """The command of this name, or the group of commands."""
    app = import_module(COMMANDS[name].module).app
    return typer.main.get_group(app).commands[name]


app = typer.Typer(cls=LazyGroup, no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def _help(
    shop: Annotated[
        str | None,
        typer.Option(metavar="ID", help="The shop that the command is for, of several; ZHIYIN_SHOP."),
    ] = None,
) -> None:
    """Zhiyin, an open MLOps platform for LLM-based recommendation.

    `zhiyin COMMAND --help` tells more of a command.
    """
