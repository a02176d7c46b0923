"""The platform's command as tests call it: in this process, or by its path as a process of its own."""

import os
import sys
from pathlib import Path

from typer.testing import CliRunner, Result

from console.main import app
from recommender.settings import get_settings

ZHIYIN = str(Path(sys.executable).parent / "zhiyin")


def zhiyin(*arguments: object, columns: int = 200) -> Result:
    """`zhiyin ARGUMENTS` in this process; its `output` is what both streams said.

    A process that has entered a shop is that shop's; this one is taken out of it again.
    """
    before = dict(os.environ)
    try:
        return CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": str(columns)})
    finally:
        if os.environ != before:
            os.environ.clear()
            os.environ.update(before)
            get_settings.cache_clear()
