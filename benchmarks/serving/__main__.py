"""As `python -m benchmarks.serving`."""

import typer

from benchmarks.serving.throughput import main

typer.run(main)
