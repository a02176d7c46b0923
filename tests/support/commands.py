"""The platform's command as tests call it: in this process, or by its path as a process of its own."""

import sys
from pathlib import Path

from typer.testing import CliRunner, Result

from console.main import app

ZHIYIN = str(Path(sys.executable).parent / "zhiyin")


def zhiyin(*arguments: object, columns: int = 200) -> Result:
    """`zhiyin ARGUMENTS` in this process; its `output` is what both streams said."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": str(columns)})
