"""What all commands print alike: tables of 80 columns, JSON for programs, and which command comes next.

Tables and JSON go to standard output; what comes next goes to standard error, so that a pipe carries results alone.
"""

import os
from collections.abc import Iterable
from typing import Annotated, Any

import orjson
import typer
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

AsJson = Annotated[bool, typer.Option("--json", help="Everything, as JSON.")]


def print_table(columns: str, rows: Iterable[Iterable[Any]]) -> None:
    """A table with these columns, their names parted by blanks; whole numbers get thousands separators."""
    table = Table(*columns.split(), box=box.SIMPLE)
    for row in rows:
        table.add_row(*(f"{cell:,}" if isinstance(cell, int) else escape(str(cell)) for cell in row))
    Console().print(table)


def print_json(value: Any) -> None:
    """Plain values and dataclasses as indented JSON; times are written as ISO 8601."""
    typer.echo(orjson.dumps(value, default=str, option=orjson.OPT_INDENT_2).decode())


def say_next(*commands: str) -> None:
    """Names the commands that come next, in their order; those of a shop of several for that shop."""
    shop_id = os.environ.get("ZHIYIN_SHOP_ID")
    named = [one.replace("zhiyin ", f"zhiyin --shop {shop_id} ", 1) if shop_id else one for one in commands]
    typer.echo(f"next: {', then '.join(named)}", err=True)
