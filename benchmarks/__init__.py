"""Side-by-side measurements, in rooms by what they measure; each is a command, `python -m benchmarks.NAME`.

A command needs no room in its name: `benchmarks.cold` runs `benchmarks/quality/cold.py`. Imports use the whole name.
"""

ROOMS = ("quality", "monitoring", "serving", "language", "common")

__path__ += [f"{__path__[0]}/{room}" for room in ROOMS]
