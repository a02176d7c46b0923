"""As `python -m benchmarks.quality`."""

from benchmarks.quality.comparison import app

app()
