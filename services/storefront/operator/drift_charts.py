"""Charts of drift: the course over the weeks, and how far profiles moved beside how far they ordinarily do.

It knows numbers and no words: what a chart shows is said in the page's text beside it. `drift_charts.html` draws them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

WIDTH, HEIGHT = 720.0, 142.0  # pixels above the axis
LEAST_SHARE = 0.1  # of the shoppers, that the trend's height stands for at least
WIDEST = 40.0  # pixels of a bar


@dataclass(frozen=True, slots=True)
class Bar:
    """In pixels; `label` is shown to who points at it."""

    left: float
    wide: float
    tall: float
    is_alarmed: bool
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    """`line` are points of a curve; `upright` is where a line stands and what is written below it."""

    bars: tuple[Bar, ...]
    ends: tuple[str, str]
    line: tuple[tuple[float, float], ...] = ()
    upright: tuple[float, str] | None = None


def draw_trend(runs: Sequence[tuple[datetime, float, bool]]) -> Chart:
    """A bar a run, oldest first: its moment, the share of shoppers who moved too far, whether that is called drift."""
    top, step = max([LEAST_SHARE, *(share for _, share, _ in runs)]), WIDTH / max(len(runs), 1)
    bars = tuple(
        Bar(
            place * step,
            min(0.8 * step, WIDEST),
            max(HEIGHT * share / top, 1),
            drifted,
            f"{moment:%Y-%m-%d}: {share:.1%}",
        )
        for place, (moment, share, drifted) in enumerate(runs)
    )
    first, last = (f"{runs[place][0]:%Y-%m-%d}" if len(runs) > 1 else "" for place in (0, -1))
    return Chart(bars, (first, last))


def draw_histogram(counted: Mapping[str, Sequence[float]], threshold: float) -> Chart:
    """Shares by distance: found ones as bars, ordinary ones as a line, the threshold upright. `edges` are one more."""
    edges, found, ordinary = counted["edges"], counted["found"], counted["ordinary"]
    top, step = max(*found, *ordinary, 1e-9), WIDTH / len(found)
    bars = tuple(
        Bar(place * step + 0.5, step - 1, HEIGHT * share / top, edges[place] >= threshold,
            f"{edges[place]:.3f} - {edges[place + 1]:.3f}: {share:.1%}")
        for place, share in enumerate(found)
    )  # fmt: skip
    line = tuple(((place + 0.5) * step, HEIGHT * (1 - share / top)) for place, share in enumerate(ordinary))
    return Chart(bars, ("0", f"{edges[-1]:.3f}"), line, (WIDTH * min(threshold / edges[-1], 1), f"{threshold:.3f}"))
