"""The doors of earlier releases, `python -m` with a folder's name: they call `zhiyin`, so that scripts still work."""

import sys
from importlib import import_module


def call_zhiyin(*group: str) -> None:
    """The command line that this process was called with, as one of `zhiyin`'s commands, or of a group of them."""
    sys.argv[1:1] = group
    import_module("console.main").app(prog_name="zhiyin")  # the top of the house, which this room must not know
