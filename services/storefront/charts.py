"""A shopper's profile over time and their week, as figures of charts: places and sizes of what the page draws as SVG.

It knows histories and a catalogue, and neither the database nor HTTP. Coordinates are in units of the SVG's view box.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

from recommender.data.history import History

if TYPE_CHECKING:  # it costs a second to import, and only a worker needs it
    from recommender.models.bundle import ModelBundle

WIDE, TALL = 720, 200
LABEL = 24  # below the bars, for their moments
MOMENTS, LEAST_STEP = 8, timedelta(days=7)
CATEGORIES = 5  # that have a colour of their own; the others are one
DAYS, PARTS = 7, 4
HOURS_A_PART = 24 // PARTS
LEFT, TOP = 96, 24  # of the week's cells, for their names
FAINTEST = 0.15  # opacity of a cell in which something happened


@dataclass(frozen=True, slots=True)
class Slice:
    """A category's part of a bar; `number` is its place among the chart's categories, from 0."""

    number: int
    name: str
    share: float
    top: float
    tall: float


@dataclass(frozen=True, slots=True)
class Bar:
    """The profile as it was at a moment: its slices from the axis upwards."""

    moment: datetime
    left: float
    wide: float
    slices: Sequence[Slice]


@dataclass(frozen=True, slots=True)
class TimeChart:
    """Shares of categories at some moments, the oldest first. The last name is "" where others are summed up."""

    names: Sequence[str]
    bars: Sequence[Bar]

    def shares(self, number: int) -> list[float]:
        """The shares of one category, by bar."""
        return [sum(one.share for one in bar.slices if one.number == number) for bar in self.bars]


@dataclass(frozen=True, slots=True)
class Cell:
    """Six hours of a weekday: how much happened in them, and how it is drawn."""

    count: int
    left: float
    top: float
    wide: float
    tall: float
    opacity: float


@dataclass(frozen=True, slots=True)
class WeekChart:
    """Events by part of the day (rows, from midnight on) and weekday (columns, from Monday on)."""

    rows: Sequence[Sequence[Cell]]
    total: int


def draw_profile(bundle: "ModelBundle", history: History) -> TimeChart | None:
    """The profile's categories at up to `MOMENTS` moments until the last event; None where there are fewer than two."""
    shares = [(moment, _categories(bundle, history, moment)) for moment in _moments(history)]
    shares = [(moment, found) for moment, found in shares if found]
    if len(shares) < 2:
        return None
    names = _main_names([found for _, found in shares])
    others = any(sum(found.get(name, 0.0) for name in names) < 0.995 for _, found in shares)
    step = WIDE / len(shares)
    bars = [
        Bar(moment, step * place + step * 0.1, step * 0.8, _slices(found, names))
        for place, (moment, found) in enumerate(shares)
    ]
    return TimeChart([*names, ""] if others else names, bars)


def draw_week(history: History, zone: tzinfo) -> WeekChart | None:
    """When in the week the events happened, by the clocks of a zone; None where there is none."""
    if not len(history):
        return None
    counts = [[0] * DAYS for _ in range(PARTS)]
    for seconds in history.times.tolist():
        moment = datetime.fromtimestamp(seconds, UTC).astimezone(zone)
        counts[moment.hour // HOURS_A_PART][moment.weekday()] += 1
    most = max(map(max, counts))
    wide, tall = (WIDE - LEFT) / DAYS, (TALL - TOP) / PARTS
    rows = [
        [
            Cell(
                count,
                LEFT + day * wide,
                TOP + part * tall,
                wide - 4,
                tall - 4,
                round(FAINTEST + (1 - FAINTEST) * count / most, 2) if count else 0.0,
            )
            for day, count in enumerate(row)
        ]
        for part, row in enumerate(counts)
    ]
    return WeekChart(rows, len(history))


def _moments(history: History) -> list[datetime]:
    """Equal steps of whole days, the last one just after the last event."""
    if not len(history):
        return []
    first, last = (datetime.fromtimestamp(int(history.times[place]), UTC) for place in (0, -1))
    step = max(LEAST_STEP, timedelta(days=-(-((last - first).days + 1) // MOMENTS)))
    until = last + timedelta(seconds=1)
    steps = min(MOMENTS, (last - first) // step + 1)
    return [until - step * place for place in reversed(range(steps))]


def _categories(bundle: "ModelBundle", history: History, moment: datetime) -> dict[str, float]:
    from recommender.profiles.affinities import find_affinities
    from recommender.profiles.user_state import prepare

    shopper = prepare(history.until(moment), bundle.catalogue, int(moment.timestamp()))
    return {one.key: one.weight for one in find_affinities(bundle, shopper) if one.kind == "category"}


def _main_names(shares: Sequence[dict[str, float]]) -> list[str]:
    """The categories that have most of all bars together."""
    totals: dict[str, float] = {}
    for found in shares:
        for name, share in found.items():
            totals[name] = totals.get(name, 0.0) + share
    return sorted(totals, key=lambda name: (-totals[name], name))[:CATEGORIES]


def _slices(found: dict[str, float], names: Sequence[str]) -> list[Slice]:
    parts = [(number, name, found.get(name, 0.0)) for number, name in enumerate(names)]
    parts.append((len(names), "", max(0.0, 1.0 - sum(share for _, _, share in parts))))
    slices, base = [], float(TALL - LABEL)
    for number, name, share in parts:
        tall = share * (TALL - LABEL)
        if tall >= 0.5:
            slices.append(Slice(number, name, share, base - tall, tall))
            base -= tall
    return slices
